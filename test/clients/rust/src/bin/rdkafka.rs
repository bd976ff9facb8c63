//! rdkafka: librdkafka, compiled from the sources in the crate.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use drivers::client::{
    Client, Log, Member, Producer, ProducerOptions, Protocol, Reader, ReaderOptions, Record,
    Result, failed,
};
use drivers::harness::{drive, locked_version};
use futures::future::join_all;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::util::get_rdkafka_version;
use tokio::task::JoinHandle;

const TIMEOUT: Duration = Duration::from_secs(30);
const FETCH_BYTES: &str = "20971520";

#[tokio::main]
async fn main() {
    let version = format!(
        "{} (librdkafka {})",
        locked_version("rdkafka"),
        get_rdkafka_version().1
    );
    drive::<Rdkafka>(&version).await;
}

struct Rdkafka {
    base: ClientConfig,
    name: String,
    admin: AdminClient<DefaultClientContext>,
}

impl Rdkafka {
    fn with(&self, configs: &[(&str, &str)]) -> ClientConfig {
        let mut config = self.base.clone();
        config.extend(
            configs
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string())),
        );
        config
    }

    fn consuming(&self, group: &str, configs: &[(&str, &str)]) -> ClientConfig {
        let mut config = self.with(&[
            ("group.id", group),
            ("enable.auto.commit", "false"),
            ("auto.offset.reset", "earliest"),
            ("fetch.wait.max.ms", "100"),
            ("fetch.message.max.bytes", FETCH_BYTES),
        ]);
        config.extend(
            configs
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string())),
        );
        config
    }

    /// A consumer that asks for its group, and does not join it.
    fn asking(&self, group: &str) -> Result<BaseConsumer> {
        Ok(self.consuming(group, &[]).create()?)
    }
}

/// The one answer to what was asked about one thing.
fn only<T, E: std::fmt::Display>(answers: Vec<std::result::Result<T, E>>) -> Result<T> {
    match answers.into_iter().next() {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(error)) => failed(error),
        None => failed("no answer"),
    }
}

fn named(answers: Vec<std::result::Result<String, (String, RDKafkaErrorCode)>>) -> Result<String> {
    only(
        answers
            .into_iter()
            .map(|answer| answer.map_err(|(name, code)| format!("{name}: {code}")))
            .collect(),
    )
}

fn at(topic: &str, partition: i32, offset: Offset) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, offset)?;
    Ok(list)
}

fn raw_offset(list: &TopicPartitionList) -> Option<i64> {
    match list.elements().first().map(|element| element.offset()) {
        Some(Offset::Offset(offset)) => Some(offset),
        _ => None,
    }
}

impl Client for Rdkafka {
    type Producer = Sending;
    type Reader = Reading;
    type Member = Reading;

    async fn connect(bootstrap: &str, name: &str) -> Result<Self> {
        let mut base = ClientConfig::new();
        base.set("bootstrap.servers", bootstrap)
            .set("client.id", name)
            .set("reconnect.backoff.max.ms", "500");
        Ok(Rdkafka {
            admin: base.create()?,
            base,
            name: name.to_owned(),
        })
    }

    async fn create_topic(
        &self,
        topic: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> Result<()> {
        let mut wanted = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        for (name, value) in configs {
            wanted = wanted.set(name, value);
        }
        named(
            self.admin
                .create_topics([&wanted], &AdminOptions::new())
                .await?,
        )?;
        Ok(())
    }

    async fn topic_names(&self) -> Result<Vec<String>> {
        let metadata = self.admin.inner().fetch_metadata(None, TIMEOUT)?;
        Ok(metadata
            .topics()
            .iter()
            .map(|topic| topic.name().to_owned())
            .collect())
    }

    async fn partition_count(&self, topic: &str) -> Result<usize> {
        let metadata = self.admin.inner().fetch_metadata(Some(topic), TIMEOUT)?;
        Ok(metadata.topics()[0].partitions().len())
    }

    async fn delete_topic(&self, topic: &str) -> Result<()> {
        named(
            self.admin
                .delete_topics(&[topic], &AdminOptions::new())
                .await?,
        )?;
        Ok(())
    }

    async fn topic_config(&self, topic: &str, name: &str) -> Result<String> {
        let asked = [ResourceSpecifier::Topic(topic)];
        let described = only(
            self.admin
                .describe_configs(&asked, &AdminOptions::new())
                .await?,
        )?;
        match described.get(name).and_then(|entry| entry.value.clone()) {
            Some(value) => Ok(value),
            None => failed(format!("no config {name}")),
        }
    }

    async fn alter_topic_config(&self, topic: &str, name: &str, value: &str) -> Result<()> {
        let altered = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(name, value);
        let answers = self
            .admin
            .alter_configs([&altered], &AdminOptions::new())
            .await?;
        only(
            answers
                .into_iter()
                .map(|answer| answer.map_err(|(_, code)| code))
                .collect(),
        )?;
        Ok(())
    }

    async fn committed(&self, group: &str, topic: &str) -> Result<Option<i64>> {
        let asked = at(topic, 0, Offset::Invalid)?;
        Ok(raw_offset(
            &self.asking(group)?.committed_offsets(asked, TIMEOUT)?,
        ))
    }

    async fn alter_committed(&self, group: &str, topic: &str, offset: i64) -> Result<()> {
        let committed = at(topic, 0, Offset::Offset(offset))?;
        Ok(self.asking(group)?.commit(&committed, CommitMode::Sync)?)
    }

    async fn offset_at(&self, topic: &str, timestamp: i64) -> Result<Option<i64>> {
        let asked = at(topic, 0, Offset::Offset(timestamp))?;
        Ok(raw_offset(
            &self.asking(&self.name)?.offsets_for_times(asked, TIMEOUT)?,
        ))
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Sending> {
        let mut config = self.with(&[
            ("message.max.bytes", FETCH_BYTES),
            (
                "enable.idempotence",
                if options.idempotent { "true" } else { "false" },
            ),
            (
                "compression.type",
                if options.codec.is_empty() {
                    "none"
                } else {
                    options.codec
                },
            ),
        ]);
        if let Some(id) = &options.transactional_id {
            config
                .set("transactional.id", id)
                .set("enable.idempotence", "true");
        }
        let kafka: FutureProducer = config.create()?;
        if options.transactional_id.is_some() {
            kafka.init_transactions(TIMEOUT)?;
        }
        Ok(Sending { kafka })
    }

    async fn reader(&self, topic: &str, options: ReaderOptions) -> Result<Reading> {
        let isolation = if options.committed {
            "read_committed"
        } else {
            "read_uncommitted"
        };
        let group = format!("{}-reader", self.name);
        let kafka: StreamConsumer = self
            .consuming(&group, &[("isolation.level", isolation)])
            .create()?;
        kafka.assign(&at(
            topic,
            options.partition,
            Offset::Offset(options.offset),
        )?)?;
        Ok(Reading::start(topic, kafka))
    }

    async fn member(&self, group: &str, topic: &str, protocol: Protocol) -> Result<Reading> {
        let configs: &[_] = match protocol {
            Protocol::Classic => &[
                ("group.protocol", "classic"),
                ("heartbeat.interval.ms", "500"),
                ("session.timeout.ms", "10000"),
            ],
            Protocol::Consumer => &[("group.protocol", "consumer")],
        };
        let kafka: StreamConsumer = self.consuming(group, configs).create()?;
        kafka.subscribe(&[topic])?;
        Ok(Reading::start(topic, kafka))
    }
}

struct Sending {
    kafka: FutureProducer,
}

impl Sending {
    async fn send_one(&self, topic: &str, record: &Record) -> std::result::Result<(), KafkaError> {
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
        for (key, value) in &record.headers {
            let value = value.as_ref();
            headers = headers.insert(Header { key, value });
        }
        let mut sent: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(topic)
            .partition(record.partition)
            .headers(headers);
        sent.key = record.key.as_deref();
        sent.payload = record.value.as_deref();
        sent.timestamp = record.timestamp;
        let delivered = self.kafka.send(sent, TIMEOUT).await;
        delivered.map(|_| ()).map_err(|(error, _)| error)
    }
}

impl Producer for Sending {
    type Member = Reading;

    async fn send(&self, topic: &str, records: &[Record]) -> Result<()> {
        // Each is enqueued when it is first polled, which is in order.
        let sent = join_all(records.iter().map(|record| self.send_one(topic, record))).await;
        Ok(sent.into_iter().collect::<std::result::Result<(), _>>()?)
    }

    async fn begin(&self) -> Result<()> {
        Ok(self.kafka.begin_transaction()?)
    }

    async fn commit(&self) -> Result<()> {
        Ok(self.kafka.commit_transaction(TIMEOUT)?)
    }

    async fn abort(&self) -> Result<()> {
        Ok(self.kafka.abort_transaction(TIMEOUT)?)
    }

    async fn send_offset(&self, member: &Reading, topic: &str, offset: i64) -> Result<()> {
        let Some(group) = member.kafka.group_metadata() else {
            return failed("no metadata of the group");
        };
        let offsets = at(topic, 0, Offset::Offset(offset))?;
        Ok(self
            .kafka
            .send_offsets_to_transaction(&offsets, &group, TIMEOUT)?)
    }
}

fn from_message(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map(|headers| {
        let owned =
            |header: Header<'_, &[u8]>| (header.key.to_owned(), header.value.map(<[u8]>::to_vec));
        headers.iter().map(owned).collect()
    });
    Record {
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis(),
        headers: headers.unwrap_or_default(),
    }
}

struct Reading {
    topic: String,
    kafka: Arc<StreamConsumer>,
    log: Log,
    task: JoinHandle<()>,
}

impl Reading {
    fn start(topic: &str, kafka: StreamConsumer) -> Self {
        let (kafka, log) = (Arc::new(kafka), Log::default());
        let (consumer, read) = (Arc::clone(&kafka), log.clone());
        let task = tokio::spawn(async move {
            loop {
                match consumer.recv().await {
                    Ok(message) => read.push(from_message(&message)),
                    Err(error) => eprintln!("{error}"),
                }
            }
        });
        Reading {
            topic: topic.to_owned(),
            kafka,
            log,
            task,
        }
    }
}

impl Reader for Reading {
    fn records(&self) -> Vec<Record> {
        self.log.records()
    }
}

impl Member for Reading {
    fn partitions(&self) -> Result<Vec<i32>> {
        Ok(self
            .kafka
            .assignment()?
            .elements()
            .iter()
            .map(|element| element.partition())
            .collect())
    }

    async fn commit(&self) -> Result<()> {
        let next: HashMap<_, _> = self
            .records()
            .into_iter()
            .map(|record| (record.partition, record.offset + 1))
            .collect();
        let mut offsets = TopicPartitionList::new();
        for (partition, offset) in next {
            offsets.add_partition_offset(&self.topic, partition, Offset::Offset(offset))?;
        }
        Ok(self.kafka.commit(&offsets, CommitMode::Sync)?)
    }

    /// The crate closes a consumer, and leaves the group, when the last of its owners is dropped.
    async fn close(mut self) -> Result<()> {
        self.task.abort();
        let _ = (&mut self.task).await;
        tokio::task::spawn_blocking(move || drop(self)).await?;
        Ok(())
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}
