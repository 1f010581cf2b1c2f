//! What one connection shows to the others: CLIENT LIST reads it, CLIENT KILL acts on it.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;

use bytes::Bytes;
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{Acting, Watch};
use crate::protocol::Resp;
use crate::store::SubscriptionKind;

/// A connected client. Its id is unique in the cluster: node id × 2^32 + n.
#[derive(Debug)]
pub struct Client {
    /// See above.
    pub id: u64,
    /// Its address.
    pub addr: String,
    /// The address that it reached.
    pub laddr: String,
    /// Wall clock at connection, ms (for CLIENT LIST's `age`).
    pub created_ms: u64,
    /// Wall clock at the last command, ms (for `idle`).
    pub active_ms: AtomicU64,
    /// What its session last told.
    pub shown: Mutex<Shown>,
    /// What its connection holds at the moment.
    pub buffers: Buffers,
    /// The client that was to be told of changes in this one's place is gone.
    pub has_lost_redirect: AtomicBool,
    called: AtomicBool,
    killed: AtomicBool,
    dismissed: AtomicBool,
    is_to_tidy: AtomicBool,
    /// Of the connection's task: nobody else waits for [`Self::killed`] or [`Self::dismissed`].
    kill: AtomicWaker,
    unblock: Mutex<Option<oneshot::Sender<Unblock>>>,
    /// True while its command waits in the replicated state.
    pub waits: Arc<AtomicBool>,
    /// True while CLIENT PAUSE holds its command back.
    pub held: AtomicBool,
}

/// How CLIENT UNBLOCK ends a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unblock {
    /// As if the time were over.
    Timeout,
    /// With an error.
    Error,
}

/// The part of a session that CLIENT LIST shows.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Whose it is: the user's name and id.
    pub user: (Bytes, u64),
    /// CLIENT SETNAME.
    pub name: Bytes,
    /// Library name.
    pub lib_name: Bytes,
    /// Library version.
    pub lib_ver: Bytes,
    /// Selected database.
    pub db: usize,
    /// Protocol.
    pub resp: Resp,
    /// Commands queued by MULTI; None outside.
    pub multi_len: Option<usize>,
    /// Bytes of their arguments.
    pub multi_bytes: usize,
    /// Bytes of the list of them.
    pub queue_bytes: usize,
    /// Watched keys as they were.
    pub watched: Arc<[Watch]>,
    /// Last command.
    pub command: &'static str,
    /// Bytes that are read and not yet run.
    pub query_buffer_bytes: usize,
    /// How many subscriptions it has, by kind.
    pub subscriptions: [usize; SubscriptionKind::ALL.len()],
    /// CLIENT TRACKING: the client that is told in its place (0: none), and whether it is told of prefixes.
    pub tracked: Option<(u64, bool)>,
    /// MONITOR
    pub is_monitoring: bool,
    /// Flags besides those that follow from the rest: NO-EVICT, NO-TOUCH.
    pub no_evict: bool,
    /// See above.
    pub no_touch: bool,
    /// Commands executed.
    pub commands: u64,
}

/// Bytes that a connection holds outside of its session: as its task last told, without a lock.
#[derive(Debug, Default)]
pub struct Buffers {
    /// Bytes that may be read without more memory.
    pub query_room: AtomicUsize,
    /// Arguments of commands that run.
    pub argument_bytes: AtomicUsize,
    /// Room of the buffer of small replies.
    pub reply_room: AtomicUsize,
    /// The most that was in it.
    pub reply_peak: AtomicUsize,
    /// What is in it and not yet written.
    pub reply_bytes: AtomicUsize,
    /// Large replies that are not yet written, each a slice that may be shared with the store.
    pub chunks: AtomicUsize,
    /// Bytes of those.
    pub chunk_bytes: AtomicUsize,
}

impl Buffers {
    /// What large replies take that are not yet written.
    pub fn large_reply_bytes(&self) -> usize {
        self.chunk_bytes.load(Ordering::Relaxed) + self.chunks.load(Ordering::Relaxed) * size_of::<Bytes>()
    }
}

impl Shown {
    /// True if it is subscribed to anything.
    pub fn is_subscribed(&self) -> bool {
        self.subscriptions.iter().any(|count| *count > 0)
    }
}

impl Client {
    /// True if it is on the same machine.
    pub fn is_local(&self) -> bool {
        self.addr.parse::<SocketAddr>().is_ok_and(|addr| addr.ip().to_canonical().is_loopback())
    }

    /// A client that has just connected.
    pub fn new(id: u64, addr: String, laddr: String, now_ms: u64) -> Self {
        Self {
            id,
            addr,
            laddr,
            created_ms: now_ms,
            active_ms: AtomicU64::new(now_ms),
            shown: Mutex::default(),
            buffers: Buffers::default(),
            has_lost_redirect: AtomicBool::new(false),
            called: AtomicBool::new(false),
            killed: AtomicBool::new(false),
            dismissed: AtomicBool::new(false),
            is_to_tidy: AtomicBool::new(false),
            kill: AtomicWaker::new(),
            unblock: Mutex::default(),
            waits: Arc::default(),
            held: AtomicBool::new(false),
        }
    }

    /// Says whose connection it is.
    pub fn show_user(&self, acting: &Acting) {
        self.shown.lock().user = (acting.permissions.user.clone(), acting.permissions.id);
    }

    /// Begins a wait that CLIENT UNBLOCK can end; it is over when the receiver is dropped.
    pub fn block(&self) -> oneshot::Receiver<Unblock> {
        let (sender, receiver) = oneshot::channel();
        *self.unblock.lock() = Some(sender);
        receiver
    }

    /// True while it waits, be it that CLIENT PAUSE holds it.
    pub fn is_blocked(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
            || self.held.load(Ordering::Relaxed)
            || self.unblock.lock().as_ref().is_some_and(|sender| !sender.is_closed())
    }

    /// Ends the wait; false if there is none.
    pub fn unblock(&self, how: Unblock) -> bool {
        self.unblock.lock().take().is_some_and(|sender| sender.send(how).is_ok())
    }

    /// Closes the connection from outside.
    pub fn kill(&self) {
        self.killed.store(true, Ordering::Release);
        self.kill.wake();
    }

    /// True once killed.
    pub fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Acquire)
    }

    /// There is a place for messages to this client, which others have made.
    pub fn call(&self) {
        self.called.store(true, Ordering::Release);
        self.kill.wake();
    }

    /// True if there is.
    pub fn is_called(&self) -> bool {
        self.called.load(Ordering::Acquire)
    }

    /// Returns when there is. For its connection's task, as [`Self::killed`].
    pub fn called(&self) -> impl Future<Output = ()> + '_ {
        self.until(Self::is_called)
    }

    /// Returns when the client is killed. Only its connection's task may wait for it: there is room for one.
    pub fn killed(&self) -> impl Future<Output = ()> + '_ {
        self.until(Self::is_killed)
    }

    /// Closes the connection once all that was sent is answered: the node ends, and nothing that comes from now on is carried out.
    pub fn dismiss(&self) {
        self.dismissed.store(true, Ordering::Release);
        self.kill.wake();
    }

    /// True once dismissed or killed.
    pub fn is_dismissed(&self) -> bool {
        self.dismissed.load(Ordering::Acquire) || self.is_killed()
    }

    /// Returns when the client is dismissed or killed. For its connection's task, as [`Self::killed`].
    pub fn dismissed(&self) -> impl Future<Output = ()> + '_ {
        self.until(Self::is_dismissed)
    }

    /// Has the connection give back what it holds for reading: it is silent.
    pub fn tidy(&self) {
        self.is_to_tidy.store(true, Ordering::Release);
        self.kill.wake();
    }

    /// Returns when it is to. For its connection's task, as [`Self::killed`].
    pub fn told_to_tidy(&self) -> impl Future<Output = ()> + '_ {
        self.until(|client| client.is_to_tidy.load(Ordering::Acquire))
    }

    /// It has.
    pub fn tidied(&self) {
        self.is_to_tidy.store(false, Ordering::Release);
    }

    fn until(&self, is_so: fn(&Self) -> bool) -> impl Future<Output = ()> + '_ {
        poll_fn(move |context| {
            if !is_so(self) {
                self.kill.register(context.waker());
            }
            if is_so(self) { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_local_by_its_loopback_address() {
        let is_local = |addr: &str| Client::new(1, addr.into(), String::new(), 0).is_local();
        for addr in ["127.0.0.1:5000", "[::1]:5000", "[::ffff:127.0.0.1]:5000"] {
            assert!(is_local(addr), "{addr}");
        }
        for addr in ["10.0.0.1:5000", "[2001:db8::1]:5000", "", "127.0.0.1"] {
            assert!(!is_local(addr), "{addr}");
        }
    }
}
