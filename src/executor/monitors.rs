//! The connections of this node that watch its commands (MONITOR).
//!
//! Invariants
//! - Each has every line that is fed between its MONITOR and its RESET or end, once, in one order for all, unless it is closed.
//! - A line waits for no client: who does not read has a queue that becomes too long, by the limits of subscribers, and is closed. (Redis holds
//!   them to those of `normal` clients, of which there are none by default: here no client's queue grows without bound.)
//! - While nobody watches, no line is made: [`Monitors::is_any`] is all that a command costs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use super::{BufferLimits, Mailbox};

/// See the module's header.
#[derive(Debug, Default)]
pub struct Monitors {
    table: Mutex<Table>,
    is_any: AtomicBool,
}

#[derive(Debug, Default)]
struct Table {
    mailboxes: BTreeMap<u64, Arc<Mailbox>>,
    limits: BufferLimits,
}

impl Monitors {
    /// True if anybody watches.
    pub fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Acquire)
    }

    /// A connection watches from now on.
    pub fn add(&self, connection: u64, mailbox: Arc<Mailbox>) {
        let mut table = self.table.lock();
        table.mailboxes.insert(connection, mailbox);
        self.is_any.store(true, Ordering::Release);
    }

    /// It does no longer, if it did.
    pub fn remove(&self, connection: u64) {
        let mut table = self.table.lock();
        table.mailboxes.remove(&connection);
        self.is_any.store(!table.mailboxes.is_empty(), Ordering::Release);
    }

    /// Sets when a queue is too long.
    pub fn set_limits(&self, limits: BufferLimits) {
        self.table.lock().limits = limits;
    }

    /// Gives a line, as it is sent, to all who watch.
    pub fn feed(&self, line: &Bytes) {
        let table = self.table.lock();
        table.mailboxes.values().for_each(|mailbox| mailbox.push_line(line.clone(), table.limits));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::context::Client;
    use crate::executor::Hub;
    use crate::protocol::Resp;

    #[test]
    fn who_watches_has_every_line_until_it_ends_or_does_not_read() {
        let (hub, monitors) = (Hub::default(), Monitors::default());
        monitors.set_limits(BufferLimits { hard: 300, ..BufferLimits::default() });
        let clients = [1, 2].map(|id| Arc::new(Client::new(id, String::new(), String::new(), 0)));
        let mailboxes = clients.each_ref().map(|client| hub.open(client));
        assert!(!monitors.is_any());
        monitors.add(1, mailboxes[0].clone());
        monitors.add(2, mailboxes[1].clone());
        let line = |text: &'static str| Bytes::from_static(text.as_bytes());
        monitors.feed(&line("+one\r\n"));
        monitors.feed(&line("+two\r\n"));
        let all = |mailbox: &Mailbox| std::iter::from_fn(|| mailbox.take(None, Resp::V2)).collect::<Vec<_>>();
        assert_eq!(all(&mailboxes[0]), [line("+one\r\n"), line("+two\r\n")]);
        monitors.remove(1);
        assert!(monitors.is_any());
        (0..3).for_each(|_| monitors.feed(&line("+three\r\n")));
        assert_eq!(all(&mailboxes[0]), [""; 0]);
        assert_eq!(clients.each_ref().map(|client| client.is_killed()), [false, true]);
        monitors.remove(2);
        assert!(!monitors.is_any());
    }
}
