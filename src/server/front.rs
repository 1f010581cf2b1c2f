//! What the nodes' front ends ask each other: CLIENT LIST, KILL and UNBLOCK of the clients that are elsewhere.
//!
//! Invariants
//! - An answer comes within [`OTHERS_WAIT`] or does not count; nothing that Raft lives on waits for it, because these questions have a
//!   connection of their own.
//! - A node that does not answer is left out, and the log says so once until it answers again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes};
use futures::future::BoxFuture;
use parking_lot::Mutex;

use crate::command::context::ClientsAnswer;
use crate::protocol::Args;
use crate::replication::Group;
use crate::replication::codec::{Decoder, Malformed, put_bytes};

/// How long the others have.
const OTHERS_WAIT: Duration = Duration::from_secs(1);
/// Longest answer that is sent; a node with more to say counts as one that does not answer.
const ANSWER_LEN_MAX: usize = 128 << 20;
/// Fewest bytes that an argument, or a line, takes.
const PART_LEN_MIN: usize = 4;

/// Nodes that did not answer the last question.
#[derive(Default)]
pub struct Silent(Mutex<BTreeSet<u64>>);

impl Silent {
    fn note(&self, node: u64, answered: bool) {
        let mut silent = self.0.lock();
        if answered {
            silent.remove(&node);
        } else if silent.insert(node) {
            tracing::warn!(peer = node, "a node does not say who its clients are: CLIENT LIST and KILL leave it out");
        }
    }
}

/// Sends a command about clients on to the other nodes, or to those of them that are named.
pub fn ask_others(
    group: &Arc<Group>,
    silent: &Arc<Silent>,
    nodes: Option<BTreeSet<u64>>,
    args: &Args,
) -> BoxFuture<'static, Vec<ClientsAnswer>> {
    let mut asked = group.fronts();
    asked.retain(|node| nodes.as_ref().is_none_or(|nodes| nodes.contains(node)));
    if asked.is_empty() {
        return Box::pin(async { Vec::new() });
    }
    let (group, silent, question) = (group.clone(), silent.clone(), encode_args(args));
    Box::pin(async move {
        let answers = group.ask_fronts(asked, question, OTHERS_WAIT).await;
        let decoded = answers.into_iter().filter_map(|(node, answer)| {
            let answer = answer.and_then(|answer| decode(answer).ok());
            silent.note(node, answer.is_some());
            answer
        });
        decoded.collect()
    })
}

fn encode_args(args: &Args) -> Bytes {
    let mut out = Vec::with_capacity(args.size() + args.len() * PART_LEN_MIN);
    out.put_u32_le(args.len() as u32);
    args.from(0).for_each(|arg| put_bytes(&mut out, arg));
    out.into()
}

/// The command that another node has sent on.
///
/// # Errors
/// [`Malformed`]
pub fn decode_args(bytes: Bytes) -> Result<Args, Malformed> {
    let mut reader = Decoder::new(bytes);
    let count = count(&mut reader)?;
    let args = (0..count).map(|_| reader.bytes()).collect::<Result<Vec<_>, _>>()?;
    reader.finish()?;
    Ok(Args::from_slices(args))
}

/// An answer to send; None if it is too long.
pub fn encode(answer: &ClientsAnswer) -> Option<Bytes> {
    let mut out = Vec::new();
    out.put_u64_le(answer.reached);
    out.put_u32_le(answer.lines.len() as u32);
    for (id, line) in &answer.lines {
        out.put_u64_le(*id);
        put_bytes(&mut out, line);
        if out.len() > ANSWER_LEN_MAX {
            return None;
        }
    }
    Some(out.into())
}

fn decode(bytes: Bytes) -> Result<ClientsAnswer, Malformed> {
    let mut reader = Decoder::new(bytes);
    let reached = reader.u64()?;
    let count = count(&mut reader)?;
    let lines = (0..count).map(|_| Ok((reader.u64()?, reader.bytes()?))).collect::<Result<Vec<_>, Malformed>>()?;
    reader.finish()?;
    Ok(ClientsAnswer { lines, reached })
}

/// How many parts follow: never more than there is room for.
fn count(reader: &mut Decoder) -> Result<usize, Malformed> {
    let count = reader.u32()? as usize;
    if count > reader.remaining() / PART_LEN_MIN { Err(Malformed("count")) } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers_arrive_as_they_were_sent() {
        for words in [&["CLIENT", "KILL", "ID", "5"][..], &["CLIENT", "LIST", ""], &[]] {
            let args = Args::from_slices(words);
            assert_eq!(decode_args(encode_args(&args)), Ok(args));
        }
        let lines = vec![(1, Bytes::from_static(b"id=1")), (u64::MAX, Bytes::new())];
        for answer in [ClientsAnswer { lines, reached: 3 }, ClientsAnswer::default()] {
            assert_eq!(decode(encode(&answer).unwrap()), Ok(answer));
        }
    }

    #[test]
    fn cut_and_lengthened_ones_are_refused() {
        let answer = encode(&ClientsAnswer { lines: vec![(1, Bytes::from_static(b"id=1"))], reached: 3 }).unwrap();
        let question = encode_args(&Args::from_slices(["CLIENT", "LIST"]));
        for len in 0..answer.len() {
            assert!(decode(answer.slice(..len)).is_err(), "{len}");
        }
        for len in 0..question.len() {
            assert!(decode_args(question.slice(..len)).is_err(), "{len}");
        }
        assert!(decode([&answer[..], b"x"].concat().into()).is_err());
        assert!(decode_args([&question[..], b"x"].concat().into()).is_err());
        // A count takes no memory before its parts have arrived.
        assert!(decode_args(Bytes::from_static(&[255; 4])).is_err());
    }
}
