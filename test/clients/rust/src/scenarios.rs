//! The scenarios; what each promises is in ../../scenarios.ts.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::client::{
    Client, Failure, Member, Producer, ProducerOptions, Protocol, Reader, ReaderOptions, Record,
    Result,
};
use crate::client::{failed, unsupported};
use crate::harness::{Run, check, check_equal, until};

const LARGEST_MESSAGE_BYTES: usize = 1_048_588;
/// What a batch of one record without key and headers has around a value of that size.
const BATCH_OVERHEAD_BYTES: usize = 72;

pub async fn play<C: Client>(scenario: &str, run: &Run<C>) -> Result<()> {
    match scenario {
        "topics" => run.topics().await,
        "topic-configs" => run.topic_configs().await,
        "cluster" => run.cluster().await,
        "group-offsets" => run.group_offsets().await,
        "alter-group-offsets" => run.alter_group_offsets().await,
        "codec-none" => run.codec("").await,
        "codec-gzip" => run.codec("gzip").await,
        "codec-snappy" => run.codec("snappy").await,
        "codec-lz4" => run.codec("lz4").await,
        "codec-zstd" => run.codec("zstd").await,
        "nulls" => run.nulls().await,
        "headers" => run.headers().await,
        "null-header" => run.null_header().await,
        "largest-record" => run.largest_record().await,
        "seek-by-time" => run.seek_by_time().await,
        "idempotence" => run.idempotence().await,
        "transaction-commit" => run.transaction_commit().await,
        "transaction-abort" => run.transaction_abort().await,
        "transaction-offsets" => run.transaction_offsets().await,
        "fencing" => run.fencing().await,
        "read-committed" => run.read_committed().await,
        "group-classic" => run.group(Protocol::Classic).await,
        "rebalance-classic" => run.rebalance(Protocol::Classic).await,
        "group-consumer" => run.group(Protocol::Consumer).await,
        "rebalance-consumer" => run.rebalance(Protocol::Consumer).await,
        "restart" => run.restart().await,
        "restart-idempotent" => run.restart_idempotent().await,
        "restart-group" => run.restart_group().await,
        _ => unsupported("no such scenario"),
    }
}

fn numbered(count: usize, from: usize) -> Vec<Record> {
    (from..from + count)
        .map(|number| Record::of(format!("value {number}")))
        .collect()
}

fn texts(records: &[Record]) -> Vec<String> {
    records.iter().map(Record::text).collect()
}

fn sizes(texts: &[String]) -> Vec<usize> {
    texts.iter().map(String::len).collect()
}

fn in_partition(partition: i32, word: &str) -> Record {
    Record {
        partition,
        ..Record::of(word)
    }
}

/// What it is refused with, in lower case.
fn refusal(result: Result<()>) -> String {
    match result {
        Ok(()) => "no error".to_owned(),
        Err(Failure::Unsupported(reason) | Failure::Failed(reason)) => reason.to_lowercase(),
    }
}

async fn until_read(reader: &impl Reader, count: usize) -> Result<()> {
    until(&format!("{count} records"), async || {
        Ok(reader.records().len() >= count)
    })
    .await
}

fn check_nothing_lost(acknowledged: &[String], read: &[String]) -> Result<()> {
    let there: HashSet<_> = read.iter().collect();
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|value| !there.contains(value))
        .collect();
    check_equal(lost, vec![], "acknowledged records that are lost")
}

impl<C: Client> Run<C> {
    async fn topic(&self, partitions: i32, configs: &[(&str, &str)]) -> Result<&str> {
        self.client
            .create_topic(&self.name, partitions, configs)
            .await?;
        until("the topic in the list", async || self.listed().await).await?;
        Ok(&self.name)
    }

    async fn listed(&self) -> Result<bool> {
        Ok(self.client.topic_names().await?.contains(&self.name))
    }

    async fn transactional(&self) -> Result<C::Producer> {
        let options = ProducerOptions {
            transactional_id: Some(self.name.clone()),
            ..ProducerOptions::default()
        };
        self.client.producer(options).await
    }

    async fn produce(&self, topic: &str, records: &[Record]) -> Result<()> {
        let producer = self.client.producer(ProducerOptions::default()).await?;
        producer.send(topic, records).await
    }

    async fn send_end(&self, topic: &str) -> Result<()> {
        self.produce(topic, &[Record::of("end")]).await
    }

    async fn read_first(&self, topic: &str, count: usize) -> Result<Vec<Record>> {
        let reader = self.client.reader(topic, ReaderOptions::default()).await?;
        until_read(&reader, count).await?;
        Ok(reader.records())
    }

    /// Reads partition 0 from its beginning up to the record "end".
    async fn read_to_end(&self, topic: &str, committed: bool) -> Result<Vec<String>> {
        let options = ReaderOptions {
            committed,
            ..ReaderOptions::default()
        };
        let reader = self.client.reader(topic, options).await?;
        let end = || reader.texts().iter().position(|text| text == "end");
        until("the record \"end\"", async || Ok(end().is_some())).await?;
        Ok(reader.texts()[..end().unwrap_or_default()].to_vec())
    }

    async fn topics(&self) -> Result<()> {
        let topic = self.topic(3, &[]).await?;
        check_equal(self.client.partition_count(topic).await?, 3, "partitions")?;
        self.client.delete_topic(topic).await?;
        until("the topic gone", async || Ok(!self.listed().await?)).await
    }

    async fn topic_configs(&self) -> Result<()> {
        let config = "retention.ms";
        let topic = self.topic(1, &[(config, "3600000")]).await?;
        let value = async || self.client.topic_config(topic, config).await;
        check_equal(
            value().await?.as_str(),
            "3600000",
            "retention.ms as created",
        )?;
        self.client
            .alter_topic_config(topic, config, "7200000")
            .await?;
        until("the new retention.ms", async || {
            Ok(value().await? == "7200000")
        })
        .await
    }

    async fn cluster(&self) -> Result<()> {
        let (brokers, controller) = self.client.cluster().await?;
        check_equal(brokers, vec![self.bootstrap.clone()], "brokers")?;
        check_equal(controller, self.bootstrap.clone(), "the controller")
    }

    async fn group_offsets(&self) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        self.produce(topic, &numbered(5, 0)).await?;
        let member = self
            .client
            .member(&self.name, topic, Protocol::Classic)
            .await?;
        until_read(&member, 5).await?;
        member.commit().await?;
        member.close().await?;
        check_equal(
            self.client.committed(&self.name, topic).await?,
            Some(5),
            "the committed offset",
        )
    }

    async fn alter_group_offsets(&self) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        self.produce(topic, &numbered(5, 0)).await?;
        self.client.alter_committed(&self.name, topic, 3).await?;
        check_equal(
            self.client.committed(&self.name, topic).await?,
            Some(3),
            "the committed offset",
        )?;
        let member = self
            .client
            .member(&self.name, topic, Protocol::Classic)
            .await?;
        until_read(&member, 2).await?;
        check_equal(
            member.texts(),
            texts(&numbered(2, 3)),
            "what was read from there",
        )
    }

    async fn codec(&self, codec: &'static str) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        let play = "all work and no play ".repeat(5);
        let sent: Vec<_> = (0..200)
            .map(|number| Record::of(format!("{number} {play}")))
            .collect();
        let options = ProducerOptions {
            codec,
            ..ProducerOptions::default()
        };
        self.client
            .producer(options)
            .await?
            .send(topic, &sent)
            .await?;
        self.send_end(topic).await?;
        check_equal(
            self.read_to_end(topic, false).await?,
            texts(&sent),
            "what was read",
        )
    }

    async fn nulls(&self) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        let pairs = [
            (None, Some("no key")),
            (Some("tombstone"), None),
            (Some(""), Some("")),
        ];
        let sent = pairs.map(|(key, value)| Record {
            key: key.map(Into::into),
            value: value.map(Into::into),
            ..Record::default()
        });
        self.produce(topic, &sent).await?;
        let read = self.read_first(topic, 3).await?;
        let pairs_of = |records: &[Record]| -> Vec<_> {
            records
                .iter()
                .map(|record| (record.key.clone(), record.value.clone()))
                .collect()
        };
        check_equal(pairs_of(&read), pairs_of(&sent), "keys and values")
    }

    async fn headers_come_back(&self, headers: Vec<(String, Option<Vec<u8>>)>) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        let sent = Record {
            headers: headers.clone(),
            ..Record::of("with headers")
        };
        self.produce(topic, &[sent]).await?;
        let mut read = self.read_first(topic, 1).await?;
        check_equal(read.swap_remove(0).headers, headers, "headers")
    }

    async fn headers(&self) -> Result<()> {
        let every: Vec<u8> = (0..=255).collect();
        let headers: [(&str, &[u8]); 5] = [
            ("binary", &every),
            ("repeated", b"one"),
            ("repeated", b"two"),
            ("empty", b""),
            ("schlüssel", b"wert"),
        ];
        let owned = headers.map(|(name, value)| (name.to_owned(), Some(value.to_vec())));
        self.headers_come_back(owned.to_vec()).await
    }

    async fn null_header(&self) -> Result<()> {
        self.headers_come_back(vec![("nothing".to_owned(), None)])
            .await
    }

    async fn largest_record(&self) -> Result<()> {
        let largest = LARGEST_MESSAGE_BYTES - BATCH_OVERHEAD_BYTES;
        let topic = self.topic(1, &[]).await?;
        let producer = self.client.producer(ProducerOptions::default()).await?;
        producer
            .send(topic, &[Record::of(vec![b'x'; largest])])
            .await?;
        let reason = refusal(
            producer
                .send(topic, &[Record::of(vec![b'x'; largest + 1])])
                .await,
        );
        let words = ["toolarge", "too large", "larger than"];
        check(words.iter().any(|word| reason.contains(word)), || {
            format!("one byte more was answered with {reason}")
        })?;
        producer.send(topic, &[Record::of("end")]).await?;
        check_equal(
            sizes(&self.read_to_end(topic, false).await?),
            vec![largest],
            "sizes",
        )?;

        let large = format!("{topic}.large");
        let most = (8 << 20).to_string();
        self.client
            .create_topic(&large, 1, &[("max.message.bytes", &most)])
            .await?;
        producer
            .send(&large, &[Record::of(vec![b'y'; 8_000_000])])
            .await?;
        producer.send(&large, &[Record::of("end")]).await?;
        check_equal(
            sizes(&self.read_to_end(&large, false).await?),
            vec![8_000_000],
            "sizes",
        )
    }

    async fn seek_by_time(&self) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64;
        let start = now - 3_600_000;
        let mut sent = numbered(10, 0);
        for (number, record) in sent.iter_mut().enumerate() {
            record.timestamp = Some(start + 1000 * number as i64);
        }
        self.produce(topic, &sent).await?;
        let offset_at = async |after: i64| self.client.offset_at(topic, start + after).await;
        check_equal(
            offset_at(2500).await?,
            Some(3),
            "the offset at a time between two records",
        )?;
        check_equal(
            offset_at(4000).await?,
            Some(4),
            "the offset at the time of a record",
        )?;
        let after = offset_at(60_000).await?;
        check(matches!(after, None | Some(10)), || {
            format!("the offset after the last record is {after:?}")
        })?;
        let options = ReaderOptions {
            offset: 3,
            ..ReaderOptions::default()
        };
        let reader = self.client.reader(topic, options).await?;
        until_read(&reader, 7).await?;
        let timestamps = |records: &[Record]| -> Vec<_> {
            records.iter().map(|record| record.timestamp).collect()
        };
        check_equal(
            timestamps(&reader.records()),
            timestamps(&sent[3..]),
            "timestamps",
        )
    }

    async fn idempotence(&self) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        let producer = self.idempotent().await?;
        for from in [0, 100, 200] {
            producer.send(topic, &numbered(100, from)).await?;
        }
        producer.send(topic, &[Record::of("end")]).await?;
        check_equal(
            self.read_to_end(topic, false).await?,
            texts(&numbered(300, 0)),
            "what was read",
        )
    }

    async fn idempotent(&self) -> Result<C::Producer> {
        let options = ProducerOptions {
            idempotent: true,
            ..ProducerOptions::default()
        };
        self.client.producer(options).await
    }

    async fn transaction_commit(&self) -> Result<()> {
        let topic = self.topic(2, &[]).await?;
        let producer = self.transactional().await?;
        for word in ["first", "second"] {
            producer.begin().await?;
            producer
                .send(topic, &[in_partition(0, word), in_partition(1, word)])
                .await?;
            producer.commit().await?;
        }
        for partition in [0, 1] {
            let options = ReaderOptions {
                partition,
                committed: true,
                ..ReaderOptions::default()
            };
            let reader = self.client.reader(topic, options).await?;
            until_read(&reader, 2).await?;
            let expected = vec!["first".to_owned(), "second".to_owned()];
            check_equal(reader.texts(), expected, &format!("partition {partition}"))?;
        }
        Ok(())
    }

    async fn transaction_abort(&self) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        let producer = self.transactional().await?;
        for (word, kept) in [("kept", true), ("dropped", false), ("also kept", true)] {
            producer.begin().await?;
            producer.send(topic, &[Record::of(word)]).await?;
            if kept {
                producer.commit().await?;
            } else {
                producer.abort().await?;
            }
        }
        self.send_end(topic).await?;
        check_equal(
            self.read_to_end(topic, true).await?.join(", "),
            "kept, also kept".into(),
            "read_committed",
        )?;
        let all = "kept, dropped, also kept".into();
        check_equal(
            self.read_to_end(topic, false).await?.join(", "),
            all,
            "read_uncommitted",
        )
    }

    async fn transaction_offsets(&self) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        self.produce(topic, &numbered(5, 0)).await?;
        let member = self
            .client
            .member(&self.name, topic, Protocol::Classic)
            .await?;
        until_read(&member, 5).await?;
        let producer = self.transactional().await?;
        let output = format!("{topic}.output");
        self.client.create_topic(&output, 1, &[]).await?;
        let committed = async || self.client.committed(&self.name, topic).await;
        let transform = async |word: &str| {
            producer.begin().await?;
            producer.send(&output, &[Record::of(word)]).await?;
            producer.send_offset(&member, topic, 5).await
        };
        transform("abort").await?;
        producer.abort().await?;
        check_equal(
            committed().await?,
            None,
            "the committed offset after an abort",
        )?;
        transform("commit").await?;
        producer.commit().await?;
        until("the committed offset", async || {
            Ok(committed().await? == Some(5))
        })
        .await?;
        self.send_end(&output).await?;
        check_equal(
            self.read_to_end(&output, true).await?,
            vec!["commit".to_owned()],
            "the output",
        )
    }

    async fn fencing(&self) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        let zombie = self.transactional().await?;
        zombie.begin().await?;
        zombie.send(topic, &[Record::of("of the zombie")]).await?;
        let successor = self.transactional().await?;
        let reason = refusal(zombie.commit().await);
        check(reason.contains("fence") || reason.contains("epoch"), || {
            format!("the zombie's commit was answered with {reason}")
        })?;
        successor.begin().await?;
        successor
            .send(topic, &[Record::of("of the successor")])
            .await?;
        successor.commit().await?;
        self.send_end(topic).await?;
        check_equal(
            self.read_to_end(topic, true).await?,
            vec!["of the successor".to_owned()],
            "read_committed",
        )
    }

    async fn read_committed(&self) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        self.produce(topic, &[Record::of("before")]).await?;
        let producer = self.transactional().await?;
        producer.begin().await?;
        producer.send(topic, &[Record::of("within")]).await?;
        self.send_end(topic).await?;
        let options = ReaderOptions {
            committed: true,
            ..ReaderOptions::default()
        };
        let committed = self.client.reader(topic, options).await?;
        until_read(&committed, 1).await?;
        check_equal(
            self.read_to_end(topic, false).await?.join(", "),
            "before, within".into(),
            "read_uncommitted",
        )?;
        check_equal(
            committed.texts(),
            vec!["before".to_owned()],
            "read_committed while the transaction is open",
        )?;
        producer.commit().await?;
        until_read(&committed, 3).await?;
        check_equal(
            committed.texts().join(", "),
            "before, within, end".into(),
            "read_committed",
        )
    }

    async fn group(&self, protocol: Protocol) -> Result<()> {
        let topic = self.topic(1, &[]).await?;
        self.produce(topic, &numbered(10, 0)).await?;
        let first = self.client.member(&self.name, topic, protocol).await?;
        until_read(&first, 10).await?;
        check_equal(
            first.texts(),
            texts(&numbered(10, 0)),
            "what the first member read",
        )?;
        first.commit().await?;
        first.close().await?;
        self.produce(topic, &numbered(5, 10)).await?;
        let second = self.client.member(&self.name, topic, protocol).await?;
        until_read(&second, 5).await?;
        check_equal(
            second.texts(),
            texts(&numbered(5, 10)),
            "what the second member read",
        )
    }

    async fn rebalance(&self, protocol: Protocol) -> Result<()> {
        let topic = self.topic(4, &[]).await?;
        let send_to_all = async |word: &str| {
            let records: Vec<_> = (0..4)
                .map(|n| in_partition(n, &format!("{word} {n}")))
                .collect();
            self.produce(topic, &records).await
        };
        let have_all = |word: &str, members: &[&C::Member]| {
            let seen: HashSet<_> = members.iter().flat_map(|member| member.texts()).collect();
            Ok((0..4).all(|n| seen.contains(&format!("{word} {n}"))))
        };
        let first = self.client.member(&self.name, topic, protocol).await?;
        until("all partitions for the first member", async || {
            Ok(first.partitions()?.len() == 4)
        })
        .await?;
        let second = self.client.member(&self.name, topic, protocol).await?;
        until("partitions for both members", async || {
            let (of_first, of_second) = (first.partitions()?, second.partitions()?);
            let mut owned = [&of_first[..], &of_second[..]].concat();
            owned.sort_unstable();
            Ok(!of_first.is_empty() && !of_second.is_empty() && owned == [0, 1, 2, 3])
        })
        .await?;
        send_to_all("shared").await?;
        until("a record of each partition", async || {
            have_all("shared", &[&first, &second])
        })
        .await?;
        first.close().await?;
        until("all partitions for the second member", async || {
            Ok(second.partitions()?.len() == 4)
        })
        .await?;
        send_to_all("alone").await?;
        until("all records at the second member", async || {
            have_all("alone", &[&second])
        })
        .await
    }

    async fn send_all_through_restarts(
        &self,
        producer: &C::Producer,
        topic: &str,
    ) -> Result<Vec<String>> {
        self.send_through_restarts(async |values| {
            let records: Vec<_> = values
                .iter()
                .map(|value| Record::of(value.as_str()))
                .collect();
            producer.send(topic, &records).await
        })
        .await
    }

    /// A broker that has just been restarted may not take a topic yet.
    async fn topic_at_restart(&self) -> Result<&str> {
        until("the topic created", async || {
            let _ = self.client.create_topic(&self.name, 1, &[]).await;
            self.listed().await
        })
        .await?;
        Ok(&self.name)
    }

    async fn restart(&self) -> Result<()> {
        let topic = self.topic_at_restart().await?;
        let producer = self.client.producer(ProducerOptions::default()).await?;
        let acknowledged = self.send_all_through_restarts(&producer, topic).await?;
        check_nothing_lost(&acknowledged, &self.read_to_end(topic, false).await?)
    }

    async fn restart_idempotent(&self) -> Result<()> {
        let topic = self.topic_at_restart().await?;
        let producer = self.idempotent().await?;
        let acknowledged = self.send_all_through_restarts(&producer, topic).await?;
        let read = self.read_to_end(topic, false).await?;
        check_nothing_lost(&acknowledged, &read)?;
        let numbers = read
            .iter()
            .map(|value| value.parse())
            .collect::<std::result::Result<Vec<u64>, _>>()?;
        match numbers.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => failed(format!("records twice or not in order: {pair:?}")),
            None => Ok(()),
        }
    }

    async fn restart_group(&self) -> Result<()> {
        let topic = self.topic_at_restart().await?;
        let member = self
            .client
            .member(&self.name, topic, Protocol::Classic)
            .await?;
        let producer = self.client.producer(ProducerOptions::default()).await?;
        let acknowledged = self.send_all_through_restarts(&producer, topic).await?;
        let ended = async || Ok(member.texts().iter().any(|text| text == "end"));
        until("the record \"end\" at the member", ended).await?;
        check_nothing_lost(&acknowledged, &member.texts())
    }
}
