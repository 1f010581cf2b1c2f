//! Who has come to the peer port and not yet proven that it is a peer.
//!
//! Invariants
//! - There are at most [`WAITING_MAX`] of them, counted until the handshake is over, or the penalty that a failed one ends with. Nobody waits
//!   for a place: one too many costs another one its. First those go that have failed; then, of the address that has most of them, the one
//!   that came first; last those of addresses where a peer has proven itself, a few for each. So a flood costs itself its places, and a
//!   peer gets in while one goes on: it needs its place for a round trip or two.
//! - What they do shows in the log, [`LINES`] lines at most in [`LINES_IN`]; what was left out is counted by the next one.
//!
//! Deliberately absent: addresses that are locked out. Peers may share one with who floods (a proxy, a machine), and a secret that
//! cannot be guessed needs no such help.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::handshake::{Failed, Hello, Refused, accept, turn_away};
use super::identity::Identity;
use crate::sys::env::{BoxStream, Env};

/// See the module's header.
const WAITING_MAX: usize = 64;
/// Places of an address where a peer has proven itself that others do not take.
const KEPT: usize = 8;
/// Such addresses that are remembered.
const KNOWN_MAX: usize = 64;
/// How long a connection that has failed is kept, and told nothing.
const PENALTY: Duration = Duration::from_secs(1);
/// See the module's header.
const LINES: u32 = 8;
const LINES_IN: Duration = Duration::from_secs(60);

const CROWDED: &str = "there are too many connections that have proven nothing";

/// An address, or of IPv6 the network that one machine may have all of; None: what is no address.
type Origin = Option<IpAddr>;

fn origin(addr: &str) -> Origin {
    match addr.parse::<SocketAddr>().ok()?.ip().to_canonical() {
        IpAddr::V6(ip) => Some(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => Some(v4),
    }
}

struct Waiting {
    origin: Origin,
    has_failed: bool,
    /// Dropped when it loses its place.
    _place: oneshot::Sender<()>,
}

#[derive(Default)]
struct Inner {
    /// In the order in which they came.
    waiting: BTreeMap<u64, Waiting>,
    next: u64,
    /// Where peers have proven themselves, the last one first.
    known: VecDeque<Origin>,
    lines_since: Option<Instant>,
    lines: u32,
    unshown: u64,
}

/// See the module's header.
#[derive(Default)]
pub struct Door(Mutex<Inner>);

/// A place at the door; given back when dropped.
struct Place<'a> {
    door: &'a Door,
    number: u64,
    addr: String,
    lost: oneshot::Receiver<()>,
}

impl Door {
    /// The acceptor's side of the handshake: who has proven that it is a peer, and may talk. A stranger is kept waiting before it is told why
    /// not.
    ///
    /// # Errors
    /// Why nobody was let in.
    pub async fn let_in(
        &self,
        env: &Env,
        identity: &Identity,
        stream: &mut BoxStream,
        admit: impl FnOnce(&Hello) -> Result<(), Refused>,
    ) -> io::Result<Hello> {
        let mut place = self.enter(stream.peer_addr());
        let shaken = tokio::select! {
            shaken = accept(env, identity, stream, admit) => shaken,
            () = place.lost() => {
                place.failed(identity.node, CROWDED);
                return Err(io::Error::new(io::ErrorKind::ConnectionAborted, CROWDED));
            }
        };
        let stranger = match shaken {
            Ok(hello) => {
                place.proven();
                return Ok(hello);
            }
            Err(Failed::Refused(why)) => {
                place.proven();
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
            }
            Err(Failed::Lost(error)) => return Err(error),
            Err(Failed::Stranger(stranger)) => stranger,
        };
        let why = stranger.to_string();
        place.failed(identity.node, &why);
        tokio::select! {
            () = tokio::time::sleep(PENALTY) => turn_away(stream, stranger).await?,
            () = place.lost() => {}
        }
        Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
    }

    /// Somebody has come; if there are too many another one loses its place.
    fn enter(&self, addr: String) -> Place<'_> {
        let mut inner = self.0.lock();
        let (place, lost) = oneshot::channel();
        let number = inner.next;
        inner.next += 1;
        inner.waiting.insert(number, Waiting { origin: origin(&addr), has_failed: false, _place: place });
        if inner.waiting.len() > WAITING_MAX
            && let Some(number) = inner.first_to_go()
        {
            inner.waiting.remove(&number);
        }
        Place { door: self, number, addr, lost }
    }

    /// Tells that somebody was not let in.
    fn tell(&self, node: u64, addr: &str, why: &str) {
        let Some(unshown) = self.0.lock().line(Instant::now()) else { return };
        tracing::warn!(node, addr, error = why, unshown, "a connection to the peer port is refused");
    }
}

impl Place<'_> {
    /// Returns when the place is lost to another one.
    async fn lost(&mut self) {
        // Nothing is ever sent.
        let _ = (&mut self.lost).await;
    }

    /// It has proven that it is a peer.
    fn proven(self) {
        let mut inner = self.door.0.lock();
        let origin = origin(&self.addr);
        inner.known.retain(|known| *known != origin);
        inner.known.push_front(origin);
        inner.known.truncate(KNOWN_MAX);
    }

    /// It has failed to, at `node`. Who has failed is the first to lose its place.
    fn failed(&self, node: u64, why: &str) {
        if let Some(waiting) = self.door.0.lock().waiting.get_mut(&self.number) {
            waiting.has_failed = true;
        }
        self.door.tell(node, &self.addr, why);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.door.0.lock().waiting.remove(&self.number);
    }
}

impl Inner {
    fn first_to_go(&self) -> Option<u64> {
        let mut counts: BTreeMap<Origin, usize> = BTreeMap::new();
        for waiting in self.waiting.values() {
            *counts.entry(waiting.origin).or_default() += 1;
        }
        let rank = |(number, waiting): &(&u64, &Waiting)| {
            let count = counts.get(&waiting.origin).copied().unwrap_or_default();
            let is_kept = count <= KEPT && self.known.contains(&waiting.origin);
            (!waiting.has_failed, is_kept, Reverse(count), **number)
        };
        self.waiting.iter().min_by_key(rank).map(|(number, _)| *number)
    }

    /// How many lines were left out before this one; None: it is left out as well.
    fn line(&mut self, now: Instant) -> Option<u64> {
        if self.lines_since.is_none_or(|since| now >= since + LINES_IN) {
            (self.lines_since, self.lines) = (Some(now), 0);
        }
        if self.lines >= LINES {
            self.unshown += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.unshown))
    }
}

#[cfg(test)]
mod tests;
