//! openraft's entries as the log and the peers hold them: what decodes encodes to the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use lockstep::replication::codec::{Decoder, put_entry};
use lockstep::replication::types::{CommittedLeaderId, Entry, EntryPayload, LogId, Membership, Payload, Peer};
use openraft::vote::RaftLeaderId;

use crate::support::rng::Rng;
use crate::{Target, fuzz};

/// Any one.
pub fn log_id(rng: &mut Rng) -> LogId {
    LogId { leader_id: CommittedLeaderId::new(rng.next(), rng.next()), index: rng.next() }
}

/// Any one.
pub fn entry(rng: &mut Rng) -> Entry {
    let log_id = log_id(rng);
    let payload = match rng.below(3) {
        0 => EntryPayload::Blank,
        1 => {
            let len = rng.below(60);
            EntryPayload::Normal(Payload(rng.bytes(len).into()))
        }
        _ => {
            let voters: BTreeSet<u64> = (0..1 + rng.below(4)).map(|_| rng.next() % 50).collect();
            let peer = |id: &u64| (*id, Peer { addr: format!("127.0.0.1:{id}") });
            let nodes: BTreeMap<u64, Peer> = voters.iter().chain([&77]).map(peer).collect();
            EntryPayload::Membership(Membership::new(vec![voters], nodes).unwrap())
        }
    };
    Entry { log_id, payload }
}

fn valid(rng: &mut Rng) -> Vec<u8> {
    let mut out = Vec::new();
    put_entry(&mut out, &entry(rng));
    out
}

fn read(input: &[u8], _: &mut Rng) -> bool {
    let mut reader = Decoder::new(Bytes::copy_from_slice(input));
    let Ok(entry) = reader.entry() else { return false };
    let taken = input.len() - reader.remaining();
    let mut again = Vec::new();
    put_entry(&mut again, &entry);
    assert_eq!(again, &input[..taken], "{entry:?} has another encoding");
    reader.finish().is_ok()
}

#[test]
fn mutated_raft_entries_never_panic() {
    fuzz(&Target { name: "raft entry", valid, read });
}
