//! DUMP

use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::WRONG_TYPE;
use crate::protocol::{Args, Reply};
use crate::rdb::{payload, value};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("dump", 2, DOC, run).since(3).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the value of a key as RESTORE takes it, here and in Redis.",
    since: "2.6.0",
    group: Family::Generic,
    complexity: "O(N) with the size of the value",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some(entry) = view.get(args.arg(1)) else { return Ok(Reply::Nil) };
    // Written, and summed up.
    view.work(entry.value().copy_units().saturating_mul(2))?;
    let mut dumped = value::dump(entry.value(), |end_ms| view.is_not_over(end_ms)).ok_or(WRONG_TYPE)?;
    payload::seal_as(value::version(&dumped), &mut dumped);
    Ok(Reply::Bulk(dumped.into()))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;
    use crate::protocol::{Args, Reply};

    /// See [`Bench::replay`]; of Redis.
    const TRANSCRIPT: &str = include_str!("dump_transcript.txt");

    #[test]
    fn dumped_and_restored_replies_are_those_of_redis() {
        let mut bench = Bench::new();
        let commands = bench.replay(TRANSCRIPT);
        assert!(commands >= 50, "{commands} commands");
    }

    #[test]
    fn a_payload_that_is_refused_leaves_the_key_as_it_was() {
        let mut bench = Bench::new();
        bench.run("RPUSH k a b");
        let Reply::Bulk(good) = bench.run("DUMP k") else { panic!("no payload") };
        let revision = bench.revision("k");
        for at in 0..good.len() {
            let mut bad = good.to_vec();
            bad[at] ^= 0x10;
            let reply = bench.run_args(&Args::from_slices([&b"RESTORE"[..], b"k", b"0", &bad, b"REPLACE"]));
            assert!(reply.is_error(), "{at}");
        }
        assert_eq!(bench.revision("k"), revision);
        let restored = bench.run_args(&Args::from_slices([&b"RESTORE"[..], b"k", b"0", &good, b"REPLACE"]));
        assert_eq!(restored, Reply::Ok);
        assert_ne!(bench.revision("k"), revision);
    }

    #[test]
    fn a_lock_is_neither_dumped_nor_replaced() {
        let mut bench = Bench::new();
        bench.run("SET s x");
        bench.run("LOCK.ACQUIRE lock owner PX 100000");
        let refused = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        assert_eq!(bench.text("DUMP lock"), refused);
        let Reply::Bulk(payload) = bench.run("DUMP s") else { panic!("no payload") };
        let reply = bench.run_args(&Args::from_slices([&b"RESTORE"[..], b"lock", b"0", &payload, b"REPLACE"]));
        assert!(reply.is_error());
        assert_eq!(bench.text("EXISTS lock"), ":1");
    }

    /// A command line that restores it.
    fn restoring(mut payload: Vec<u8>) -> String {
        crate::rdb::payload::seal(&mut payload);
        let quoted: String = payload.iter().map(|byte| format!("\\x{byte:02x}")).collect();
        format!("RESTORE k 0 \"{quoted}\" REPLACE")
    }

    #[test]
    fn a_long_list_is_restored_as_a_large_one() {
        let mut bench = Bench::new();
        for (elements, encoding) in [(3, "$8 listpack"), (5000, "$9 quicklist")] {
            let texts: String = (0..elements).map(|i| format!(" {i}")).collect();
            bench.run("DEL source");
            bench.run(&format!("RPUSH source{texts}"));
            let Reply::Bulk(payload) = bench.run("DUMP source") else { panic!("no payload") };
            bench.run_args(&Args::from_slices([&b"RESTORE"[..], b"k", b"0", &payload, b"REPLACE"]));
            assert_eq!(bench.text("LLEN k"), format!(":{elements}"));
            assert_eq!(bench.text("OBJECT ENCODING k"), encoding);
        }
    }

    #[test]
    fn scripts_are_told_what_a_payload_unpacks_to() {
        let mut bench = Bench::new();
        // 100 strings of 200 bytes, of 9 each.
        let strings = [&b"\x01\x40\x64"[..], &b"\xc3\x05\x40\xc8\x00a\xe0\xbe\x00".repeat(100)].concat();
        // A listpack of 132,001 zeros, two bytes each, of which 264 bytes at a time are packed into three.
        let mut zeros = b"\x07\x0f\x07\x04\x00\xff\xff\x00\x01".to_vec();
        zeros[1..5].copy_from_slice(&(6 + 2 * 132_001 + 1u32).to_le_bytes());
        zeros.extend(b"\xe0\xff\x01".repeat(1000));
        zeros.extend(b"\x00\xff");
        let mut packed = b"\x12\x01\x02\xc3\x80".to_vec();
        packed.extend((zeros.len() as u32).to_be_bytes());
        packed.push(0x80);
        packed.extend((6 + 2 * 132_001 + 1u32).to_be_bytes());
        packed.extend(zeros);
        for (payload, elements, unpacked) in [(strings, 100, 20_000 / 16), (packed, 132_001, 264_000 * 8)] {
            let as_sent = (payload.len() + 10) as u64 * 8;
            let (reply, units) = bench.work(&restoring(payload));
            assert_eq!(reply, Reply::Ok);
            assert_eq!(bench.text("LLEN k"), format!(":{elements}"));
            assert!(units >= as_sent + unpacked, "{units} for {elements} elements");
        }
    }
}
