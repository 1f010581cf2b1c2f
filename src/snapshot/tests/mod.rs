//! Tests of the snapshot format, and what they share: states made through transactions, and their comparison.

mod crash;
mod damage;
mod directory;
mod disk;
mod fixture;
mod fuzz;
mod round_trip;

use bytes::Bytes;
use proptest::prelude::*;

use super::write::write_chunked;
use super::{Meta, SnapshotError, SnapshotReader};
use crate::protocol::Reply;
use crate::store::{
    Changed, Create, Creations, DATABASES, Deadline, Delivery, Effects, Entry, Group, Hash, Horizon, Library,
    LibraryFunction, List, Loaded, Mark, ONCE_REPLY_MAX, OnceReply, Options, ProducerTerms, Rng, SHARDS, ScriptFlags,
    Set, SetForm, State, Str, Stream, StreamId, StreamLimits, Txn, Value, View, Wish, ZSet, reply_form,
};

/// One step of building a state.
#[derive(Clone, Debug)]
enum Op {
    Set { db: usize, key: Vec<u8>, len: usize, ttl_ms: Option<u64> },
    Make { db: usize, key: Vec<u8>, len: usize, ttl_ms: Option<u64> },
    Append { db: usize, key: Vec<u8>, len: usize },
    Sum { db: usize, key: Vec<u8>, sum: i64 },
    SetHash { db: usize, key: Vec<u8>, large: bool, fields: u8 },
    SetTimedHash { db: usize, key: Vec<u8>, large: bool, fields: u8 },
    SetZSet { db: usize, key: Vec<u8>, large: bool, members: u8 },
    SetList { db: usize, key: Vec<u8>, large: bool, elements: u8 },
    SetSet { db: usize, key: Vec<u8>, form: SetForm, members: u8 },
    SetStream { db: usize, key: Vec<u8>, entries: u8, groups: u8 },
    Ttl { db: usize, key: Vec<u8>, ttl_ms: Option<u64> },
    Remove { db: usize, key: Vec<u8> },
    Flush { db: usize },
    Swap { a: usize, b: usize },
    Wait { ms: u64 },
    Script { body: Vec<u8> },
    Library { name: String, functions: u8, description: Option<Vec<u8>> },
    Once { id: Vec<u8>, len: Option<usize>, keep_ms: u64 },
    Boot { node: u64, nonce: u64 },
    Batch { node: u64 },
    Option { which: usize, value: u64 },
    Join { nonce: u64, promote: bool },
    Invite { learner: bool },
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (0u8..40).prop_map(|n| format!("key:{n}").into_bytes()),
        4 => (0u8..40).prop_map(|n| format!("{{one slot}}{n}").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let db = prop_oneof![4 => Just(0usize), 1 => 0..DATABASES];
    let len = prop_oneof![8 => 0usize..70, 1 => 4000usize..9000];
    let ttl = || prop::option::of(1u64..5000);
    prop_oneof![
        8 => (db.clone(), key(), len.clone(), ttl())
            .prop_map(|(db, key, len, ttl_ms)| Op::Set { db, key, len, ttl_ms }),
        3 => (db.clone(), key(), len.clone(), ttl())
            .prop_map(|(db, key, len, ttl_ms)| Op::Make { db, key, len, ttl_ms }),
        3 => (db.clone(), key(), len).prop_map(|(db, key, len)| Op::Append { db, key, len }),
        2 => (db.clone(), key(), any::<i64>()).prop_map(|(db, key, sum)| Op::Sum { db, key, sum }),
        4 => (db.clone(), key(), any::<bool>(), 1u8..200)
            .prop_map(|(db, key, large, fields)| Op::SetHash { db, key, large, fields }),
        2 => (db.clone(), key(), any::<bool>(), 1..200u8)
            .prop_map(|(db, key, large, fields)| Op::SetTimedHash { db, key, large, fields }),
        4 => (db.clone(), key(), any::<bool>(), 1u8..200)
            .prop_map(|(db, key, large, members)| Op::SetZSet { db, key, large, members }),
        3 => (db.clone(), key(), any::<bool>(), 1u8..200)
            .prop_map(|(db, key, large, elements)| Op::SetList { db, key, large, elements }),
        3 => (db.clone(), key(), form(), 1u8..200)
            .prop_map(|(db, key, form, members)| Op::SetSet { db, key, form, members }),
        3 => (db.clone(), key(), any::<u8>(), 0u8..4)
            .prop_map(|(db, key, entries, groups)| Op::SetStream { db, key, entries, groups }),
        3 => (db.clone(), key(), ttl()).prop_map(|(db, key, ttl_ms)| Op::Ttl { db, key, ttl_ms }),
        3 => (db.clone(), key()).prop_map(|(db, key)| Op::Remove { db, key }),
        1 => (8..DATABASES).prop_map(|db| Op::Flush { db }),
        1 => (0..DATABASES, 0..DATABASES).prop_map(|(a, b)| Op::Swap { a, b }),
        2 => (0u64..300).prop_map(|ms| Op::Wait { ms }),
        1 => prop::collection::vec(any::<u8>(), 0..50).prop_map(|body| Op::Script { body }),
        1 => ("[a-z]{1,3}", 1u8..4, prop::option::of(prop::collection::vec(any::<u8>(), 0..50)))
            .prop_map(|(name, functions, description)| Op::Library { name, functions, description }),
        2 => (key(), prop::option::of(0usize..3000), 0u64..400)
            .prop_map(|(id, len, keep_ms)| Op::Once { id, len, keep_ms }),
        1 => (1u64..4, any::<u64>()).prop_map(|(node, nonce)| Op::Boot { node, nonce }),
        1 => (1u64..4).prop_map(|node| Op::Batch { node }),
        1 => (0..Options::NAMES.len(), any::<u64>()).prop_map(|(which, value)| Op::Option { which, value }),
        1 => (any::<u64>(), any::<bool>()).prop_map(|(nonce, promote)| Op::Join { nonce, promote }),
        1 => any::<bool>().prop_map(|learner| Op::Invite { learner }),
    ]
}

/// A created cluster with nothing in it, at a time in 2026.
fn created() -> State {
    let mut state = State::default();
    state.advance_clock(1_790_000_000_000);
    state.raise_revision(1_500_000_000_000);
    state.cluster.id = 0x0123_4567_89ab_cdef_0011_2233_4455_6677;
    state.cluster.level = 3;
    state
}

fn apply(state: &mut State, index: u64, op: &Op) {
    let mut effects = Effects::default();
    let now_ms = state.now_ms();
    match op {
        Op::Wait { ms } => {
            state.advance_clock(now_ms + ms);
            state.sweep(10, &mut effects);
        }
        Op::Script { body } => {
            let name = format!("{:040x}", xxhash_rust::xxh3::xxh3_64(body));
            let (name, body) = (name.as_bytes().try_into().unwrap(), Bytes::from(body.clone()));
            if index.is_multiple_of(2) {
                state.scripts.give(name, &body, 2000);
            } else {
                state.scripts.load(name, &body, 5000).ok();
            }
        }
        Op::Library { name, functions, description } => {
            let function = |i: u8| LibraryFunction {
                name: format!("{name}_{i}").into(),
                description: description.clone().map(Bytes::from),
                flags: ScriptFlags::from_bits_truncate(i),
            };
            let library = Library {
                name: Bytes::copy_from_slice(name.as_bytes()),
                code: Bytes::copy_from_slice(name.as_bytes()),
                functions: (0..*functions).map(function).collect(),
                budget: index,
                memory: 1,
                units: 2,
                bytes: 1 << 40,
                loaded: Loaded::default(),
            };
            state.libraries.add(library, true).unwrap();
        }
        Op::Once { id, len, keep_ms } => {
            let form = len.and_then(|len| reply_form::write(&Reply::bulk(vec![7; len]), ONCE_REPLY_MAX));
            state.once.insert(id, OnceReply { command: u128::from(index) << 60, form, deadline_ms: now_ms + keep_ms });
        }
        Op::Boot { node, nonce } => {
            state.origins.boot(index, *node, *nonce);
        }
        Op::Batch { node } => {
            let of_node = state.origins.of_node(*node).map(|(id, boot)| (id, boot.last_seq));
            if let Some((id, seq)) = of_node {
                assert!(state.origins.accept(id, seq + 1));
            }
        }
        Op::Option { which, value } => assert!(state.options.set(Options::NAMES[*which], *value)),
        Op::Join { nonce, promote } => {
            let node = state.cluster.join(*nonce, &format!("peer:{nonce}"), "client:1");
            state.cluster.wish(node, if *promote { Wish::Promote } else { Wish::Remove });
        }
        Op::Invite { learner } => {
            state.cluster.invited.insert(format!("client:{}", index % 3), *learner);
        }
        Op::Set { db, .. }
        | Op::Make { db, .. }
        | Op::Append { db, .. }
        | Op::Sum { db, .. }
        | Op::SetHash { db, .. }
        | Op::SetTimedHash { db, .. }
        | Op::SetZSet { db, .. }
        | Op::SetList { db, .. }
        | Op::SetSet { db, .. }
        | Op::SetStream { db, .. }
        | Op::Ttl { db, .. }
        | Op::Remove { db, .. }
        | Op::Flush { db }
        | Op::Swap { a: db, .. } => write_keys(&mut state.txn(*db, Rng::of_command(index, 0), &mut effects), op),
    }
    state.digest.finish(index);
}

fn write_keys(txn: &mut Txn<'_>, op: &Op) {
    let seed = txn.random();
    let now_ms = txn.now_ms();
    let text = |len: usize| if seed.is_multiple_of(5) { seed.to_string().into_bytes() } else { vec![seed as u8; len] };
    match op {
        Op::Set { key, len, ttl_ms, .. } => {
            let deadline = ttl_ms.map_or(Deadline::Keep, |ttl_ms| Deadline::At(now_ms + ttl_ms));
            txn.set(key, Str::new(&text(*len)).into(), deadline);
        }
        Op::Make { key, len, ttl_ms, .. } => {
            txn.make(key, Str::new(&text(*len)), Deadline::from(ttl_ms.map(|ttl_ms| now_ms + ttl_ms)));
        }
        Op::Append { key, len, .. } => {
            let _ = txn.edit(key, Create::Yes, |s: &mut Str| {
                s.edit(|bytes| bytes.extend_from_slice(&text(*len)));
                Ok(((), Changed(true)))
            });
        }
        Op::Sum { key, sum, .. } => {
            txn.set(key, Str::text(sum.to_string().as_bytes()).into(), Deadline::Clear);
        }
        Op::SetHash { key, large, fields, .. } => {
            txn.set(key, hash(*large, u64::from(*fields), seed).into(), Deadline::Clear);
        }
        Op::SetTimedHash { key, large, fields, .. } => {
            txn.set(key, timed_hash(*large, u64::from(*fields), seed, now_ms).into(), Deadline::Clear);
        }
        Op::SetZSet { key, large, members, .. } => {
            txn.set(key, zset(*large, u64::from(*members), seed).into(), Deadline::Clear);
        }
        Op::SetList { key, large, elements, .. } => {
            txn.set(key, list(*large, usize::from(*elements), seed).into(), Deadline::Clear);
        }
        Op::SetSet { key, form, members, .. } => {
            txn.set(key, set(*form, u64::from(*members), seed).into(), Deadline::Clear);
        }
        Op::SetStream { key, entries, groups, .. } => {
            txn.set(key, stream(u64::from(*entries), *groups, seed).into(), Deadline::Clear);
        }
        Op::Ttl { key, ttl_ms, .. } => {
            txn.set_deadline(key, ttl_ms.map(|ttl_ms| now_ms + ttl_ms));
        }
        Op::Remove { key, .. } => {
            txn.remove(key);
        }
        Op::Flush { db } => txn.flush([*db]),
        Op::Swap { a, b } => txn.swap(*a, *b),
        _ => unreachable!("not of keys"),
    }
}

/// A hash whose small form is in an order of its own.
fn hash(large: bool, fields: u64, seed: u64) -> Hash {
    // An odd factor gives each of them another number.
    let name = |n: u64| n.wrapping_mul(seed | 1).to_string().into_bytes();
    Hash::from_parts(large, (0..fields).map(|n| (name(n), vec![n as u8; (n % 80) as usize])))
}

/// The same with ends.
fn timed_hash(large: bool, fields: u64, seed: u64, now_ms: u64) -> Hash {
    let name = |n: u64| n.wrapping_mul(seed | 1).to_string().into_bytes();
    let mut hash = hash(large, fields, seed);
    // Some have ends; one of three has had some.
    let may_end = (0..fields).filter(|n| !seed.is_multiple_of(3) && (seed >> (n % 32)).is_multiple_of(2));
    may_end.for_each(|n| hash.set_end(&name(n), Some(now_ms + n * 7 % 50)));
    if seed % 3 == 1 {
        (0..fields).for_each(|n| hash.set_end(&name(n), None));
    }
    hash
}

/// A sorted set with scores of all forms, several members of one, and -0 in a large one.
fn zset(large: bool, members: u64, seed: u64) -> ZSet {
    let name = |n: u64| n.wrapping_mul(seed | 1).to_string().into_bytes();
    let score = |n: u64| match n % 7 {
        0 => n as f64 / 10.0,
        1 => -(n as f64),
        2 => f64::INFINITY,
        3 => -0.0,
        4 => (seed % (1 << 53)) as f64,
        5 => 0.5 + n as f64,
        _ => f64::NEG_INFINITY,
    };
    let mut elements: Vec<_> = (0..members).map(|n| (name(n), score(n))).collect();
    elements.sort_by(|a, b| a.1.partial_cmp(&b.1).unwrap().then_with(|| a.0.cmp(&b.0)));
    ZSet::from_parts(large, &elements).unwrap()
}

/// A list; a large one has nodes of several lengths.
fn list(large: bool, elements: usize, seed: u64) -> List {
    let element = |n: usize| vec![(seed as u8).wrapping_add(n as u8); n % 70];
    let all: Vec<Vec<u8>> = (0..elements).map(element).collect();
    if large { List::large(all.chunk_by(|a, b| a.len() % 13 <= b.len() % 13)) } else { List::small(all) }
}

fn form() -> impl Strategy<Value = SetForm> {
    prop_oneof![Just(SetForm::Ints), Just(SetForm::Small), Just(SetForm::Large)]
}

/// A set; a small one is in an order of its own.
fn set(form: SetForm, members: u64, seed: u64) -> Set {
    let step = (seed >> 40) as i64 + 1;
    let name = |n: u64| match form {
        SetForm::Ints => ((n as i64 - 3) * step).to_string().into_bytes(),
        _ => n.wrapping_mul(seed | 1).to_string().into_bytes(),
    };
    Set::from_parts(form, (0..members).map(name)).unwrap()
}

/// A stream in several chunks, some of whose entries are gone, with groups that have read some of it.
fn stream(entries: u64, groups: u8, seed: u64) -> Stream {
    let mut stream = Stream::default();
    let limits = StreamLimits { bytes_max: 300, entries_max: 9 };
    let id = |n: u64| StreamId::new((seed >> 8) + n / 3 * (seed % 500), n);
    for n in 1..=entries {
        let value = vec![n as u8; (n % 40) as usize];
        let name: &[u8] = if n % 5 == 0 { b"other" } else { b"name" };
        stream.add(id(n), &[(name, &value), (b"more", b"")], limits);
    }
    (1..=entries).filter(|n| n % 4 == seed % 4).for_each(|n| assert!(stream.remove(id(n))));
    for group in 0..groups {
        let mut made = Group::new(id(entries / 2), (group % 2 == 0).then_some(seed as i64));
        for (n, consumer) in (1..entries / 2).zip([&b"one"[..], b"two", b"two", b""].into_iter().cycle()) {
            made.see(consumer, n);
            let delivery = Delivery { at_ms: seed >> 3, deliveries: n };
            made.assign(id(n), consumer, delivery, seed);
        }
        made.see(b"idle", 5);
        assert!(stream.add_group(&[b'g', group], made));
    }
    // Those of the file that is kept have none.
    let knows = groups.is_multiple_of(3);
    if knows && !seed.is_multiple_of(3) {
        stream.set_producer_terms(ProducerTerms { duration_s: 1 + seed % 86_400, ids_max: 2 + seed % 5 });
    }
    for n in (1..=entries).filter(|_| knows && seed % 3 == 2) {
        stream.note_sent(&[b'p'; 3][..1 + n as usize % 3], &(n / 2).to_le_bytes(), id(n), n);
        stream.note_duplicate();
    }
    stream
}

fn build(ops: &[Op]) -> State {
    let mut state = created();
    for (index, op) in ops.iter().enumerate() {
        apply(&mut state, index as u64 + 1, op);
    }
    state.validate().unwrap();
    state
}

/// An option's place among all.
fn option(name: &str) -> usize {
    Options::NAMES.iter().position(|present| *present == name).unwrap()
}

/// A state with something of everything, the same at each call.
fn sample() -> State {
    build(&[sample_2(), added_by_3()].concat())
}

/// What it has that files of version 2 and before do not know.
fn added_by_3() -> Vec<Op> {
    vec![
        Op::SetZSet { db: 0, key: b"small zset".to_vec(), large: false, members: 9 },
        Op::SetZSet { db: 0, key: b"large zset".to_vec(), large: true, members: 80 },
        Op::SetList { db: 0, key: b"small list".to_vec(), large: false, elements: 6 },
        Op::SetList { db: 0, key: b"large list".to_vec(), large: true, elements: 90 },
        Op::SetSet { db: 0, key: b"integers".to_vec(), form: SetForm::Ints, members: 7 },
        Op::SetSet { db: 0, key: b"small set".to_vec(), form: SetForm::Small, members: 7 },
        Op::SetSet { db: 0, key: b"large set".to_vec(), form: SetForm::Large, members: 7 },
        Op::SetStream { db: 0, key: b"stream".to_vec(), entries: 60, groups: 2 },
        Op::SetStream { db: 0, key: b"empty stream".to_vec(), entries: 0, groups: 1 },
    ]
}

/// The steps to what files of version 2 have.
fn sample_2() -> Vec<Op> {
    let key = |n: u32| format!("key:{n}").into_bytes();
    let mut ops = vec![
        Op::Boot { node: 1, nonce: 77 },
        Op::Batch { node: 1 },
        Op::Invite { learner: true },
        Op::Join { nonce: 5, promote: true },
        Op::Join { nonce: 6, promote: false },
        Op::Invite { learner: false },
        Op::Script { body: b"return 1".to_vec() },
        Op::Option { which: option("proto-max-bulk-len"), value: 1 << 40 },
        Op::Swap { a: 3, b: 4 },
        Op::SetHash { db: 0, key: b"small".to_vec(), large: false, fields: 5 },
        Op::SetHash { db: 0, key: b"large".to_vec(), large: true, fields: 9 },
        Op::Append { db: 0, key: b"edited".to_vec(), len: 3 },
        Op::Set { db: 0, key: b"long".to_vec(), len: 5000, ttl_ms: None },
        Op::Set { db: 15, key: Vec::new(), len: 0, ttl_ms: Some(9) },
    ];
    ops.extend((0..20).map(|n| Op::Set { db: 0, key: key(n), len: n as usize, ttl_ms: (n % 3 == 0).then_some(70) }));
    ops
}

fn meta_of(state: &State) -> Meta {
    Meta::of(state, 0, 4711, 7, b"opaque".to_vec())
}

fn bytes_of(state: &State, chunk_len_max: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let summary = write_chunked(state, &meta_of(state), &mut bytes, chunk_len_max).unwrap();
    assert_eq!(summary.bytes, bytes.len() as u64);
    bytes
}

fn read(bytes: &[u8]) -> Result<(Meta, State), SnapshotError> {
    SnapshotReader::new(bytes, "n1/snap")?.read_state()
}

fn view(state: &State) -> View<'_> {
    let now_ms = state.now_ms();
    View::new(state, 0, Horizon { applied_ms: now_ms, estimate_ms: now_ms }, Rng::new(1))
}

/// All that a snapshot has to keep of an entry.
fn entry_parts(entry: &Entry) -> (&[u8], u64, Option<u64>, &'static str, &Value, String) {
    let form = format!("{:?}, made by NX: {}", entry.value(), entry.is_made_by_nx());
    (entry.key(), entry.revision(), entry.deadline_ms(), entry.value().encoding(), entry.value(), form)
}

fn assert_same(a: &State, b: &State) {
    assert_eq!((a.revision(), a.now_ms(), a.digest.value()), (b.revision(), b.now_ms(), b.digest.value()));
    assert!(a.creations() == b.creations(), "creations");
    assert_eq!(a.origins, b.origins);
    assert_eq!(a.waiters().last_ticket(), b.waiters().last_ticket());
    assert!(a.waiters().iter().eq(b.waiters().iter()), "waiters");
    assert_eq!(a.sessions(), b.sessions());
    assert!(a.subscriptions().iter().eq(b.subscriptions().iter()), "subscriptions");
    assert!(a.lock_history().iter().eq(b.lock_history().iter()), "events of locks");
    assert_eq!(a.scripts, b.scripts);
    assert_eq!(a.libraries, b.libraries);
    assert!(a.once.iter().eq(b.once.iter()), "replies of ONCE");
    assert_eq!(a.once.bytes(), b.once.bytes());
    assert_eq!(a.users, b.users);
    assert_eq!(a.options, b.options);
    assert_eq!(a.cluster, b.cluster);
    for index in 0..DATABASES {
        let (a, b) = (a.db(index), b.db(index));
        assert_eq!((a.len(), a.floor()), (b.len(), b.floor()), "database {index}");
        if a.is_empty() {
            continue;
        }
        for shard in 0..SHARDS {
            let (a, b) = (a.shard_in_order(shard), b.shard_in_order(shard));
            assert_eq!(a.len(), b.len());
            for (a, b) in a.into_iter().zip(b) {
                assert_eq!(entry_parts(a), entry_parts(b));
            }
        }
    }
}

/// Offsets of the chunks of a file.
fn chunk_offsets(bytes: &[u8]) -> Vec<usize> {
    let mut offsets = Vec::new();
    let mut at = super::chunk::FILE_HEADER_LEN;
    while at < bytes.len() {
        offsets.push(at);
        let len = u32::from_le_bytes(bytes[at + 5..at + 9].try_into().unwrap()) as usize;
        at += super::chunk::CHUNK_HEADER_LEN + len;
    }
    offsets
}
