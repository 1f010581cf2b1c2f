//! The handshake of a peer connection: both sides say who they are and prove that they know `requirepass`.
//!
//! Dialer: `Hello`. Acceptor: `Welcome` with its proof. Dialer: its proof. Acceptor: its verdict, proven too: come in, or a refusal with
//! the reason; and the feature level that it knows, as the dialer has said its own in the `Hello`. A proof is HMAC-SHA256, keyed with the password, of what it proves (so neither side can play the other's proof
//! back), the acceptor's nonce, the whole `Hello` with the dialer's nonce, and the verdict; so who stands between the two changes
//! none of it.
//!
//! Invariants
//! - Nothing of a connection is used before both proofs are right; not a byte behind the handshake is read by it.
//! - Who calls is judged, and noted as the newest process of its node, only after its proof; a refusal is obeyed, or noted as an
//!   objection, only with the acceptor's. So a stranger, who does not know `requirepass`, ends nobody: not by calling under a
//!   member's id, nor by answering at a member's address (one exception: [`super::identity`]).
//! - A removed node and an older process of a node are told so, and end.
//! - Between two nodes of different clusters nobody can say who is wrong: each notes the other's objection, and ends only if most of the
//!   members that it knows object while it hears no leader (`node/join`). One stray node never ends a healthy one.

use std::io;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::super::codec::{Malformed, Reader, put_bytes};
use super::frame;
use super::identity::Identity;
use crate::sys::env::BoxStream;

/// The version of the peer protocol.
pub const VERSION: u16 = 4;
const MAGIC: &[u8] = b"lockstep";
const HELLO: u8 = 200;
const WELCOME: u8 = 201;
// 202 was a refusal without a proof, in version 1.
const PROOF: u8 = 203;
const VERDICT: u8 = 204;
const PROOF_LEN: usize = 32;
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
    /// A snapshot for the caller, which asks for it.
    State = 5,
}

impl Purpose {
    fn of(byte: u8) -> Result<Self, Malformed> {
        Ok(match byte {
            1 => Self::Control,
            2 => Self::Append,
            3 => Self::Snapshot,
            4 => Self::Forward,
            5 => Self::State,
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

/// What both sides have said when they begin to prove something.
struct Said<'a> {
    password: &'a str,
    hello: Bytes,
    /// The acceptor's; the dialer's is in its `Hello`.
    nonce: u64,
}

/// What a proof is for.
const BY_ACCEPTOR: u8 = b'a';
const BY_DIALER: u8 = b'd';
const OF_VERDICT: u8 = b'v';

impl Said<'_> {
    fn proof(&self, what: u8, body: &[u8]) -> [u8; PROOF_LEN] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.password.as_bytes()) else { return [0; PROOF_LEN] };
        mac.update(&[what]);
        mac.update(&self.nonce.to_le_bytes());
        mac.update(&(self.hello.len() as u64).to_le_bytes());
        mac.update(&self.hello);
        mac.update(body);
        mac.finalize().into_bytes().into()
    }
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
    env: &crate::sys::env::Env,
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
        let hello = hello.freeze();
        frame::write_parts(&mut stream, 0, HELLO, std::slice::from_ref(&hello)).await?;
        let welcome = frame::read_exactly(&mut stream, FRAME_LEN_MAX).await?;
        if welcome.kind != WELCOME {
            return Err(invalid("unexpected answer to a peer handshake"));
        }
        let mut reader = Reader::new(welcome.body);
        let said = Said { password: &identity.password, hello, nonce: reader.u64().map_err(invalid)? };
        if !same(&reader.bytes().map_err(invalid)?, &said.proof(BY_ACCEPTOR, &[])) {
            let why = "the other members have another requirepass: start this node with theirs";
            identity.object(target, why, false);
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        let own = Bytes::copy_from_slice(&said.proof(BY_DIALER, &[]));
        frame::write_parts(&mut stream, 0, PROOF, &[own]).await?;
        let verdict = frame::read_exactly(&mut stream, FRAME_LEN_MAX).await?;
        let (proof, verdict) = match verdict.body.split_at_checked(PROOF_LEN) {
            Some(parts) if verdict.kind == VERDICT => parts,
            _ => return Err(invalid("unexpected end of a peer handshake")),
        };
        if !same(proof, &said.proof(OF_VERDICT, verdict)) {
            return Err(invalid("the verdict of a peer handshake is not proven"));
        }
        let mut reader = Reader::new(Bytes::copy_from_slice(verdict));
        let kind = reader.u8().map_err(invalid)?;
        let why = reader.text().map_err(invalid)?;
        let level = reader.u32().map_err(invalid)?;
        match kind {
            Refused::NONE => {}
            Refused::EXPELLED => identity.expel(&why),
            Refused::OBJECTED => identity.object(target, &why, true),
            _ => {}
        }
        if kind != Refused::NONE {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        identity.welcomed_by(target);
        identity.note_level(target, level);
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
    /// Not refused.
    const NONE: u8 = 3;

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
    env: &crate::sys::env::Env,
    identity: &Identity,
    stream: &mut BoxStream,
    admit: impl FnOnce(&Hello) -> Result<(), Refused>,
) -> io::Result<Hello> {
    stream.set_keepalive(KEEPALIVE_S);
    let shake = async {
        let frame = frame::read_exactly(stream, FRAME_LEN_MAX).await?;
        let bytes = frame.body.clone();
        let (hello, cluster, target) = read_hello(frame.kind, frame.body).map_err(invalid)?;
        let said = Said { password: &identity.password, hello: bytes, nonce: env.random() };
        let mut welcome = said.nonce.to_le_bytes().to_vec();
        put_bytes(&mut welcome, &said.proof(BY_ACCEPTOR, &[]));
        frame::write_parts(stream, 0, WELCOME, &[welcome.into()]).await?;
        let frame = frame::read_exactly(stream, FRAME_LEN_MAX).await?;
        if frame.kind != PROOF || !same(&frame.body, &said.proof(BY_DIALER, &[])) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "a peer with another requirepass"));
        }
        // Another target before all else: a `Hello` that was passed on to somebody else is none to be judged.
        let refusal = if target != identity.node {
            Some(Refused::NotNow(format!("node {} answers here, not node {target}", identity.node)))
        } else if cluster != identity.cluster {
            Some(Refused::Objected(
                "this node belongs to another cluster: start it with the data directory of its own cluster, or remove \
                   the directory and join again"
                    .to_owned(),
            ))
        } else {
            admit(&hello).err()
        };
        let (kind, why) = refusal.clone().map_or((Refused::NONE, String::new()), Refused::parts);
        let mut verdict = vec![kind];
        put_bytes(&mut verdict, why.as_bytes());
        verdict.put_u32_le(identity.level);
        let proof = Bytes::copy_from_slice(&said.proof(OF_VERDICT, &verdict));
        frame::write_parts(stream, 0, VERDICT, &[proof, verdict.into()]).await?;
        if refusal.is_some() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        identity.met();
        identity.note_level(hello.node, hello.level);
        Ok(hello)
    };
    tokio::time::timeout(TIMEOUT, shake).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn read_hello(kind: u8, body: Bytes) -> Result<(Hello, u128, u64), Malformed> {
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
    let (target, _nonce) = (reader.u64()?, reader.u64()?);
    reader.finish()?;
    Ok((hello, cluster, target))
}

#[cfg(test)]
mod tests;
