//! The handshake of a peer connection: both sides say who they are and prove that they know `requirepass`.
//!
//! Dialer: `Hello`. Acceptor: `Welcome` with its proof, or a refusal with the reason. Dialer: its proof. A proof is
//! HMAC-SHA256 of both nonces, in an order that depends on the side, keyed with the password, so neither side can play the
//! other's proof back.
//!
//! Invariants
//! - Nothing of a connection is used before both proofs are right; not a byte behind the handshake is read by it.
//! - A removed node and an older process of a node are told so, and end.
//! - Between two nodes of different clusters nobody can say who is wrong: each notes the other's objection, and ends only if most of the
//!   members that it knows object while it hears no leader ([`super::seek`]). One stray node never ends a healthy one.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::super::codec::{Malformed, Reader, put_bytes};
use super::frame;
use crate::env::BoxStream;

/// The version of the peer protocol.
pub const VERSION: u16 = 1;
const MAGIC: &[u8] = b"lockstep";
const HELLO: u8 = 200;
const WELCOME: u8 = 201;
const REFUSED: u8 = 202;
const PROOF: u8 = 203;
/// Longest frame of the handshake.
const FRAME_LEN_MAX: usize = 4096;
/// A peer that says nothing for this long is given up.
pub const TIMEOUT: Duration = Duration::from_secs(3);

/// A peer whose machine is gone without a word is noticed by probes after so many seconds.
const KEEPALIVE_S: u64 = 10;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Questions and answers.
    Control = 1,
    /// A stream of log entries.
    Append = 2,
    /// A snapshot.
    Snapshot = 3,
    /// Batches for the leader.
    Forward = 4,
}

impl Purpose {
    fn of(byte: u8) -> Result<Self, Malformed> {
        Ok(match byte {
            1 => Self::Control,
            2 => Self::Append,
            3 => Self::Snapshot,
            4 => Self::Forward,
            _ => return Err(Malformed("purpose")),
        })
    }
}

/// Who a node is.
#[derive(Debug)]
pub struct Identity {
    /// Random id of the cluster.
    pub cluster: u128,
    /// Node id.
    pub node: u64,
    /// Drawn by this process.
    pub process: u64,
    /// The feature level that this binary knows.
    pub level: u32,
    /// `requirepass`.
    pub password: String,
    /// Set when a peer says that this node may not go on: removed, replaced by a newer process, of another cluster.
    pub expelled: parking_lot::Mutex<Option<String>>,
    /// True once [`Self::expelled`] is set.
    pub is_expelled: AtomicBool,
    /// Told when it is.
    pub expelled_wake: tokio::sync::Notify,
    /// Members that would not talk to this node when it last called, and why.
    objections: parking_lot::Mutex<BTreeMap<u64, String>>,
}

impl Identity {
    /// An identity that nobody objects to.
    pub fn new(cluster: u128, node: u64, process: u64, level: u32, password: String) -> Self {
        Self {
            cluster,
            node,
            process,
            level,
            password,
            expelled: parking_lot::Mutex::default(),
            is_expelled: AtomicBool::new(false),
            expelled_wake: tokio::sync::Notify::new(),
            objections: parking_lot::Mutex::default(),
        }
    }

    /// Members that would not talk to this node when it last called, and why.
    pub fn objections(&self) -> BTreeMap<u64, String> {
        self.objections.lock().clone()
    }

    /// Notes why this process has to end.
    pub fn expel(&self, why: &str) {
        let mut expelled = self.expelled.lock();
        if expelled.is_none() {
            *expelled = Some(why.to_owned());
            self.is_expelled.store(true, Ordering::Release);
            self.expelled_wake.notify_one();
        }
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

fn proof(password: &str, side: &[u8], first: u64, second: u64) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(password.as_bytes()) else { return [0; 32] };
    mac.update(side);
    mac.update(&first.to_le_bytes());
    mac.update(&second.to_le_bytes());
    mac.finalize().into_bytes().into()
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

fn invalid(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

/// Opens a connection for a purpose and shakes hands.
///
/// # Errors
/// The network's, or the refusal of the other side.
pub async fn dial(
    env: &crate::env::Env,
    identity: &Identity,
    target: u64,
    addr: &str,
    purpose: Purpose,
) -> io::Result<BoxStream> {
    let shake = async {
        let mut stream = env.net.connect(addr).await?;
        stream.set_keepalive(KEEPALIVE_S);
        let nonce = env.random();
        let mut hello = BytesMut::new();
        hello.put_slice(MAGIC);
        hello.put_u16_le(VERSION);
        hello.put_u8(purpose as u8);
        hello.put_u128_le(identity.cluster);
        hello.put_u64_le(identity.node);
        hello.put_u64_le(identity.process);
        hello.put_u32_le(identity.level);
        hello.put_u64_le(target);
        hello.put_u64_le(nonce);
        frame::write_parts(&mut stream, 0, HELLO, &[hello.freeze()]).await?;
        let reply = frame::read_exactly(&mut stream, FRAME_LEN_MAX).await?;
        let mut reader = Reader::new(reply.body);
        if reply.kind == REFUSED {
            let kind = reader.u8().map_err(invalid)?;
            let why = reader.text().map_err(invalid)?;
            match kind {
                Refused::EXPELLED => identity.expel(&why),
                Refused::OBJECTED => drop(identity.objections.lock().insert(target, why.clone())),
                _ => {}
            }
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        if reply.kind != WELCOME {
            return Err(invalid("unexpected answer to a peer handshake"));
        }
        let theirs = reader.u64().map_err(invalid)?;
        let their_proof = reader.bytes().map_err(invalid)?;
        if !same(&their_proof, &proof(&identity.password, b"acceptor", nonce, theirs)) {
            let why = "the other members have another requirepass: start this node with theirs";
            identity.objections.lock().insert(target, why.to_owned());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        identity.objections.lock().remove(&target);
        let own = Bytes::copy_from_slice(&proof(&identity.password, b"dialer", theirs, nonce));
        frame::write_parts(&mut stream, 0, PROOF, &[own]).await?;
        Ok(stream)
    };
    tokio::time::timeout(TIMEOUT, shake).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Why a peer is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Its process has to end.
    Expelled(String),
    /// One of the two is in the wrong place, and nobody knows which.
    Objected(String),
    /// Not now.
    NotNow(String),
}

impl Refused {
    const NOT_NOW: u8 = 0;
    const EXPELLED: u8 = 1;
    const OBJECTED: u8 = 2;

    fn parts(self) -> (u8, String) {
        match self {
            Self::NotNow(why) => (Self::NOT_NOW, why),
            Self::Expelled(why) => (Self::EXPELLED, why),
            Self::Objected(why) => (Self::OBJECTED, why),
        }
    }
}

/// The acceptor's side. `admit` judges who calls.
///
/// # Errors
/// The network's, or the refusal that was sent.
pub async fn accept(
    env: &crate::env::Env,
    identity: &Identity,
    stream: &mut BoxStream,
    admit: impl FnOnce(&Hello) -> Result<(), Refused>,
) -> io::Result<Hello> {
    stream.set_keepalive(KEEPALIVE_S);
    let shake = async {
        let frame = frame::read_exactly(stream, FRAME_LEN_MAX).await?;
        let (hello, cluster, target, theirs) = read_hello(frame.kind, frame.body).map_err(invalid)?;
        let refusal = if cluster != identity.cluster {
            Some(Refused::Objected(
                "this node belongs to another cluster: start it with the data directory of its own cluster, or remove \
                   the directory and join again"
                    .to_owned(),
            ))
        } else if target != identity.node {
            Some(Refused::NotNow(format!("node {} answers here, not node {target}", identity.node)))
        } else {
            admit(&hello).err()
        };
        if let Some(refused) = refusal {
            let (kind, why) = refused.parts();
            let mut out = vec![kind];
            put_bytes(&mut out, why.as_bytes());
            frame::write_parts(stream, 0, REFUSED, &[out.into()]).await?;
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        let own = env.random();
        let mut welcome = own.to_le_bytes().to_vec();
        put_bytes(&mut welcome, &proof(&identity.password, b"acceptor", theirs, own));
        frame::write_parts(stream, 0, WELCOME, &[welcome.into()]).await?;
        let frame = frame::read_exactly(stream, FRAME_LEN_MAX).await?;
        if frame.kind != PROOF || !same(&frame.body, &proof(&identity.password, b"dialer", own, theirs)) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "a peer with another requirepass"));
        }
        Ok(hello)
    };
    tokio::time::timeout(TIMEOUT, shake).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn read_hello(kind: u8, body: Bytes) -> Result<(Hello, u128, u64, u64), Malformed> {
    if kind != HELLO || body.get(..MAGIC.len()) != Some(MAGIC) {
        return Err(Malformed("peer handshake: this port is for members of the cluster, clients use the other one"));
    }
    let mut reader = Reader::new(body.slice(MAGIC.len()..));
    if reader.u16()? != VERSION {
        return Err(Malformed("peer handshake: another version of the peer protocol"));
    }
    let purpose = Purpose::of(reader.u8()?)?;
    let cluster = u128::from(reader.u64()?) | (u128::from(reader.u64()?) << 64);
    let hello = Hello { purpose, node: reader.u64()?, process: reader.u64()?, level: reader.u32()? };
    let (target, nonce) = (reader.u64()?, reader.u64()?);
    reader.finish()?;
    Ok((hello, cluster, target, nonce))
}
