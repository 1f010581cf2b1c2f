//! One connection's state, as its commands see and change it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::{Acting, Client, Shown, Spec, Subscribed, Tracked};
use crate::config::ReadLevel;
use crate::protocol::{Args, Resp};
use crate::store::{SubscriptionKind, Watch};

/// Which replies the client wants (CLIENT REPLY).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReplyMode {
    /// All.
    #[default]
    On,
    /// None.
    Off,
    /// Not this one's, nor the next one's.
    SkipNext,
    /// Not the next one's.
    Skip,
}

/// A transaction being queued.
#[derive(Debug, Default)]
pub struct Multi {
    /// Commands that passed the gate.
    pub queue: Vec<(&'static Spec, Args)>,
    /// Their bytes.
    pub bytes: usize,
    /// Bytes of their arguments alone.
    pub payload: usize,
    /// One was refused: EXEC will be too.
    pub aborted: bool,
}

/// What WATCH remembers until EXEC, DISCARD or UNWATCH.
///
/// Invariant: EXEC runs only if every WATCH since was answered with OK: one that has no marks of its keys cannot tell that they
/// are unchanged.
#[derive(Debug, Default)]
pub struct Watched {
    /// The keys as they were.
    pub marks: Vec<Watch>,
    /// Set when a WATCH begins, restored when it has its marks: EXEC must not run.
    pub incomplete: bool,
}

/// The session of one connection.
#[derive(Debug)]
pub struct Session {
    /// What other connections see of this one.
    pub client: Arc<Client>,
    /// Version of the protocol for the next reply.
    pub resp: Resp,
    /// Selected database.
    pub db: usize,
    /// Who it is.
    pub acting: Acting,
    /// The transaction being queued.
    pub multi: Option<Multi>,
    /// Watched keys.
    pub watched: Watched,
    /// CLIENT CONSISTENCY; None = the server's.
    pub level: Option<ReadLevel>,
    /// CLIENT REPLY.
    pub reply_mode: ReplyMode,
    /// CLIENT NO-TOUCH.
    pub no_touch: bool,
    /// CLIENT NO-EVICT.
    pub no_evict: bool,
    /// CLIENT SETNAME.
    pub name: Bytes,
    /// CLIENT SETINFO LIB-NAME.
    pub lib_name: Bytes,
    /// CLIENT SETINFO LIB-VER.
    pub lib_ver: Bytes,
    /// What it is subscribed to.
    pub subscribed: Subscribed,
    /// Closed once the replies so far are written.
    pub closing: bool,
    /// How many commands of the connection have been such as may wait, or change its subscriptions: each is named by its number.
    pub waits: u64,
    /// Locks may be held that are bound to the connection.
    pub is_bound: bool,
    /// LOCK.NOTIFY
    pub is_notified: bool,
    /// MONITOR
    pub is_monitoring: bool,
    /// CLIENT TRACKING
    pub tracked: Option<Tracked>,
    /// CLIENT CACHING, for the next command or transaction.
    pub is_caching_called: bool,
    /// Log index of this connection's last answered write (WAIT).
    pub last_write_index: u64,
    /// Bytes that are read and not yet run: the command that runs now, if it is one of the session, and what stands behind it.
    pub query_bytes: usize,
}

impl Session {
    /// A new connection's session.
    pub fn new(client: Arc<Client>, acting: Acting) -> Self {
        client.show_user(&acting);
        Self {
            client,
            resp: Resp::V2,
            db: 0,
            acting,
            multi: None,
            watched: Watched::default(),
            level: None,
            reply_mode: ReplyMode::On,
            no_touch: false,
            no_evict: false,
            name: Bytes::new(),
            lib_name: Bytes::new(),
            lib_ver: Bytes::new(),
            subscribed: Subscribed::default(),
            closing: false,
            waits: 0,
            is_bound: false,
            is_notified: false,
            is_monitoring: false,
            tracked: None,
            is_caching_called: false,
            last_write_index: 0,
            query_bytes: 0,
        }
    }

    /// Makes the connection another user's.
    pub fn act(&mut self, acting: Acting) {
        self.client.show_user(&acting);
        self.acting = acting;
    }

    /// True if only commands about subscriptions are allowed: RESP2 cannot tell replies from messages.
    pub fn is_restricted(&self) -> bool {
        self.resp == Resp::V2 && !self.subscribed.is_empty()
    }

    /// The connection as a reader that is told when what it reads changes; 0: it is not.
    pub fn reader(&self) -> u64 {
        let notes = self.tracked.as_ref().is_some_and(|tracked| tracked.notes_reads(self.is_caching_called));
        if notes { self.client.id } else { 0 }
    }

    /// Tells other connections what CLIENT LIST shows of this one.
    pub fn show(&self) {
        let mut shown = self.client.shown.lock();
        shown.db = self.db;
        shown.resp = self.resp;
        shown.multi_len = self.multi.as_ref().map(|multi| multi.queue.len());
        shown.multi_bytes = self.multi.as_ref().map_or(0, |multi| multi.payload);
        let queue = self.multi.as_ref().map_or(0, |multi| multi.queue.capacity());
        shown.queue_bytes = queue * size_of::<(&'static Spec, Args)>();
        // Marks are added by WATCH, which stands alone in its group, and given up all at once; a group ends with this. So those that
        // are as many as before are the same.
        if shown.watched.len() != self.watched.marks.len() {
            shown.watched = self.watched.marks.as_slice().into();
        }
        shown.query_buffer_bytes = self.query_bytes;
        for (count, kind) in shown.subscriptions.iter_mut().zip(SubscriptionKind::ALL) {
            *count = self.subscribed.len(kind);
        }
        shown.tracked = self.tracked.as_ref().map(|tracked| (tracked.redirect, tracked.broadcasts));
        shown.is_monitoring = self.is_monitoring;
        shown.no_evict = self.no_evict;
        shown.no_touch = self.no_touch;
        follow(&mut shown.name, &self.name);
        follow(&mut shown.lib_name, &self.lib_name);
        follow(&mut shown.lib_ver, &self.lib_ver);
    }

    /// RESET: as new, but for the name of the library.
    pub fn reset(&mut self, acting: Acting) {
        let (lib_name, lib_ver) = (std::mem::take(&mut self.lib_name), std::mem::take(&mut self.lib_ver));
        let (last_write_index, waits) = (self.last_write_index, self.waits);
        *self = Self::new(self.client.clone(), acting);
        (self.lib_name, self.lib_ver) = (lib_name, lib_ver);
        (self.last_write_index, self.waits) = (last_write_index, waits);
    }
}

/// Copies a text that has become another. (memcmp of two empty ones is slow: a masked read at their dangling address.)
fn follow(shown: &mut Bytes, text: &Bytes) {
    if (shown.as_ptr(), shown.len()) != (text.as_ptr(), text.len()) {
        *shown = text.clone();
    }
}

impl Client {
    /// Bytes that it takes, with its session; `shown` is its own.
    pub fn memory(&self, shown: &Shown) -> usize {
        let get = |bytes: &AtomicUsize| bytes.load(Ordering::Relaxed);
        let watched: usize = shown.watched.iter().map(|watch| size_of::<Watch>() + watch.key.len()).sum();
        let names = shown.name.len() + shown.lib_name.len() + shown.lib_ver.len() + self.addr.len() + self.laddr.len();
        let query = shown.query_buffer_bytes + get(&self.buffers.query_room) + get(&self.buffers.argument_bytes);
        let queued = shown.multi_bytes + shown.queue_bytes;
        let own = size_of::<Self>() + size_of::<Session>() + names;
        own + watched + query + queued + get(&self.buffers.reply_room) + self.buffers.large_reply_bytes()
    }
}
