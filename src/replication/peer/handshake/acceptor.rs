//! The side that has accepted the connection.

use std::fmt;
use std::io;

use bytes::{BufMut, Bytes, BytesMut};

use super::super::super::codec::{Decoder, Malformed};
use super::super::frame;
use super::super::identity::Identity;
use super::super::secret::Prover;
use super::{
    CHALLENGE, FRAME_LEN_MAX, HELLO, Hello, KEEPALIVE_S, MAGIC, PROOF, Purpose, REFUSED, Refused, TIMEOUT, VERDICT,
    VERSION, nonce, verdict,
};
use crate::sys::env::{BoxStream, Env};

/// Why a handshake has brought no peer.
#[derive(Debug)]
pub enum Failed {
    /// The network's: it is gone, or was silent for too long.
    Lost(io::Error),
    /// It knows the secret, and was told why not.
    Refused(String),
    /// It has proven nothing.
    Stranger(Stranger),
}

/// Who does not pass for a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// It does not speak the protocol.
    Speechless,
    /// It speaks this version of it.
    OtherVersion(u16),
    /// Its proof is wrong.
    OtherSecret,
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Speechless => f.write_str("this port is for members of the cluster, clients use the other one"),
            Self::OtherVersion(version) => write!(
                f,
                "a peer speaks version {version} of the peer protocol, this node version {VERSION}: start the same version of \
                 Lockstep on all nodes"
            ),
            Self::OtherSecret => f.write_str("a peer with another requirepass"),
        }
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Stranger(Stranger::Speechless),
            _ => Self::Lost(error),
        }
    }
}

impl From<Malformed> for Failed {
    fn from(_: Malformed) -> Self {
        Self::Stranger(Stranger::Speechless)
    }
}

/// The acceptor's side. `admit` judges who calls. A stranger is not answered: [`turn_away`].
///
/// # Errors
/// Why there is no peer.
pub async fn accept(
    env: &Env,
    identity: &Identity,
    stream: &mut BoxStream,
    admit: impl FnOnce(&Hello) -> Result<(), Refused>,
) -> Result<Hello, Failed> {
    stream.set_keepalive(KEEPALIVE_S);
    let shake = async {
        let frame = frame::read_exactly(stream, FRAME_LEN_MAX).await?;
        let said = frame.body.clone();
        let (hello, cluster, target) = read_hello(frame.kind, frame.body)?;
        let mut challenge = BytesMut::new();
        challenge.put_u64_le(identity.node);
        challenge.put_u128_le(nonce(env));
        let challenge = challenge.freeze();
        frame::write_parts(stream, 0, CHALLENGE, std::slice::from_ref(&challenge)).await?;
        let proof = frame::read_exactly(stream, FRAME_LEN_MAX).await?;
        if proof.kind != PROOF || !identity.secret.is_proof(Prover::Dialer, &[&said, &challenge], &proof.body) {
            return Err(Failed::Stranger(Stranger::OtherSecret));
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
        let mut verdict = BytesMut::from(&*verdict(kind, &why));
        verdict.put_u32_le(identity.level);
        let verdict = verdict.freeze();
        let proof = identity.secret.prove(Prover::Acceptor, &[&said, &challenge, &verdict]);
        frame::write_parts(stream, 0, VERDICT, &[Bytes::copy_from_slice(&proof), verdict]).await?;
        if refusal.is_some() {
            return Err(Failed::Refused(why));
        }
        identity.met();
        identity.note_level(hello.node, hello.level);
        Ok(hello)
    };
    tokio::time::timeout(TIMEOUT, shake).await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// Tells a stranger why it is not let in, as far as that may be a peer's mistake.
///
/// # Errors
/// The network's.
pub async fn turn_away(stream: &mut BoxStream, who: Stranger) -> io::Result<()> {
    let kind = match who {
        Stranger::Speechless => return Ok(()),
        Stranger::OtherVersion(_) => Refused::NOT_NOW,
        Stranger::OtherSecret => Refused::OTHER_SECRET,
    };
    let refusal = [verdict(kind, &who.to_string())];
    tokio::time::timeout(TIMEOUT, frame::write_parts(stream, 0, REFUSED, &refusal))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn read_hello(kind: u8, body: Bytes) -> Result<(Hello, u128, u64), Failed> {
    if kind != HELLO || body.get(..MAGIC.len()) != Some(MAGIC) {
        return Err(Failed::Stranger(Stranger::Speechless));
    }
    let mut reader = Decoder::new(body.slice(MAGIC.len()..));
    let version = reader.u16()?;
    if version != VERSION {
        return Err(Failed::Stranger(Stranger::OtherVersion(version)));
    }
    let purpose = Purpose::of(reader.u8()?)?;
    let cluster = u128::from(reader.u64()?) | (u128::from(reader.u64()?) << 64);
    let hello = Hello { purpose, node: reader.u64()?, process: reader.u64()?, level: reader.u32()? };
    let target = reader.u64()?;
    let _nonce = (reader.u64()?, reader.u64()?);
    reader.finish()?;
    Ok((hello, cluster, target))
}
