//! CLUSTER KEYSLOT, COUNTKEYSINSLOT, GETKEYSINSLOT. The keyspace stands in the order of slots, so the keys of one are found without looking
//! at those of others, but for at most one table of keys that slots next to each other share.

use super::{OF_CLUSTER, doc};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ELEMENT_UNITS, Entry, SLOTS, View, slot};

pub static KEYSLOT: Spec = Spec::pure(
    "cluster|keyslot",
    3,
    doc("3.0.0", "O(N) with the length of the key", "Returns the slot of a key.")
        .args(&[Arg::new("key", ArgKind::String)]),
    |args| Ok(Reply::Int(slot(args.arg(2)).into())),
)
.flags(OF_CLUSTER);

pub static COUNTKEYSINSLOT: Spec = Spec::read(
    "cluster|countkeysinslot",
    3,
    doc("3.0.0", "O(1), and a step for each thousand keys of the slot", "Returns the number of keys of a slot.")
        .args(&[Arg::new("slot", ArgKind::Integer)]),
    count,
)
.check(|args| counted(args).map(drop))
.without(Flags::READONLY)
.flags(OF_CLUSTER);

pub static GETKEYSINSLOT: Spec = Spec::read(
    "cluster|getkeysinslot",
    4,
    doc("3.0.0", "O(N) with the number of keys that are returned", "Returns keys of a slot.")
        .args(&[Arg::new("slot", ArgKind::Integer), Arg::new("count", ArgKind::Integer)]),
    get,
)
.check(|args| got(args).map(drop))
.without(Flags::READONLY)
.flags(OF_CLUSTER.union(Flags::UNBOUNDED));

const INVALID_SLOT: ReplyError = ReplyError::new("ERR Invalid slot");
const INVALID_SLOT_OR_COUNT: ReplyError = ReplyError::new("ERR Invalid slot or number of keys");

fn number(arg: &[u8]) -> Result<i64, ReplyError> {
    parse_i64(arg).ok_or(NOT_AN_INTEGER)
}

fn slot_of(number: i64) -> Option<u16> {
    u16::try_from(number).ok().filter(|slot| usize::from(*slot) < SLOTS)
}

fn counted(args: &Args) -> Result<u16, ReplyError> {
    slot_of(number(args.arg(2))?).ok_or(INVALID_SLOT)
}

fn got(args: &Args) -> Result<(u16, usize), ReplyError> {
    let (slot, count) = (number(args.arg(2))?, number(args.arg(3))?);
    slot_of(slot).zip(usize::try_from(count).ok()).ok_or(INVALID_SLOT_OR_COUNT)
}

/// As DBSIZE does it counts what is due and not yet removed.
fn count(view: &View<'_>, args: &Args) -> Outcome {
    let slot = counted(args)?;
    view.work(view.db().step_len() as u64 * ELEMENT_UNITS)?;
    Ok(Reply::Int(view.db().slot_len(slot) as i64))
}

fn get(view: &View<'_>, args: &Args) -> Outcome {
    let (slot, count) = got(args)?;
    let count = count.min(view.db().slot_len(slot));
    view.work((count + view.db().step_len()) as u64 * ELEMENT_UNITS)?;
    let keys = view.db().slot_entries(slot, count).into_iter().filter(|entry| view.is_alive(entry)).map(Entry::key);
    Ok(Reply::bulks(keys))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn keys_are_those_of_their_slot_and_no_others() {
        let mut bench = Bench::new();
        for n in 0..200 {
            bench.run(&format!("SET {{user1000}}.{n} v"));
            bench.run(&format!("SET other{n} v"));
        }
        let slot = bench.int("CLUSTER KEYSLOT {user1000}.following");
        assert_eq!((slot, bench.int("CLUSTER KEYSLOT user1000")), (3443, 3443));
        assert_eq!(bench.int("CLUSTER COUNTKEYSINSLOT 3443"), 200);
        let lens: Vec<usize> = (0..16384).map(|slot| bench.state.db(0).slot_len(slot)).collect();
        assert_eq!(lens.iter().sum::<usize>(), 400);
        let all = bench.text("CLUSTER GETKEYSINSLOT 3443 1000");
        assert!(all.starts_with("*200 ") && !all.contains("other"), "{all}");
        assert!(bench.text("CLUSTER GETKEYSINSLOT 3443 7").starts_with("*7 "));
        assert!(bench.text(&format!("CLUSTER GETKEYSINSLOT 3443 {}", i64::MAX)).starts_with("*200 "));
        assert_eq!(bench.text("CLUSTER GETKEYSINSLOT 3443 0"), "*0");
        let empty = lens.iter().position(|len| *len == 0).unwrap();
        assert_eq!(bench.text(&format!("CLUSTER GETKEYSINSLOT {empty} 1000")), "*0");
        // What is due is not shown.
        bench.run("SET {user1000}.0 v PX 100");
        bench.now_ms += 200;
        assert!(bench.text("CLUSTER GETKEYSINSLOT 3443 1000").starts_with("*199 "));
    }

    #[test]
    fn slots_and_counts_that_cannot_be_are_refused() {
        let mut bench = Bench::new();
        let invalid = "-ERR Invalid slot or number of keys";
        for (command, reply) in [
            ("COUNTKEYSINSLOT x", "-ERR value is not an integer or out of range"),
            ("COUNTKEYSINSLOT 16384", "-ERR Invalid slot"),
            ("COUNTKEYSINSLOT -1", "-ERR Invalid slot"),
            ("GETKEYSINSLOT 0 x", "-ERR value is not an integer or out of range"),
            ("GETKEYSINSLOT 16384 1", invalid),
            ("GETKEYSINSLOT -1 1", invalid),
            ("GETKEYSINSLOT 0 -1", invalid),
        ] {
            assert_eq!(bench.text(&format!("CLUSTER {command}")), reply, "{command}");
        }
    }
}
