//! The handshake of a peer connection: both sides say who they are and prove that they know `requirepass`, the caller first.
//!
//! Dialer: `Hello`, with its nonce. Acceptor: a challenge, its nonce. Dialer: its proof. Acceptor: its verdict with its own proof: come in, or
//! a refusal with the reason; and the feature level that it knows, as the dialer has said its own in the `Hello`. A proof ([`super::secret`]) is of the side that proves and of all that was said before it: the whole `Hello`
//! (version, purpose, cluster, both nodes, the dialer's process and nonce), the challenge (the node that answers and its nonce), and the
//! verdict. So neither can be played back to the one who made it, later, or on another connection, and who stands between the two
//! changes none of it.
//!
//! Invariants
//! - Nothing that depends on the secret is sent to who connects before he has proven it, and nothing ever if he proves it wrong. (The dialer
//!   shows its proof to whoever listens there, which is why its key is a slow one: [`super::secret`].)
//! - Nothing of a connection is used before both proofs are right; not a byte behind the handshake is read by it.
//! - Who calls is judged, and noted as the newest process of its node, only after its proof; a refusal is obeyed, or noted as an
//!   objection that counts, only with the acceptor's. So a stranger, who does not know `requirepass`, ends nobody: not by calling under a
//!   member's id, nor by answering at a member's address (one exception: [`super::identity`]).
//! - A removed node and an older process of a node are told so, and end.
//! - Between two nodes of different clusters nobody can say who is wrong: each notes the other's objection, and ends only if most of the
//!   members that it knows object while it hears no leader (`node/join`). One stray node never ends a healthy one.
//! - A peer of another version is told so, in a frame that has been the same since version 1 and proves nothing; nothing else of what it
//!   says is looked at.
//!
//! Deliberately absent: what comes behind the handshake is neither encrypted nor signed.

mod acceptor;
mod dialer;

use std::time::Duration;

use bytes::Bytes;

pub use acceptor::{Failed, Stranger, accept, turn_away};
pub use dialer::dial;

use super::super::codec::{Decoder, Malformed, put_bytes};
use crate::sys::env::Env;

/// The version of the peer protocol.
pub const VERSION: u16 = 6;
const MAGIC: &[u8] = b"lockstep";
const HELLO: u8 = 200;
const CHALLENGE: u8 = 201;
/// Says why not, and proves nothing.
const REFUSED: u8 = 202;
const PROOF: u8 = 203;
const VERDICT: u8 = 204;
/// Longest frame of the handshake.
const FRAME_LEN_MAX: usize = 4096;
/// A peer that says nothing for this long is given up.
pub const TIMEOUT: Duration = Duration::from_secs(3);

/// A peer whose machine is gone without a word is noticed by probes after so many seconds.
const KEEPALIVE_S: u64 = 10;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Questions and answers.
    Control = 1,
    /// A stream of log entries.
    Append = 2,
    /// A snapshot.
    Snapshot = 3,
    /// Batches for the leader.
    Forward = 4,
    /// A snapshot for the caller, which asks for it.
    State = 5,
    /// Questions to the front end, apart from those that Raft lives on: their answers may be long.
    Front = 6,
}

impl Purpose {
    fn of(byte: u8) -> Result<Self, Malformed> {
        Ok(match byte {
            1 => Self::Control,
            2 => Self::Append,
            3 => Self::Snapshot,
            4 => Self::Forward,
            5 => Self::State,
            6 => Self::Front,
            _ => return Err(Malformed("purpose")),
        })
    }
}

/// Who is on the other side.
#[derive(Clone, Copy, Debug)]
pub struct Hello {
    /// What for.
    pub purpose: Purpose,
    /// Its node id.
    pub node: u64,
    /// Its process.
    pub process: u64,
    /// Its feature level.
    pub level: u32,
}

fn nonce(env: &Env) -> u128 {
    u128::from(env.random()) << 64 | u128::from(env.random())
}

/// Its kind, the reason, and what stands behind them.
fn read_verdict(bytes: Bytes) -> Result<(u8, String, Decoder), Malformed> {
    let mut reader = Decoder::new(bytes);
    Ok((reader.u8()?, reader.text()?, reader))
}

fn verdict(kind: u8, why: &str) -> Bytes {
    let mut verdict = vec![kind];
    put_bytes(&mut verdict, why.as_bytes());
    verdict.into()
}

/// Why a peer is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Its process has to end.
    Expelled(String),
    /// The same, because the node was removed.
    Removed(String),
    /// One of the two is in the wrong place, and nobody knows which.
    Objected(String),
    /// Not now.
    NotNow(String),
}

impl Refused {
    const NOT_NOW: u8 = 0;
    const EXPELLED: u8 = 1;
    const OBJECTED: u8 = 2;
    /// Not refused.
    const NONE: u8 = 3;
    /// The proof was wrong.
    const OTHER_SECRET: u8 = 4;
    const REMOVED: u8 = 5;

    fn parts(self) -> (u8, String) {
        match self {
            Self::NotNow(why) => (Self::NOT_NOW, why),
            Self::Expelled(why) => (Self::EXPELLED, why),
            Self::Removed(why) => (Self::REMOVED, why),
            Self::Objected(why) => (Self::OBJECTED, why),
        }
    }
}

#[cfg(test)]
mod tests;
