//! Batches of the leader's own: what it notes of the membership. Their commands are of the first feature level; one of a later level would
//! have to wait until the leader's state has it (`executor/apply.rs`).

use bytes::BytesMut;

use super::BatchWriter;
use crate::protocol::Args;

/// The wish for `node` is refused, and why.
pub fn refuse(node: u64, why: &str) -> BytesMut {
    batch(&[b"raft._refuse", node.to_string().as_bytes(), why.as_bytes()])
}

/// The membership change that was wished for `node` is done: it is removed, or else a voter.
pub fn settle(node: u64, gone: bool) -> BytesMut {
    batch(&[b"raft._settle", node.to_string().as_bytes(), if gone { b"gone" } else { b"promoted" }])
}

fn batch(args: &[&[u8]]) -> BytesMut {
    let mut batch = BatchWriter::new(0, 0, 256);
    batch.plain(0, &Args::from_slices(args));
    batch.finish()
}
