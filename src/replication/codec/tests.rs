use proptest::prelude::*;

use super::*;

fn encoded(put: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut out = Vec::new();
    put(&mut out);
    Bytes::from(out)
}

fn log_id() -> impl Strategy<Value = LogId> {
    any::<(u64, u64, u64)>()
        .prop_map(|(term, node, index)| LogId { leader_id: CommittedLeaderId::new(term, node), index })
}

fn vote() -> impl Strategy<Value = Vote> {
    any::<(u64, u64, bool)>()
        .prop_map(|(term, node, committed)| Vote { leader_id: CommittedLeaderId::new(term, node), committed })
}

fn membership() -> impl Strategy<Value = Membership> {
    let ids = || prop::collection::btree_set(any::<u64>(), 1..6);
    (prop::collection::vec(ids(), 0..3), ids(), "[a-z0-9.:ü]{0,20}").prop_map(|(configs, learners, addr)| {
        let nodes: BTreeMap<u64, Peer> =
            configs.iter().flatten().chain(&learners).map(|id| (*id, Peer { addr: format!("{addr}:{id}") })).collect();
        Membership::new(configs, nodes).unwrap()
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let payload = prop_oneof![
        Just(EntryPayload::Blank),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| EntryPayload::Normal(Payload(bytes.into()))),
        membership().prop_map(EntryPayload::Membership),
    ];
    (log_id(), payload).prop_map(|(log_id, payload)| Entry { log_id, payload })
}

proptest! {
    #[test]
    fn codec_reads_back_what_it_wrote(
        id in prop::option::of(log_id()), vote in prop::option::of(vote()), members in membership(), entry in entry(),
    ) {
        let meta = SnapshotMeta { last_log_id: id, last_membership: StoredMembership::new(id, members) };
        let mut reader = Decoder::new(encoded(|out| {
            put_log_id_option(out, id.as_ref());
            put_vote_option(out, vote.as_ref());
            put_snapshot_meta(out, &meta);
            put_entry(out, &entry);
        }));
        prop_assert_eq!(reader.log_id_option(), Ok(id));
        prop_assert_eq!(reader.vote_option(), Ok(vote));
        prop_assert_eq!(reader.snapshot_meta(), Ok(meta));
        prop_assert_eq!(reader.entry(), Ok(entry));
        prop_assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_cut_entry_is_refused(entry in entry(), cut in any::<prop::sample::Index>()) {
        let whole = encoded(|out| put_entry(out, &entry));
        let mut reader = Decoder::new(whole.slice(..cut.index(whole.len())));
        prop_assert!(reader.entry().is_err());
    }

    #[test]
    fn garbage_never_panics_and_has_one_encoding(garbage in prop::collection::vec(any::<u8>(), 0..300)) {
        check_garbage(garbage);
    }

    /// Most random bytes fail at once; a damaged entry gets further.
    #[test]
    fn a_damaged_entry_never_panics(entry in entry(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = encoded(|out| put_entry(out, &entry)).to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check_garbage(bytes);
    }
}

fn check_garbage(garbage: Vec<u8>) {
    let garbage = Bytes::from(garbage);
    let mut reader = Decoder::new(garbage.clone());
    if let Ok(entry) = reader.entry() {
        let read = garbage.len() - reader.remaining();
        assert_eq!(encoded(|out| put_entry(out, &entry)), garbage.slice(..read));
    }
    let mut reader = Decoder::new(garbage.clone());
    if let Ok(meta) = reader.snapshot_meta() {
        let read = garbage.len() - reader.remaining();
        assert_eq!(encoded(|out| put_snapshot_meta(out, &meta)), garbage.slice(..read));
    }
    let mut reader = Decoder::new(garbage.clone());
    if let Ok(vote) = reader.vote_option() {
        let read = garbage.len() - reader.remaining();
        assert_eq!(encoded(|out| put_vote_option(out, vote.as_ref())), garbage.slice(..read));
    }
    let _ = Decoder::new(garbage).text();
}

/// Two encodings of one value would let two nodes hold different bytes for the same entry.
#[test]
fn membership_ids_out_of_order_or_twice_are_refused() {
    let membership = |voters: [u64; 2], nodes: [u64; 2]| {
        let mut out = vec![1, 2, 0, 0, 0];
        voters.iter().for_each(|id| out.extend_from_slice(&id.to_le_bytes()));
        out.extend_from_slice(&[2, 0, 0, 0]);
        for id in nodes {
            out.extend_from_slice(&id.to_le_bytes());
            put_bytes(&mut out, b"a:1");
        }
        Decoder::new(out.into()).membership()
    };
    assert!(membership([1, 2], [1, 2]).is_ok());
    for wrong in [[2, 1], [1, 1]] {
        assert_eq!(membership(wrong, [1, 2]), Err(Malformed("membership: order of voters")));
    }
    for wrong in [[2, 1], [1, 1]] {
        assert_eq!(membership([1, 2], wrong), Err(Malformed("membership: order of nodes")));
    }
    assert_eq!(membership([1, 2], [1, 3]), Err(Malformed("membership")), "a voter without an address");
}

#[test]
fn a_length_alone_allocates_nothing() {
    let mut huge_count = vec![1u8];
    huge_count.extend_from_slice(&u32::MAX.to_le_bytes());
    assert!(Decoder::new(huge_count.into()).membership().is_err());
    assert_eq!(Decoder::new(Bytes::from_static(&[0xff; 4])).bytes(), Err(Malformed("message: too short")));
}

#[test]
fn a_joint_membership_keeps_both_sets_and_its_learners() {
    let nodes: BTreeMap<u64, Peer> = (1..=4).map(|id| (id, Peer { addr: format!("host{id}:17101") })).collect();
    let joint = Membership::new(vec![BTreeSet::from([1, 2]), BTreeSet::from([2, 3])], nodes).unwrap();
    let read = Decoder::new(encoded(|out| put_membership(out, &joint))).membership().unwrap();
    assert_eq!(read, joint);
    assert_eq!(read.learner_ids().collect::<Vec<_>>(), [4]);
}

#[test]
fn an_unknown_version_is_refused() {
    let entry =
        Entry { log_id: LogId { leader_id: CommittedLeaderId::new(1, 1), index: 1 }, payload: EntryPayload::Blank };
    let mut bytes = encoded(|out| put_entry(out, &entry)).to_vec();
    bytes[0] = ENTRY_VERSION + 1;
    assert_eq!(Decoder::new(bytes.into()).entry(), Err(Malformed("entry: unknown format version")));
}

/// The format of version 1, byte for byte: logs and peers of later versions must still read it.
#[test]
fn version_1_stays_readable() {
    let bytes = [
        &[1u8][..],
        &[5, 0, 0, 0, 0, 0, 0, 0],
        &[2, 0, 0, 0, 0, 0, 0, 0],
        &[9, 0, 0, 0, 0, 0, 0, 0],
        &[1, 3, 0, 0, 0, b'a', b'b', b'c'],
    ]
    .concat();
    let entry = Decoder::new(bytes.clone().into()).entry().unwrap();
    assert_eq!(entry.log_id, LogId { leader_id: CommittedLeaderId::new(5, 2), index: 9 });
    assert_eq!(entry.payload, EntryPayload::Normal(Payload(Bytes::from_static(b"abc"))));
    assert_eq!(entry_size(&entry), bytes.len());
    assert_eq!(encoded(|out| put_entry(out, &entry)), bytes);
}

#[test]
fn bytes_behind_the_last_field_are_refused() {
    let read = |bytes: &'static [u8]| {
        let mut reader = Decoder::new(Bytes::from_static(bytes));
        reader.u8().and_then(|_| reader.finish())
    };
    assert_eq!(read(&[7]), Ok(()));
    assert!(read(&[7, 0]).is_err());
}
