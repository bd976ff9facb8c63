//! Runs the scenarios that the arguments name, and what they share.

use std::env::args;
use std::fmt::Debug;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Client, Failure, Result, failed};
use crate::scenarios::play;

const SCENARIO_DEADLINE: Duration = Duration::from_secs(120);
const UNTIL_DEADLINE: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(10);
const AFTER_A_FAILURE: Duration = Duration::from_millis(50);
const LONGEST_REASON: usize = 600;
const LONGEST_VALUE: usize = 300;

/// What one scenario is given.
pub struct Run<C> {
    pub client: C,
    pub bootstrap: String,
    pub name: String,
    control: String,
}

pub fn check(holds: bool, reason: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { failed(reason()) }
}

pub fn check_equal<T: PartialEq + Debug>(got: T, expected: T, what: &str) -> Result<()> {
    check(got == expected, || {
        let shown = |value| cut(&format!("{value:?}"), LONGEST_VALUE);
        format!("{what}: expected {}, got {}", shown(&expected), shown(&got))
    })
}

/// Asks until the answer is true.
pub async fn until(what: &str, condition: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + UNTIL_DEADLINE;
    while !condition().await? {
        check(Instant::now() < deadline, || format!("not in time: {what}"))?;
        sleep(INTERVAL).await;
    }
    Ok(())
}

/// Kills the broker with -9 and starts it again; returns when it is up.
async fn restart_broker(control: String) -> std::io::Result<()> {
    let mut connection = TcpStream::connect(control).await?;
    // However it ends, that is the sign.
    let _ = connection.read_to_end(&mut Vec::new()).await;
    Ok(())
}

impl<C: Client> Run<C> {
    /// Sends batch after batch while the broker is killed and started again, twice; what fails is not sent again. Gives
    /// what was acknowledged, in order; the last record is "end".
    pub async fn send_through_restarts(
        &self,
        send: impl AsyncFn(&[String]) -> Result<()>,
    ) -> Result<Vec<String>> {
        let mut sender = Sender {
            send,
            next: 0,
            acknowledged: Vec::new(),
        };
        sender.send_some().await;
        for _ in 0..2 {
            let restarted = tokio::spawn(restart_broker(self.control.clone()));
            while !restarted.is_finished() {
                sender.send_batch().await;
            }
            restarted.await??;
            sender.send_some().await;
        }
        while !sender.sent(&["end".to_owned()]).await {}
        Ok(sender.acknowledged)
    }
}

struct Sender<S> {
    send: S,
    next: usize,
    acknowledged: Vec<String>,
}

impl<S: AsyncFn(&[String]) -> Result<()>> Sender<S> {
    async fn sent(&self, values: &[String]) -> bool {
        let result = (self.send)(values).await;
        if let Err(failure) = &result {
            eprintln!("{failure:?}");
            sleep(AFTER_A_FAILURE).await;
        }
        result.is_ok()
    }

    async fn send_batch(&mut self) -> bool {
        let values: Vec<String> = (self.next..self.next + 100)
            .map(|n| n.to_string())
            .collect();
        self.next += values.len();
        let done = self.sent(&values).await;
        if done {
            self.acknowledged.extend(values);
        }
        done
    }

    async fn send_some(&mut self) {
        let mut count = 0;
        while count < 5 {
            count += usize::from(self.send_batch().await);
        }
    }
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

fn first_line(reason: &str) -> String {
    cut(reason.lines().next().unwrap_or_default(), LONGEST_REASON)
}

/// BOOTSTRAP CONTROL PREFIX SCENARIO,SCENARIO...
pub async fn drive<C: Client>(version: &str) {
    let [bootstrap, control, prefix, names] = args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .expect("four arguments");
    println!("{}", json!({ "version": version }));
    for scenario in names.split(',') {
        let started = Instant::now();
        let name = format!("{prefix}.{scenario}");
        let outcome = outcome::<C>(scenario, &bootstrap, &control, name).await;
        let mut line = json!({ "scenario": scenario, "ms": started.elapsed().as_millis() as u64 });
        line.as_object_mut().expect("an object").extend(outcome);
        println!("{line}");
    }
}

async fn outcome<C: Client>(
    scenario: &str,
    bootstrap: &str,
    control: &str,
    name: String,
) -> serde_json::Map<String, Value> {
    let played = timeout(SCENARIO_DEADLINE, async {
        let run = Run {
            client: C::connect(bootstrap, &name).await?,
            bootstrap: bootstrap.to_owned(),
            name,
            control: control.to_owned(),
        };
        play(scenario, &run).await
    });
    let (outcome, reason) = match played.await {
        Ok(Ok(())) => ("ok", None),
        Ok(Err(Failure::Unsupported(reason))) => ("unsupported", Some(reason)),
        Ok(Err(Failure::Failed(reason))) => ("failed", Some(reason)),
        Err(late) => (
            "failed",
            Some(format!("not done within {SCENARIO_DEADLINE:?}: {late}")),
        ),
    };
    let mut fields = serde_json::Map::from_iter([("outcome".to_owned(), json!(outcome))]);
    fields.extend(reason.map(|reason| ("reason".to_owned(), json!(first_line(&reason)))));
    fields
}

/// The version of a crate in Cargo.lock.
pub fn locked_version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    lock.split_once(&format!("name = \"{name}\"\nversion = \""))
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or("unknown")
}
