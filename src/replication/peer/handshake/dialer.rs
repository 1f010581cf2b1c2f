//! The side that has connected.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};

use super::super::frame;
use super::super::identity::{Grounds, Identity};
use super::super::secret::{PROOF_LEN, Prover};
use super::{
    CHALLENGE, FRAME_LEN_MAX, HELLO, KEEPALIVE_S, MAGIC, PROOF, Purpose, REFUSED, Refused, TIMEOUT, VERDICT, VERSION,
    nonce, read_verdict,
};
use crate::sys::env::{BoxStream, Env};

fn invalid(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

/// Opens a connection for a purpose and shakes hands.
///
/// # Errors
/// The network's, or the refusal of the other side.
pub async fn dial(env: &Env, identity: &Identity, target: u64, addr: &str, purpose: Purpose) -> io::Result<BoxStream> {
    let shake = async {
        let mut stream = env.net.connect(addr).await?;
        stream.set_keepalive(KEEPALIVE_S);
        let hello = hello(env, identity, target, purpose);
        frame::write_parts(&mut stream, 0, HELLO, std::slice::from_ref(&hello)).await?;
        let challenge = heard(identity, target, CHALLENGE, &mut stream).await?;
        let own = identity.secret.prove(Prover::Dialer, &[&hello, &challenge]);
        frame::write_parts(&mut stream, 0, PROOF, &[Bytes::copy_from_slice(&own)]).await?;
        let mut verdict = heard(identity, target, VERDICT, &mut stream).await?;
        if verdict.len() < PROOF_LEN {
            return Err(invalid("unexpected end of a peer handshake"));
        }
        let proof = verdict.split_to(PROOF_LEN);
        if !identity.secret.is_proof(Prover::Acceptor, &[&hello, &challenge, &verdict], &proof) {
            return Err(invalid("the verdict of a peer handshake is not proven"));
        }
        let (kind, why, mut rest) = read_verdict(verdict).map_err(invalid)?;
        let level = rest.u32().map_err(invalid)?;
        match kind {
            Refused::NONE => {}
            Refused::EXPELLED => identity.expel(&why),
            Refused::REMOVED => identity.removed(&why),
            Refused::OBJECTED => identity.object(target, &why, Grounds::Proven),
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

fn hello(env: &Env, identity: &Identity, target: u64, purpose: Purpose) -> Bytes {
    let mut hello = BytesMut::new();
    hello.put_slice(MAGIC);
    hello.put_u16_le(VERSION);
    hello.put_u8(purpose as u8);
    hello.put_u128_le(identity.cluster);
    hello.put_u64_le(identity.node);
    hello.put_u64_le(identity.process);
    hello.put_u32_le(identity.level);
    hello.put_u64_le(target);
    hello.put_u128_le(nonce(env));
    hello.freeze()
}

/// What the acceptor says; an error if it is not `kind`.
async fn heard(identity: &Identity, target: u64, kind: u8, stream: &mut BoxStream) -> io::Result<Bytes> {
    let frame = frame::read_exactly(stream, FRAME_LEN_MAX).await.map_err(|error| match error.kind() {
        // As versions before 5 do it.
        io::ErrorKind::UnexpectedEof => {
            io::Error::new(error.kind(), "it hung up in the handshake: is it an older version?")
        }
        _ => error,
    })?;
    if frame.kind == REFUSED {
        let (kind, why, _) = read_verdict(frame.body).map_err(invalid)?;
        let (why, grounds) = match kind {
            Refused::OTHER_SECRET => (OTHER_SECRET.to_owned(), Grounds::OtherSecret),
            _ => (why, Grounds::Word),
        };
        identity.object(target, &why, grounds);
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    if frame.kind != kind {
        return Err(invalid("unexpected answer in a peer handshake"));
    }
    Ok(frame.body)
}

const OTHER_SECRET: &str = "the other members have another requirepass: start this node with theirs";
