//! A client over simulated sockets: one connection at a time, to the node that it was told or, after a failure, the next one.

use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use turmoil::net::TcpStream;

use crate::cluster::World;
use crate::support::client::encode;
use crate::support::value::Value;

/// How long a reply may take beyond `write-timeout-ms`, which a read that needs a tick may use twice. Nothing comes between clients
/// and nodes, so a silent connection is one that was forgotten.
const PATIENCE: Duration = Duration::from_millis(1500);

/// One client.
pub struct Client {
    /// Its number, for the trace.
    pub id: usize,
    world: World,
    node: usize,
    stream: Option<TcpStream>,
    buf: Vec<u8>,
    patience: Duration,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// Answered.
    Done(Value),
    /// Certainly not executed.
    NotApplied,
    /// It may have been.
    Unknown,
    /// It was, and its reply is lost.
    Applied,
}

impl Fate {
    fn of(value: Value) -> Self {
        match &value {
            Value::Error(text) if text.starts_with(b"LOADING") => Self::NotApplied,
            Value::Error(text) if text.starts_with(b"INDETERMINATE applied") => Self::Applied,
            Value::Error(text) if text.starts_with(b"INDETERMINATE") => Self::Unknown,
            _ => Self::Done(value),
        }
    }
}

impl Client {
    /// A client that talks to `node` first.
    pub fn new(world: &World, id: usize, node: usize) -> Self {
        let patience = Duration::from_millis(2 * world.write_timeout_ms) + PATIENCE;
        Self { id, world: world.clone(), node: node % world.machines.len(), stream: None, buf: Vec::new(), patience }
    }

    /// One that sends commands which wait for so long before they answer.
    pub fn patient(self, longest: Duration) -> Self {
        Self { patience: self.patience + longest, ..self }
    }

    /// The node that it talks to.
    pub fn node(&self) -> usize {
        self.node
    }

    /// Where it is.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// True while its connection stands.
    pub fn is_connected(&self) -> bool {
        self.stream.is_some()
    }

    /// Gives its connection up, if it has one.
    pub fn disconnect(&mut self) {
        self.stream = None;
    }

    /// Opens a connection, to this node or the next one that accepts.
    pub async fn connect(&mut self) {
        while self.stream.is_none() {
            let host = self.world.machines[self.node].name.clone();
            match timeout(Duration::from_millis(500), TcpStream::connect((host, 6379))).await {
                Ok(Ok(stream)) => {
                    self.buf.clear();
                    self.stream = Some(stream);
                }
                _ => {
                    self.node = (self.node + 1) % self.world.machines.len();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }

    /// One command, on a connection that stands or is opened now.
    pub async fn call<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Fate {
        let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
        self.pipeline(&[args]).await.remove(0)
    }

    /// One command on a connection that is cut after so long, whatever is under way then; after that this client talks to `next`.
    pub async fn call_or_cut<A: AsRef<[u8]>>(&mut self, args: &[A], after: Duration, next: usize) -> Fate {
        match timeout(after, self.call(args)).await {
            Ok(fate) => fate,
            Err(_) => {
                self.world.note(format_args!("client {} cuts its connection to {}", self.id, self.node));
                self.stream = None;
                self.node = next;
                Fate::Unknown
            }
        }
    }

    /// Commands in one write, and what came of each.
    pub async fn pipeline<A: AsRef<[u8]>>(&mut self, commands: &[Vec<A>]) -> Vec<Fate> {
        self.connect().await;
        let mut out = Vec::new();
        let mut shown = String::new();
        for command in commands {
            encode(&mut out, command);
            for arg in command {
                let arg = arg.as_ref();
                shown.push_str(&String::from_utf8_lossy(&arg[..arg.len().min(24)]));
                shown.push(' ');
            }
            shown.push_str("; ");
        }
        self.world.note(format_args!("client {} to {}: {shown}", self.id, self.node));
        let mut fates = Vec::new();
        let patience = self.patience;
        let (id, node, clocks) = (self.id, self.node, self.world.machines[self.node].clocks.clone());
        let before_ns = clocks.slept_ns();
        let talked = {
            let mut talk = pin!(self.talk(&out, commands.len(), &mut fates));
            let (mut waited, mut allowed) = (Duration::ZERO, patience);
            loop {
                if let Ok(talked) = timeout(allowed - waited, &mut talk).await {
                    break Some(talked);
                }
                // A machine that sleeps answers nobody, and its node's deadlines stand still.
                (waited, allowed) =
                    (allowed, patience + Duration::from_nanos(clocks.slept_ns().saturating_sub(before_ns)));
                if allowed <= waited {
                    break None;
                }
            }
        };
        let Some(talked) = talked else {
            panic!("client {id}: node {node} has answered {fates:?} within {patience:?} to {shown}");
        };
        if talked.is_none() {
            // What was sent may still arrive.
            self.stream = None;
            self.node = (self.node + 1) % self.world.machines.len();
            fates.resize(commands.len(), Fate::Unknown);
        }
        self.world.note(format_args!("client {} got {fates:?}", self.id));
        fates
    }

    async fn talk(&mut self, out: &[u8], count: usize, fates: &mut Vec<Fate>) -> Option<()> {
        let stream = self.stream.as_mut()?;
        stream.write_all(out).await.ok()?;
        while fates.len() < count {
            match Value::decode(&self.buf).expect("a well-formed reply") {
                Some((value, len)) => {
                    self.buf.drain(..len);
                    fates.push(Fate::of(value));
                }
                None => {
                    let mut chunk = [0; 16 * 1024];
                    let len = stream.read(&mut chunk).await.ok().filter(|len| *len > 0)?;
                    self.buf.extend_from_slice(&chunk[..len]);
                }
            }
        }
        assert!(self.buf.is_empty(), "client {}: more replies than commands", self.id);
        Some(())
    }
}
