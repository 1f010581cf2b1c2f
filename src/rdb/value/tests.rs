//! Values that are dumped are restored; Redis's own forms are read.

use super::*;
use crate::rdb::payload;
use crate::store::{End, HashLimits, ListLimits, SetLimits, ZSetLimits};

fn read(payload: &[u8]) -> Option<Value> {
    restore(payload, Limits::new(&Options::default()))
}

/// DUMP of redis-server 7.0.15, and the forms of older and later ones: what it is of, and the bytes without their seal.
const DUMPED: &[(&str, &[u8])] = &[
("string of 1", b"\x00\x05hello"),
("string of 1", b"\x00\xc2\x90\xee\xfe\xff"),
("string of 1", b"\x00\xc3\x09@d\x01aa\xe0W\x00\x01aa"),
("list of 9", b"\x12\x01\x02\xc30@s\x15s\x00\x00\x00\x09\x00\x81a\x02\x01\x01\xf1x\xec\x03\xf2p\x11\x01\x04\xf4\xff\x80\x00\x07\x7f\x09\xdf\x9c\x02\xe0Fx\xe0<\x00\x09H\xf2\xa0\xfd\x7f\x04\xc1,\x02\xff"),
("set of 3", b"\x0b\x14\x04\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00p\x11\x01\x00"),
("set of 3", b"\x02\x03\x01b\xc0\x01\x01a"),
("hash of 2", b"\x10\x12\x12\x00\x00\x00\x04\x00\x81f\x02\x81v\x02\x81n\x02\x01\x01\xff"),
("zset of 3", b"\x11\x1d\x1d\x00\x00\x00\x06\x00\x81c\x02\x84-inf\x05\x81a\x02\x01\x01\x81b\x02\x832.5\x04\xff"),
("hash of 2", b"\x04\x02\x01n\xc0\x01\x01f\x01v"),
("zset of 3", b"\x05\x03\x01b\x00\x00\x00\x00\x00\x00\x04@\x01a\x00\x00\x00\x00\x00\x00\xf0?\x01c\x00\x00\x00\x00\x00\x00\xf0\xff"),
("set of 3", b"\x02\x03\xc2p\x11\x01\x00\xc0\x01\xc0\x02"),
("list of 5", b"\x12\x03\x02\x0d\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff\x02\x0d\x0d\x00\x00\x00\x02\x00\x81c\x02\x81d\x02\xff\x02\x0a\x0a\x00\x00\x00\x01\x00\x81e\x02\xff"),

("stream of 3", b"\x13\x01\x10\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01@PP\x00\x00\x00\x1f\x00\x03\x01\x01\x01\x02\x01\x81a\x02\x81b\x02\x00\x01\x02\x01\x00\x01\x00\x01\x01\x01\x81x\x02\x05\x01\x03\x01\x00\x01\x01\x01\x02\x01\x81y\x02\x05\x01\x00\x01\x01\x01\xdf\xff\x02\x01\x01\x81c\x02\x82zz\x03\x06\x01\x02\x01\x02\x01\xdf\xff\x02\xc1,\x02\x81z\x02\x05\x01\xff\x03\x07\x00\x05\x01\x05\x02\x04\x01\x01g\x06\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\xc6\xf34.\xa2\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00\xc6\xf34.\xa2\x01\x00\x00\x01\x02\x02al\xc6\xf34.\xa2\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00\x02bo\xd2\xf34.\xa2\x01\x00\x00\x00"),
("list of 12", b"\x0a@GG\x00\x00\x00<\x00\x00\x00\x0c\x00\x00\xf1\x02\xfd\x02\xfe\x0d\x03\xfe\x80\x03\xc0\x7f\xff\x04\xc0\xff\x7f\x04\xf0p\x11\x01\x05\xf0\x00\x00\x80\x05\xd0\x00\x00\x80\x00\x06\xd0\xff\xff\xff\x7f\x06\xe0\x00\x00\x00\x00\x00\x01\x00\x00\x0a\xe0\x00\x00\x00\x00\x00\x00\x00\x80\xff"),
("list of 3", b"\x0e\x02A==\x01\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03A,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\xff\x0e\x0e\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x01c\xff"),
("hash of 2", b"\x0d\x16\x16\x00\x00\x00\x13\x00\x00\x00\x04\x00\x00\x01f\x03\x01v\x03\x01n\x03\xf2\xff"),
("zset of 2", b"\x0c\x18\x18\x00\x00\x00\x12\x00\x00\x00\x04\x00\x00\x01a\x03\xf2\x02\x01b\x03\x032.5\xff"),
("zset of 3", b"\x03\x03\x01a\x031.5\x01b\xfe\x01c\xff"),
("set of 3", b"\x14\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x01\x01\xff"),
];

#[test]
fn values_of_each_type_and_size_are_restored_as_they_were_dumped() {
    let options = Options::default();
    for len in [1, 5, 127, 128, 129, 600, 3000] {
        let element = |i: usize| if i.is_multiple_of(3) { i.to_string() } else { format!("element-{i}") };
        let mut list = List::default();
        let (mut set, mut ints, mut hash, mut sorted) = <(Set, Set, Hash, ZSet)>::default();
        for i in 0..len {
            list.push(End::Tail, element(i).as_bytes(), ListLimits::from(&options));
            set.add(element(i).as_bytes(), SetLimits::from(&options));
            ints.add(i.to_string().as_bytes(), SetLimits::from(&options));
            hash.set(element(i).as_bytes(), b"value", HashLimits::from(&options));
            sorted.set(element(i).as_bytes(), i as f64 / 3.0, ZSetLimits::from(&options));
        }
        let string = Str::new(&vec![b's'; len * 40]);
        let values: [Value; 6] = [string.into(), list.into(), set.into(), ints.into(), hash.into(), sorted.into()];
        for value in values {
            let dumped = dump(&value, |_| true).unwrap();
            let restored = read(&dumped).unwrap();
            assert_eq!(restored.type_name(), value.type_name());
            assert_eq!(restored.elements(), value.elements());
            assert_eq!(restored.validate(), Ok(()));
            assert_eq!(dump(&restored, |_| true).unwrap(), dumped, "{len} elements of a {}", value.type_name());
        }
    }
}

#[test]
fn what_redis_dumps_is_read() {
    for (what, payload) in DUMPED {
        let value = read(payload).unwrap_or_else(|| panic!("{what}"));
        assert_eq!(value.validate(), Ok(()), "{what}");
        assert_eq!(format!("{} of {}", value.type_name(), value.elements()), *what);
    }
}

#[test]
fn no_part_of_a_payload_is_a_value() {
    for (what, payload) in DUMPED {
        for len in 0..payload.len() {
            assert!(read(&payload[..len]).is_none(), "{len} bytes of {what}");
        }
    }
}

#[test]
fn elements_that_stand_twice_and_empty_collections_are_refused() {
    for payload in [
        &b"\x02\x02\x01a\x01a"[..],
        b"\x04\x02\x01a\x01x\x01a\x01y",
        b"\x05\x02\x01a\0\0\0\0\0\0\0\0\x01a\0\0\0\0\0\0\0\0",
        b"\x05\x01\x01a\0\0\0\0\0\0\xf8\x7f",
        b"\x03\x01\x01a\xfd",
        b"\x01\0",
        b"\x02\0",
        b"\x04\0",
        b"\x05\0",
        b"\x0b\x0c\x02\0\0\0\x02\0\0\0\x05\0\x05\0",
        b"\x0b\x0a\x03\0\0\0\x01\0\0\0\x05\0",
        b"\x10\x09\x09\0\0\0\x01\0\x05\x01\xff",
        b"\x12\x01\x03\x01a",
        b"\x0f\x01",
        b"\xff",
        b"",
    ] {
        assert!(read(payload).is_none(), "{}", payload.escape_ascii());
    }
}

#[test]
fn strings_of_a_value_are_bounded_together() {
    // 100 strings of 200 bytes, each of 6 packed.
    let mut packed = vec![LIST];
    write_length(100, &mut packed);
    for _ in 0..100 {
        packed.extend(b"\xc3\x05\x40\xc8\x00a\xe0\xbe\x00");
    }
    let options = Options::default();
    assert_eq!(restore(&packed, Limits { options: &options, bytes_max: 20_000 }).unwrap().elements(), 100);
    assert!(restore(&packed, Limits { options: &options, bytes_max: 19_999 }).is_none());
    for lying in [
        &b"\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a"[..],
        b"\0\x80\xff\xff\xff\xff",
        b"\0\xc3\x05\x80\x7f\xff\xff\xff\0aaaa",
    ] {
        assert!(read(lying).is_none(), "{}", lying.escape_ascii());
    }
    // A number has no length of its own; its text counts.
    let number = b"\x01\x02\xc2\x00\x00\x00\x80\x01a";
    assert_eq!(restore(number, Limits { options: &options, bytes_max: 12 }).unwrap().elements(), 2);
    for bytes_max in 0..12 {
        assert!(restore(number, Limits { options: &options, bytes_max }).is_none(), "{bytes_max}");
    }
}

#[test]
fn a_sealed_payload_is_opened_again() {
    let mut payload = dump(&Str::new(b"x").into(), |_| true).unwrap();
    payload::seal(&mut payload);
    assert_eq!(read(payload::open(&payload).unwrap()), Some(Str::new(b"x").into()));
}

#[test]
fn one_string_is_as_long_as_an_argument_may_be() {
    let mut options = Options::default();
    // 200 bytes, packed.
    for payload in [&b"\0\xc3\x05\x40\xc8\x00a\xe0\xbe\x00"[..], b"\x01\x01\xc3\x05\x40\xc8\x00a\xe0\xbe\x00"] {
        options.bulk_len_max = 200;
        assert!(restore(payload, Limits::new(&options)).is_some());
        options.bulk_len_max = 199;
        assert!(restore(payload, Limits::new(&options)).is_none(), "{}", payload.escape_ascii());
    }
}
