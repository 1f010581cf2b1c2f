//! What waits for a connection besides its replies: messages, and lines for who watches.
//!
//! Invariant: putting something in waits for no client: a queue takes what comes, or its client is closed.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::Place;
use crate::command::context::Client;
use crate::protocol::Resp;

/// What a message takes in a queue besides its bytes, roughly.
const MESSAGE_BYTES: usize = 64;

/// When a queue is too long (`client-output-buffer-limit`, class pubsub). 0 = no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferLimits {
    /// Bytes that it must never have.
    pub hard: u64,
    /// Bytes that it must not have for longer than `soft_for`.
    pub soft: u64,
    /// See above.
    pub soft_for: Duration,
}

/// What waits for one connection. Its bytes are those of RESP3; in RESP2 the first one is another.
#[derive(Debug)]
pub struct Mailbox {
    pub(super) client: Arc<Client>,
    queue: Mutex<Queue>,
    /// Of the connection's task.
    pub(super) waker: AtomicWaker,
}

/// A message to a connection.
#[derive(Debug)]
pub struct Message {
    /// Where it belongs.
    pub place: Place,
    /// In RESP3.
    pub bytes: Bytes,
    /// In RESP2.
    pub in_resp2: InResp2,
}

/// What a message is in RESP2.
#[derive(Debug)]
pub enum InResp2 {
    /// The same; a push has another first byte.
    Same,
    /// There is none such.
    Nothing,
    /// Another message; its bytes are those of RESP3.
    Other(Bytes),
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    bytes: usize,
    over_soft_since: Option<Instant>,
    is_to_hold_again: bool,
}

impl Mailbox {
    pub(super) fn new(client: Arc<Client>) -> Self {
        Self { client, queue: Mutex::default(), waker: AtomicWaker::new() }
    }

    pub(super) fn push(&self, message: Message, limits: BufferLimits) {
        let mut queue = self.queue.lock();
        queue.bytes += message.bytes.len() + MESSAGE_BYTES;
        queue.messages.push_back(message);
        let bytes = queue.bytes as u64;
        let is_over = |limit: u64| limit != 0 && bytes > limit;
        let mut is_too_long = is_over(limits.hard);
        if is_over(limits.soft) {
            let now = Instant::now();
            let since = *queue.over_soft_since.get_or_insert(now);
            is_too_long |= now.duration_since(since) > limits.soft_for;
        } else {
            queue.over_soft_since = None;
        }
        if is_too_long {
            *queue = Queue::default();
            drop(queue);
            tracing::warn!(addr = self.client.addr, bytes, "closed a subscriber that does not read what it is sent");
            self.client.kill();
        }
    }

    /// A line for who watches this node's commands: it has no place in the log, and goes before whatever comes later.
    pub(super) fn push_line(&self, bytes: Bytes, limits: BufferLimits) {
        self.push(Message { place: Place { index: 0, position: 0 }, bytes, in_resp2: InResp2::Same }, limits);
        self.waker.wake();
    }

    /// The next message for a connection of this version of the protocol, if there is one at a place before `before` (None: at any place).
    pub fn take(&self, before: Option<Place>, resp: Resp) -> Option<Bytes> {
        let mut queue = self.queue.lock();
        loop {
            if before.is_some_and(|before| queue.messages.front().is_some_and(|message| message.place >= before)) {
                return None;
            }
            let message = queue.messages.pop_front()?;
            queue.bytes -= message.bytes.len() + MESSAGE_BYTES;
            if queue.messages.is_empty() {
                queue.over_soft_since = None;
            }
            match message.in_resp2 {
                InResp2::Nothing if resp == Resp::V2 => {}
                InResp2::Other(bytes) if resp == Resp::V2 => return Some(bytes),
                _ => return Some(message.bytes),
            }
        }
    }

    /// True once the state no longer has what the connection holds; said once.
    pub fn take_hold_again(&self) -> bool {
        std::mem::take(&mut self.queue.lock().is_to_hold_again)
    }

    /// Asks for it again.
    pub fn set_hold_again(&self) {
        self.queue.lock().is_to_hold_again = true;
        self.waker.wake();
    }

    /// Returns when a message at a place before `before` (None: at any) waits, or what the connection holds is to be told again. Only its task
    /// may wait for it: there is room for one.
    pub fn ready(&self, before: impl Fn() -> Option<Place>) -> impl Future<Output = ()> {
        poll_fn(move |context| {
            self.waker.register(context.waker());
            let before = before();
            let queue = self.queue.lock();
            let is_there = |message: &Message| before.is_none_or(|before| message.place < before);
            let is_ready = queue.messages.front().is_some_and(is_there) || (before.is_none() && queue.is_to_hold_again);
            if is_ready { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}
