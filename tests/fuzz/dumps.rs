//! Payloads of RESTORE: whatever they hold, nothing panics, what becomes a value keeps what its type promises, and is dumped and restored again
//! as it is.

use lockstep::rdb::{payload, value};
use lockstep::store::{
    Delivery, End, Group, Hash, HashLimits, List, ListLimits, Options, Set, SetLimits, Str, Stream, StreamId,
    StreamLimits, Value, ZSet, ZSetLimits,
};

use crate::support::rng::Rng;
use crate::{Target, fuzz};

/// Payloads as Redis writes them, with forms of its own.
const REDIS: &[&[u8]] = &[
    b"\x00\xc3\x09@d\x01aa\xe0W\x00\x01aa",
    b"\x0b\x14\x04\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00p\x11\x01\x00",
    b"\x10\x12\x12\x00\x00\x00\x04\x00\x81f\x02\x81v\x02\x81n\x02\x01\x01\xff",
    b"\x11\x1d\x1d\x00\x00\x00\x06\x00\x81c\x02\x84-inf\x05\x81a\x02\x01\x01\x81b\x02\x832.5\x04\xff",
    b"\x12\x03\x02\x0d\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff\x01\x02cd\x02\x0a\x0a\x00\x00\x00\x01\x00\x81e\x02\xff",
    b"\x14\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x01\x01\xff",
    b"\x0e\x01\x12\x12\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\x02bc\xff",
    b"\x13\x01\x10\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01@PP\x00\x00\x00\x1f\x00\x03\x01\x01\x01\x02\x01\x81a\x02\x81b\x02\x00\x01\x02\x01\x00\x01\x00\x01\x01\x01\x81x\x02\x05\x01\x03\x01\x00\x01\x01\x01\x02\x01\x81y\x02\x05\x01\x00\x01\x01\x01\xdf\xff\x02\x01\x01\x81c\x02\x82zz\x03\x06\x01\x02\x01\x02\x01\xdf\xff\x02\xc1,\x02\x81z\x02\x05\x01\xff\x03\x07\x00\x05\x01\x05\x02\x04\x01\x01g\x06\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\xc6\xf34.\xa2\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00\xc6\xf34.\xa2\x01\x00\x00\x01\x02\x02al\xc6\xf34.\xa2\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00\x02bo\xd2\xf34.\xa2\x01\x00\x00\x00",
];

fn element(rng: &mut Rng) -> Vec<u8> {
    match rng.below(4) {
        0 => rng.below(100_000).to_string().into_bytes(),
        1 => vec![b'x'; rng.below(300)],
        _ => {
            let len = rng.below(12);
            rng.bytes(len)
        }
    }
}

fn some_value(rng: &mut Rng) -> Value {
    let options = Options::default();
    let count = 1 + if rng.percent(5) { rng.below(300) } else { rng.below(12) };
    let elements: Vec<Vec<u8>> = (0..count).map(|_| element(rng)).collect();
    match rng.below(7) {
        0 => Str::new(&elements[0]).into(),
        1 => {
            let mut list = List::default();
            elements.iter().for_each(|element| list.push(End::Tail, element, ListLimits::from(&options)));
            list.into()
        }
        2 => {
            let mut set = Set::default();
            elements.iter().for_each(|member| _ = set.add(member, SetLimits::from(&options)));
            set.into()
        }
        3 => {
            let mut hash = Hash::default();
            elements.iter().for_each(|field| _ = hash.set(field, b"v", HashLimits::from(&options)));
            hash.into()
        }
        4 | 5 => stream(rng, &elements).into(),
        _ => {
            let mut set = ZSet::default();
            let limits = ZSetLimits::from(&options);
            elements.iter().for_each(|member| _ = set.set(member, rng.between(-9, 9) as f64 / 2.0, limits));
            set.into()
        }
    }
}

fn stream(rng: &mut Rng, elements: &[Vec<u8>]) -> Stream {
    let (mut stream, limits) = (Stream::default(), StreamLimits::from(&Options::default()));
    for (ms, value) in (1..).zip(elements) {
        let id = StreamId::new(ms, rng.below(3) as u64);
        let fields = [(&b"a"[..], value.as_slice()), (b"b", b"12"), (value, b"x")];
        stream.add(id, &fields[..1 + rng.below(fields.len())], limits);
        if rng.percent(30) {
            stream.remove(id);
        }
        if rng.percent(20) {
            let (group, consumer) = ([b'g', rng.below(2) as u8], [rng.below(3) as u8]);
            stream.add_group(&group, Group::new(id, rng.percent(50).then_some(1)));
            stream.change_group(&group, |group| {
                group.see(&consumer, ms);
                group.assign(id, &consumer, Delivery { at_ms: ms, deliveries: 1 }, ms);
            });
        }
    }
    stream
}

fn valid(rng: &mut Rng) -> Vec<u8> {
    if rng.percent(50) { rng.pick(REDIS).to_vec() } else { value::dump(&some_value(rng), |_| true).unwrap() }
}

fn read(input: &[u8], _: &mut Rng) -> bool {
    let options = Options::default();
    let Some(restored) = value::restore(input, value::Limits::new(&options)) else { return false };
    assert_eq!(restored.validate(), Ok(()));
    let mut dumped = value::dump(&restored, |_| true).unwrap();
    let again = value::restore(&dumped, value::Limits::new(&options)).unwrap();
    assert_eq!(value::dump(&again, |_| true).as_ref(), Some(&dumped));
    assert_eq!((again.type_name(), again.elements()), (restored.type_name(), restored.elements()));
    payload::seal(&mut dumped);
    assert!(payload::open(&dumped).is_some());
    true
}

#[test]
fn mutated_payloads_of_restore_never_panic() {
    fuzz(&Target { name: "dump", valid, read });
}
