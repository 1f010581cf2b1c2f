//! Joining a cluster: asks a member as any client would, until it succeeds. And the other direction: RAFT.ADD calls a node that
//! waits.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::OwnedFrame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::sys::env::Env;

/// What a member says to a node that joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Cluster id.
    pub cluster: u128,
    /// The node's id.
    pub node: u64,
    /// Feature level of the state.
    pub level: u32,
    /// (id, peer address) of the members.
    pub peers: Vec<(u64, String)>,
}

/// Most bytes of a member's answer.
const ANSWER_LEN_MAX: usize = 1 << 20;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends commands to a client port, one after the other, and returns the last answer.
async fn ask(env: &Env, addr: &str, commands: &[Vec<String>]) -> io::Result<OwnedFrame> {
    let talk = async {
        let mut stream = env.net.connect(addr).await?;
        let mut last = OwnedFrame::Null;
        let mut buf = BytesMut::new();
        for command in commands {
            let mut out = format!("*{}\r\n", command.len());
            for arg in command {
                out.push_str(&format!("${}\r\n{arg}\r\n", arg.len()));
            }
            stream.write_all(out.as_bytes()).await?;
            last = loop {
                if let Some((frame, len)) = decode(&buf).map_err(io::Error::other)? {
                    drop(buf.split_to(len));
                    break frame;
                }
                if buf.len() > ANSWER_LEN_MAX || stream.read_buf(&mut buf).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            };
            if let OwnedFrame::Error(text) = &last {
                return Err(io::Error::other(text.clone()));
            }
        }
        Ok(last)
    };
    tokio::time::timeout(TIMEOUT, talk).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn with_auth(password: &str, command: Vec<String>) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    if !password.is_empty() {
        commands.push(vec!["AUTH".into(), password.into()]);
    }
    commands.push(command);
    commands
}

/// Asks the member at `addr` for admission once.
///
/// # Errors
/// The network's, or the member's refusal.
pub async fn join(
    env: &Env,
    addr: &str,
    password: &str,
    nonce: u64,
    peer_addr: &str,
    client_addr: &str,
) -> io::Result<Admission> {
    let command = vec!["RAFT.JOIN".into(), nonce.to_string(), peer_addr.into(), client_addr.into()];
    let frame = ask(env, addr, &with_auth(password, command)).await?;
    admission(&frame).ok_or_else(|| io::Error::other("the member's answer cannot be understood"))
}

/// Tells a member where another one is now: with the leader there, so that all know it.
///
/// # Errors
/// The network's, or the refusal: it is no member.
pub async fn moved(env: &Env, addr: &str, password: &str, args: &[String]) -> io::Result<()> {
    let command = std::iter::once("RAFT.MOVED".to_owned()).chain(args.iter().cloned()).collect();
    ask(env, addr, &with_auth(password, command)).await.map(drop)
}

/// Tells the node at `addr`, with or without a leader, where a member is, and learns where others are: (id, peer address).
///
/// # Errors
/// The network's, or the refusal.
pub async fn meet(env: &Env, addr: &str, password: &str, args: &[String]) -> io::Result<Vec<(u64, String)>> {
    let command = std::iter::once("RAFT.MEET".to_owned()).chain(args.iter().cloned()).collect();
    let frame = ask(env, addr, &with_auth(password, command)).await?;
    addresses(&frame).ok_or_else(|| io::Error::other("the member's answer cannot be understood"))
}

/// Ids and addresses, one after the other.
fn addresses(frame: &OwnedFrame) -> Option<Vec<(u64, String)>> {
    let OwnedFrame::Array(members) = frame else { return None };
    members.chunks(2).map(|pair| Some((text(pair.first()?)?.parse().ok()?, text(pair.get(1)?)?))).collect()
}

fn text(frame: &OwnedFrame) -> Option<String> {
    match frame {
        OwnedFrame::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        _ => None,
    }
}

fn admission(frame: &OwnedFrame) -> Option<Admission> {
    let OwnedFrame::Array(items) = frame else { return None };
    Some(Admission {
        cluster: u128::from_str_radix(&text(items.first()?)?, 16).ok()?,
        node: text(items.get(1)?)?.parse().ok()?,
        level: text(items.get(2)?)?.parse().ok()?,
        peers: addresses(items.get(3)?)?,
    })
}

/// Tells a node that waits (`--must-join`) through which member to join.
///
/// # Errors
/// The network's, or the node's refusal.
pub async fn invite(env: &Env, addr: &str, through: &str, password: &str) -> io::Result<()> {
    ask(env, addr, &with_auth(password, vec!["RAFT.INVITE".into(), through.into()])).await.map(drop)
}

/// Waits on the client port until a member invites this node; returns the member's client address. Other commands are
/// told so.
///
/// # Errors
/// The network's.
pub async fn wait_for_invitation(listener: &dyn crate::sys::env::Listener, password: &str) -> io::Result<String> {
    use crate::protocol::parse::{Limits, Parsed, Parser};
    loop {
        let mut stream = listener.accept().await?;
        let (mut parser, mut buf) = (Parser::default(), BytesMut::new());
        let limits = Limits { bulk_len_max: 1024, authenticated: true };
        let mut authenticated = password.is_empty();
        let talk = async {
            loop {
                match parser.next(&mut buf, limits) {
                    Ok(Parsed::Command(args)) if args.is(0, "AUTH") && args.arg(1) == password.as_bytes() => {
                        authenticated = true;
                        stream.write_all(b"+OK\r\n").await?;
                    }
                    Ok(Parsed::Command(args)) if args.is(0, "RAFT.INVITE") && args.len() == 2 && authenticated => {
                        stream.write_all(b"+OK\r\n").await?;
                        return Ok(String::from_utf8_lossy(args.arg(1)).into_owned());
                    }
                    Ok(Parsed::Command(_)) => {
                        stream.write_all(b"-LOADING this node waits to be called by RAFT.ADD\r\n").await?;
                    }
                    Ok(Parsed::Empty) => {}
                    Ok(Parsed::Incomplete) => {
                        if stream.read_buf(&mut buf).await? == 0 {
                            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
                        }
                    }
                    Err(error) => return Err(io::Error::other(error.to_string())),
                }
            }
        };
        if let Ok(Ok(through)) = tokio::time::timeout(TIMEOUT, talk).await {
            return Ok(through);
        }
    }
}
