//! Streams that are dumped are restored with all that they are, and what contradicts itself is refused.

use proptest::prelude::*;

use super::listpack::Writer;
use super::*;
use crate::store::{Delivery, Group, StreamId, StreamLimits, ValueType};

fn read(payload: &[u8]) -> Option<Stream> {
    let options = Options::default();
    restore(payload, Limits::new(&options)).map(|value| Stream::of(&value).unwrap().clone())
}

/// All that a payload of a stream tells, piece by piece.
#[derive(Clone)]
struct Told {
    kind: u8,
    /// Ids, and the elements of listpacks.
    chunks: Vec<(Vec<u8>, String)>,
    /// Number of entries, last id, first id, largest removed one, entries added.
    head: [u64; 8],
    groups: Vec<ToldGroup>,
}

#[derive(Clone)]
struct ToldGroup {
    name: &'static str,
    read: u64,
    pending: Vec<(u64, u64)>,
    /// Names, times of what they asked and what they got, and ids.
    consumers: Vec<(&'static str, u64, u64, Vec<u64>)>,
}

/// An id n-0.
fn id(ms: u64) -> Vec<u8> {
    [ms.to_be_bytes(), [0; 8]].concat()
}

impl Told {
    fn good(kind: u8) -> Self {
        let of_first = "2 1 2 a b 0 2 0 0 1 x 5 3 1 0 2 y 5 0 2 0 1 c zz 6";
        let of_second = "1 0 1 a 0 2 0 0 1 4";
        let consumers = vec![("al", 70, 60, vec![5, 7]), ("bo", 80, u64::MAX, vec![])];
        let group = ToldGroup { name: "g", read: 2, pending: vec![(5, 50), (7, 60)], consumers };
        let other = ToldGroup { name: "h", read: u64::MAX, pending: vec![], consumers: vec![] };
        let chunks = vec![(id(5), of_first.to_owned()), (id(9), of_second.to_owned())];
        Self { kind, chunks, head: [3, 9, 0, 5, 0, 6, 0, 4], groups: vec![group, other] }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = vec![self.kind];
        let number = |number: u64, out: &mut Vec<u8>| write_length(number as usize, out);
        number(self.chunks.len() as u64, &mut out);
        for (id, elements) in &self.chunks {
            let mut listpack = Writer::new();
            elements.split(' ').for_each(|element| listpack.text(element.as_bytes()));
            write(id, &mut out);
            write(&listpack.finish(), &mut out);
        }
        let head = if self.kind == STREAM { &self.head[..3] } else { &self.head };
        head.iter().for_each(|part| number(*part, &mut out));
        number(self.groups.len() as u64, &mut out);
        for ToldGroup { name, read, pending, consumers } in &self.groups {
            write(name.as_bytes(), &mut out);
            [7, 0].iter().for_each(|part| number(*part, &mut out));
            if self.kind != STREAM {
                number(*read, &mut out);
            }
            number(pending.len() as u64, &mut out);
            for (ms, at_ms) in pending {
                out.extend([id(*ms), at_ms.to_le_bytes().to_vec()].concat());
                number(1, &mut out);
            }
            number(consumers.len() as u64, &mut out);
            for (name, seen_ms, active_ms, pending) in consumers {
                write(name.as_bytes(), &mut out);
                out.extend(seen_ms.to_le_bytes());
                if self.kind == STREAM_3 {
                    out.extend(active_ms.to_le_bytes());
                }
                number(pending.len() as u64, &mut out);
                pending.iter().for_each(|ms| out.extend(id(*ms)));
            }
        }
        out
    }
}

/// The entries, as text.
fn entries(stream: &Stream) -> Vec<String> {
    let all = stream.range(StreamId::ZERO, StreamId::MAX);
    all.map(|entry| {
        let fields = entry.fields.map(|(name, value)| format!(" {}={}", name.escape_ascii(), value.escape_ascii()));
        format!("{}{}", entry.id, fields.collect::<String>())
    })
    .collect()
}

#[test]
fn the_forms_of_three_versions_of_redis_are_read() {
    for (kind, active_ms, reads) in [
        (STREAM, [Some(70), Some(80)], [None, None]),
        (STREAM_2, [Some(70), Some(80)], [Some(2), None]),
        (STREAM_3, [Some(60), None], [Some(2), None]),
    ] {
        let stream = read(&Told::good(kind).bytes()).unwrap();
        assert_eq!(stream.validate(), Ok(()));
        assert_eq!(entries(&stream), ["5-0 a=1 b=x", "7-0 c=zz", "9-0 a=1"], "{kind}");
        let gone = if kind == STREAM { (StreamId::ZERO, 3) } else { (StreamId::new(6, 0), 4) };
        assert_eq!((stream.max_deleted_id(), stream.entries_added()), gone);
        assert_eq!(stream.groups().map(|(_, group)| group.entries_read).collect::<Vec<_>>(), reads, "{kind}");
        let group = stream.group(b"g").unwrap();
        assert_eq!(group.consumers().map(|held| held.active_ms).collect::<Vec<_>>(), active_ms, "{kind}");
        assert_eq!(
            group.consumers().map(|held| (held.seen_ms, held.pending_len())).collect::<Vec<_>>(),
            [(70, 2), (80, 0)]
        );
        let pending = group.pending_from(StreamId::ZERO).map(|held| (held.id.ms, held.delivered_ms, held.consumer()));
        assert_eq!(pending.collect::<Vec<_>>(), [(5, 50, &b"al"[..]), (7, 60, b"al")]);
    }
}

#[test]
fn what_a_group_has_read_is_told_by_the_entries_if_the_form_has_no_place_for_it() {
    let mut told = Told::good(STREAM);
    // Of two entries, the last one is where the groups are.
    told.chunks.pop();
    told.head = [2, 7, 0, 0, 0, 0, 0, 0];
    assert_eq!(read(&told.bytes()).unwrap().group(b"g").unwrap().entries_read, Some(2));
}

#[test]
fn streams_that_contradict_themselves_are_refused() {
    type Change = fn(&mut Told);
    fn node(told: &mut Told, from: &str, to: &str) {
        let elements = &mut told.chunks[0].1;
        assert!(elements.contains(from));
        *elements = elements.replacen(from, to, 1);
    }
    let changes: &[(&str, Change)] = &[
        ("an id of a chunk that is short", |told| told.chunks[0].0.truncate(15)),
        ("chunks that stand twice", |told| told.chunks[1] = told.chunks[0].clone()),
        ("chunks out of order", |told| told.chunks.swap(0, 1)),
        ("chunks that overlap", |told| told.chunks[1].0 = id(7)),
        ("more entries than there are", |told| node(told, "2 1 2", "3 1 2")),
        ("fewer entries than there are", |told| node(told, "2 1 2", "1 1 2")),
        ("entries that are there counted as gone", |told| node(told, "2 1 2", "1 2 2")),
        ("entries that are gone counted as there", |told| node(told, "2 1 2", "3 0 2")),
        ("a negative number of entries", |told| node(told, "2 1 2", "-2 1 2")),
        ("more entries than any number", |told| node(told, "2 1 2", "9223372036854775807 9223372036854775807 2")),
        ("a number of entries that is none", |told| node(told, "2 1 2", "x 1 2")),
        ("more names than there are", |told| node(told, "2 1 2", "2 1 9223372036854775807")),
        ("fewer names than there are", |told| node(told, "2 1 2", "2 1 1")),
        ("no end of the names", |told| node(told, "a b 0", "a b 1")),
        ("flags that are none", |told| node(told, "0 2 0 0 1 x", "0 4 0 0 1 x")),
        ("an entry in front of its chunk", |told| node(told, "0 2 0 0 1 x", "0 2 -1 0 1 x")),
        ("entries out of order", |told| node(told, "0 2 0 1 c", "0 0 5 1 c")),
        ("an entry that stands twice", |told| node(told, "3 1 0 2 y 5 0 2 0 1 c", "3 0 0 2 y 5 0 0 0 1 c")),
        ("a difference that is no number", |told| node(told, "0 2 0 1 c", "0 x 0 1 c")),
        ("more fields than there are", |told| node(told, "0 1 c zz 6", "0 4611686018427387904 c zz 6")),
        ("another number of elements", |told| node(told, "c zz 6", "c zz 7")),
        ("the same of one that is gone", |told| node(told, "y 5", "y 4")),
        ("elements behind the last entry", |told| told.chunks[0].1 += " 0"),
        ("a chunk without anything", |told| told.chunks[0].1 = "0".into()),
        ("another number of entries of all", |told| told.head[0] = 4),
        ("entries behind the last id", |told| told.head[1] = 8),
        ("a group that stands twice", |told| told.groups[1].name = "g"),
        ("a pending entry that stands twice", |told| told.groups[0].pending[1].0 = 5),
        ("pending entries out of order", |told| told.groups[0].pending.swap(0, 1)),
        ("a pending entry of no consumer", |told| _ = told.groups[0].consumers[0].3.pop()),
        ("a pending entry of two consumers", |told| told.groups[0].consumers[1].3.push(7)),
        ("an entry of a consumer that is not pending", |told| told.groups[0].consumers[1].3.push(6)),
        ("an entry that a consumer has twice", |told| told.groups[0].consumers[0].3.push(7)),
        ("a consumer that stands twice", |told| told.groups[0].consumers[1].0 = "al"),
        ("consumers out of order", |told| told.groups[0].consumers.swap(0, 1)),
        ("a delivery before all time", |told| told.groups[0].pending[0].1 = u64::MAX),
        ("a consumer seen before all time", |told| told.groups[0].consumers[0].1 = 1 << 63),
        ("a consumer active before all time", |told| told.groups[0].consumers[0].2 = 1 << 63),
    ];
    for (what, change) in changes {
        let mut told = Told::good(STREAM_3);
        change(&mut told);
        assert!(read(&told.bytes()).is_none(), "{what}");
    }
    let mut zero = Told::good(STREAM_2);
    zero.chunks = vec![(id(0), "1 0 1 a 0 2 0 0 1 4".into())];
    zero.head[0] = 1;
    assert!(read(&zero.bytes()).is_none(), "an entry 0-0");
    zero.chunks[0].1 = "1 0 1 a 0 2 0 1 1 4".into();
    zero.chunks[0].0[15] = 1;
    assert!(read(&zero.bytes()).is_none(), "a chunk that does not begin with its first entry");
    zero.chunks[0].1 = "1 0 1 a 0 2 0 0 1 4".into();
    assert!(read(&zero.bytes()).is_some());
}

#[test]
fn chunks_whose_entries_are_all_gone_are_left_out() {
    let mut told = Told::good(STREAM_2);
    told.chunks[1].1 = "0 1 1 a 0 3 0 0 1 4".into();
    told.head[0] = 2;
    let stream = read(&told.bytes()).unwrap();
    assert_eq!((stream.validate(), stream.chunk_count(), stream.len()), (Ok(()), 1, 2));
}

#[test]
fn a_large_chunk_becomes_several_that_are_not_larger_than_it_together() {
    for (name, value, chunks) in
        [(10, 1000, 4..=5), (100_000, 1000, 4..=5), (2_000_000, 1000, 3..=3), (9_000_000, 0, 1..=1)]
    {
        let mut elements = format!("4000 0 1 {} 0", "n".repeat(name));
        (0..4000).for_each(|ms| elements += &format!(" 2 {ms} 0 {} 4", "v".repeat(value)));
        let mut told = Told::good(STREAM_2);
        (told.chunks, told.head) = (vec![(id(1), elements)], [4000, 4000, 0, 1, 0, 0, 0, 4000]);
        let payload = told.bytes();
        let stream = read(&payload).unwrap();
        assert_eq!((stream.validate(), stream.len()), (Ok(()), 4000));
        assert!(chunks.contains(&stream.chunk_count()), "{} chunks with a name of {name} bytes", stream.chunk_count());
        assert!(stream.memory() < 2 * payload.len(), "{} bytes of {}", stream.memory(), payload.len());
        let again = dump(&stream.clone().into(), |_| true).unwrap();
        let restored = read(&again).unwrap();
        assert!(restored.chunks().map(|(_, bytes)| bytes).eq(stream.chunks().map(|(_, bytes)| bytes)));
        assert!(dump(&restored.into(), |_| true).unwrap() == again);
    }
}

/// What is done to a stream: added with some fields, or removed; given to a consumer.
#[derive(Clone, Debug)]
enum Done {
    Add { ms: u64, seq: u64, fields: usize, value: i64 },
    Remove(usize),
    Give { group: u8, consumer: u8, at: usize },
}

fn done() -> impl Strategy<Value = Done> {
    let value = prop_oneof![-10..300i64, -70_000..70_000i64, any::<i64>()];
    prop_oneof![
        6 => (0..3u64, 0..200u64, 0..6usize, value)
            .prop_map(|(ms, seq, fields, value)| Done::Add { ms, seq, fields, value }),
        2 => any::<usize>().prop_map(Done::Remove),
        2 => (0..3u8, 0..3u8, any::<usize>()).prop_map(|(group, consumer, at)| Done::Give { group, consumer, at }),
    ]
}

fn build(all: &[Done], has_gone: bool) -> Stream {
    let limits = StreamLimits { bytes_max: 400, entries_max: 7 };
    let (mut stream, mut ids) = (Stream::default(), Vec::new());
    for (now_ms, done) in (1000..).zip(all) {
        match *done {
            Done::Add { ms, seq, fields, value } => {
                let last = stream.last_id();
                let id = StreamId::new(last.ms + ms, if ms == 0 { last.seq + seq + 1 } else { seq });
                let (text, long) = (value.to_string(), vec![b'l'; value as usize % 5000]);
                let parts =
                    [(&b"a"[..], text.as_bytes()), (b"17", b""), (b"c", &long), (b"a", b"\0\xff"), (b"d", b"x")];
                stream.add(id, &parts[..fields.min(parts.len())], limits);
                ids.push(id);
            }
            Done::Remove(at) if has_gone && !ids.is_empty() => _ = stream.remove(ids[at % ids.len()]),
            Done::Give { group, consumer, at } if !ids.is_empty() => {
                let (id, name, consumer) = (ids[at % ids.len()], [group], [b'c', consumer]);
                stream.add_group(&name, Group::new(id, (at % 2 == 0).then_some(now_ms as i64)));
                let delivery = Delivery { at_ms: now_ms - 5, deliveries: now_ms };
                stream.change_group(&name, |group| {
                    group.see(&consumer, now_ms);
                    group.assign(id, &consumer, delivery, now_ms);
                });
            }
            _ => {}
        }
    }
    stream
}

proptest! {
    #[test]
    fn streams_are_restored_as_they_were_dumped(all in prop::collection::vec(done(), 0..120), has_gone: bool) {
        let stream = build(&all, has_gone);
        let dumped = dump(&stream.clone().into(), |_| true).unwrap();
        let restored = read(&dumped).unwrap();
        prop_assert_eq!(restored.validate(), Ok(()));
        prop_assert_eq!(entries(&restored), entries(&stream));
        prop_assert_eq!(restored.head(), stream.head());
        prop_assert!(restored.groups().eq(stream.groups()));
        let heads = |stream: &Stream| stream.chunks().map(|(head, _)| head).collect::<Vec<_>>();
        for (restored, head) in heads(&restored).into_iter().zip(heads(&stream)) {
            // How many bytes there were of what is gone is known no more.
            let size = if head.deleted > 0 { restored.size } else { head.size };
            prop_assert_eq!(restored, crate::store::ChunkHead { size, ..head });
        }
        if !has_gone {
            prop_assert_eq!(&restored, &stream);
        }
        prop_assert_eq!(dump(&restored.into(), |_| true).unwrap(), dumped);
    }
}
