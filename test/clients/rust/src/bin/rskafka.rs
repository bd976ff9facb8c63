//! rskafka, which has no groups, no transactions and no configs of topics.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use drivers::client::{
    Client, Log, NoMember, Producer, ProducerOptions, Reader, ReaderOptions, Record, Result,
    failed, unsupported,
};
use drivers::harness::{drive, locked_version};
use futures::StreamExt;
use rskafka::BackoffConfig;
use rskafka::client::consumer::{StartOffset, StreamConsumerBuilder};
use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{self, ClientBuilder};
use rskafka::record;
use tokio::task::JoinHandle;

const TIMEOUT_MS: i32 = 30_000;
const MAX_WAIT_MS: i32 = 100;
const FETCH_BYTES: i32 = 20 << 20;

#[tokio::main]
async fn main() {
    drive::<Rskafka>(locked_version("rskafka")).await;
}

struct Rskafka {
    kafka: Arc<client::Client>,
}

async fn partition_of(
    kafka: &client::Client,
    topic: &str,
    partition: i32,
) -> Result<PartitionClient> {
    Ok(kafka
        .partition_client(topic, partition, UnknownTopicHandling::Retry)
        .await?)
}

impl Client for Rskafka {
    type Producer = Sending;
    type Reader = Reading;
    type Member = NoMember;

    async fn connect(bootstrap: &str, name: &str) -> Result<Self> {
        let backoff = BackoffConfig {
            max_backoff: Duration::from_secs(1),
            deadline: Some(Duration::from_secs(60)),
            ..BackoffConfig::default()
        };
        let builder = ClientBuilder::new(vec![bootstrap.to_owned()])
            .client_id(name)
            .backoff_config(backoff);
        Ok(Rskafka {
            kafka: Arc::new(builder.build().await?),
        })
    }

    async fn create_topic(
        &self,
        topic: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> Result<()> {
        if !configs.is_empty() {
            return unsupported("it creates topics without configs");
        }
        Ok(self
            .kafka
            .controller_client()?
            .create_topic(topic, partitions, 1, TIMEOUT_MS)
            .await?)
    }

    async fn topic_names(&self) -> Result<Vec<String>> {
        Ok(self
            .kafka
            .list_topics()
            .await?
            .into_iter()
            .map(|topic| topic.name)
            .collect())
    }

    async fn partition_count(&self, topic: &str) -> Result<usize> {
        match self
            .kafka
            .list_topics()
            .await?
            .iter()
            .find(|listed| listed.name == topic)
        {
            Some(listed) => Ok(listed.partitions.len()),
            None => failed(format!("no topic {topic}")),
        }
    }

    async fn delete_topic(&self, topic: &str) -> Result<()> {
        Ok(self
            .kafka
            .controller_client()?
            .delete_topic(topic, TIMEOUT_MS)
            .await?)
    }

    async fn offset_at(&self, topic: &str, timestamp: i64) -> Result<Option<i64>> {
        let at = OffsetAt::Timestamp(time_of(timestamp));
        let offset = partition_of(&self.kafka, topic, 0)
            .await?
            .get_offset(at)
            .await?;
        Ok((offset >= 0).then_some(offset))
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Sending> {
        if options.idempotent || options.transactional_id.is_some() {
            return unsupported("it writes its batches without a producer id");
        }
        let compression = match options.codec {
            "gzip" => Compression::Gzip,
            "snappy" => Compression::Snappy,
            "lz4" => Compression::Lz4,
            "zstd" => Compression::Zstd,
            _ => Compression::NoCompression,
        };
        Ok(Sending {
            kafka: Arc::clone(&self.kafka),
            compression,
        })
    }

    async fn reader(&self, topic: &str, options: ReaderOptions) -> Result<Reading> {
        let partition = Arc::new(partition_of(&self.kafka, topic, options.partition).await?);
        let mut stream = StreamConsumerBuilder::new(partition, StartOffset::At(options.offset))
            .with_max_wait_ms(MAX_WAIT_MS)
            .with_max_batch_size(FETCH_BYTES)
            .build();
        let log = Log::default();
        let read = log.clone();
        let task = tokio::spawn(async move {
            while let Some(next) = stream.next().await {
                match next {
                    Ok((record, _high_watermark)) => {
                        read.push(from_record(options.partition, record))
                    }
                    Err(error) => eprintln!("{error}"),
                }
            }
        });
        Ok(Reading { log, task })
    }
}

fn time_of(timestamp: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(timestamp).unwrap_or_default()
}

fn to_record(record: &Record) -> Result<record::Record> {
    let mut headers = std::collections::BTreeMap::new();
    for (name, value) in &record.headers {
        let Some(value) = value else {
            return unsupported("it has no null headers");
        };
        if headers.insert(name.clone(), value.clone()).is_some() {
            return unsupported(
                "it keeps the headers of a record in a map, which repeats and orders none",
            );
        }
    }
    Ok(record::Record {
        key: record.key.clone(),
        value: record.value.clone(),
        headers,
        timestamp: record.timestamp.map_or_else(Utc::now, time_of),
    })
}

fn from_record(partition: i32, read: record::RecordAndOffset) -> Record {
    Record {
        key: read.record.key,
        value: read.record.value,
        partition,
        offset: read.offset,
        timestamp: Some(read.record.timestamp.timestamp_millis()),
        headers: read
            .record
            .headers
            .into_iter()
            .map(|(name, value)| (name, Some(value)))
            .collect(),
    }
}

struct Sending {
    kafka: Arc<client::Client>,
    compression: Compression,
}

impl Producer for Sending {
    type Member = NoMember;

    /// All records of one call are for one partition here, as with the client's own calls.
    async fn send(&self, topic: &str, records: &[Record]) -> Result<()> {
        let partition = partition_of(&self.kafka, topic, records[0].partition).await?;
        let sent = records.iter().map(to_record).collect::<Result<_>>()?;
        partition.produce(sent, self.compression).await?;
        Ok(())
    }
}

struct Reading {
    log: Log,
    task: JoinHandle<()>,
}

impl Reader for Reading {
    fn records(&self) -> Vec<Record> {
        self.log.records()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}
