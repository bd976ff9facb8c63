//! What a driver wraps: its client's own calls. Those that it leaves out, the client does not have.

use std::fmt::Display;
use std::sync::{Arc, Mutex};

/// Why a scenario does not hold.
#[derive(Debug)]
pub enum Failure {
    /// The client cannot, in words that are its own where it has some.
    Unsupported(String),
    Failed(String),
}

pub type Result<T> = std::result::Result<T, Failure>;

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            words.push_str(&format!(": {error}"));
            cause = error.source();
        }
        Failure::Failed(words)
    }
}

pub fn unsupported<T>(reason: impl Display) -> Result<T> {
    Err(Failure::Unsupported(reason.to_string()))
}

pub fn failed<T>(reason: impl Display) -> Result<T> {
    Err(Failure::Failed(reason.to_string()))
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds; none lets the client choose.
    pub timestamp: Option<i64>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Record {
    pub fn of(value: impl Into<Vec<u8>>) -> Self {
        Record {
            value: Some(value.into()),
            ..Record::default()
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.value.as_deref().unwrap_or_default()).into_owned()
    }
}

#[derive(Clone, Copy, PartialEq)]
pub enum Protocol {
    Classic,
    Consumer,
}

#[derive(Clone, Default)]
pub struct ProducerOptions {
    /// Its name, or empty.
    pub codec: &'static str,
    pub idempotent: bool,
    pub transactional_id: Option<String>,
}

#[derive(Clone, Copy, Default)]
pub struct ReaderOptions {
    pub partition: i32,
    pub offset: i64,
    pub committed: bool,
}

pub trait Client: Sized {
    type Producer: Producer<Member = Self::Member>;
    type Reader: Reader;
    type Member: Member;

    /// What the groups that it needs for itself are called begins with the name.
    async fn connect(bootstrap: &str, name: &str) -> Result<Self>;

    async fn create_topic(
        &self,
        topic: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> Result<()>;
    async fn topic_names(&self) -> Result<Vec<String>>;
    async fn partition_count(&self, topic: &str) -> Result<usize>;
    async fn delete_topic(&self, topic: &str) -> Result<()>;

    async fn topic_config(&self, _topic: &str, _name: &str) -> Result<String> {
        unsupported("it describes no configs")
    }

    async fn alter_topic_config(&self, _topic: &str, _name: &str, _value: &str) -> Result<()> {
        unsupported("it alters no configs")
    }

    /// The brokers and the controller, as host:port.
    async fn cluster(&self) -> Result<(Vec<String>, String)> {
        unsupported("it does not tell the controller")
    }

    async fn committed(&self, _group: &str, _topic: &str) -> Result<Option<i64>> {
        unsupported("it has no groups")
    }

    async fn alter_committed(&self, _group: &str, _topic: &str, _offset: i64) -> Result<()> {
        unsupported("it has no groups")
    }

    /// The first offset in partition 0 at that time or later.
    async fn offset_at(&self, topic: &str, timestamp: i64) -> Result<Option<i64>>;

    async fn producer(&self, options: ProducerOptions) -> Result<Self::Producer>;
    async fn reader(&self, topic: &str, options: ReaderOptions) -> Result<Self::Reader>;

    async fn member(
        &self,
        _group: &str,
        _topic: &str,
        _protocol: Protocol,
    ) -> Result<Self::Member> {
        unsupported("it has no groups")
    }
}

/// Its transactions are there where it was asked for a transactional id.
pub trait Producer {
    type Member;

    /// Returns when all are acknowledged, or with the first error.
    async fn send(&self, topic: &str, records: &[Record]) -> Result<()>;

    async fn begin(&self) -> Result<()> {
        failed("no transactional producer")
    }

    async fn commit(&self) -> Result<()> {
        failed("no transactional producer")
    }

    async fn abort(&self) -> Result<()> {
        failed("no transactional producer")
    }

    async fn send_offset(&self, _member: &Self::Member, _topic: &str, _offset: i64) -> Result<()> {
        failed("no transactional producer")
    }
}

/// Reads on until it is dropped.
pub trait Reader {
    fn records(&self) -> Vec<Record>;

    fn texts(&self) -> Vec<String> {
        self.records().iter().map(Record::text).collect()
    }
}

pub trait Member: Reader {
    fn partitions(&self) -> Result<Vec<i32>>;
    /// Commits what follows the records that were read.
    async fn commit(&self) -> Result<()>;
    /// Returns when it has left its group.
    async fn close(self) -> Result<()>;
}

/// The member of a client that has no groups: there is none.
pub enum NoMember {}

impl Reader for NoMember {
    fn records(&self) -> Vec<Record> {
        match *self {}
    }
}

impl Member for NoMember {
    fn partitions(&self) -> Result<Vec<i32>> {
        match *self {}
    }

    async fn commit(&self) -> Result<()> {
        match *self {}
    }

    async fn close(self) -> Result<()> {
        match self {}
    }
}

/// What was read, for drivers to share with the task that reads.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<Record>>>);

impl Log {
    pub fn push(&self, record: Record) {
        self.0.lock().expect("no reader panics").push(record);
    }

    pub fn records(&self) -> Vec<Record> {
        self.0.lock().expect("no reader panics").clone()
    }
}
