//! BITFIELD

use super::field::{Operation, all_bounded, operations};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, ELEMENT_UNITS, Event, Str, Txn, units_of_bytes};

pub static SPEC: Spec = Spec::write("bitfield", -2, DOC, run)
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::GROWS))
    .check(|args| operations(args).map(drop))
    .given_keys(given_keys)
    .keys(&[KeySpec::first(CHANGED.union(KeyFlags::VARIABLE_FLAGS))]);

const CHANGED: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE);

const DOC: Doc = Doc {
    summary: "Reads, sets and adds to integers of any width in the string that a key holds.",
    since: "3.2.0",
    group: Family::Bitmap,
    complexity: "O(1) for each operation",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new(
            "operation",
            ArgKind::OneOf(&[
                GET,
                Arg::new(
                    "write",
                    ArgKind::Block(&[
                        Arg::new(
                            "overflow-block",
                            ArgKind::OneOf(&[
                                Arg::word("wrap", "WRAP"),
                                Arg::word("sat", "SAT"),
                                Arg::word("fail", "FAIL"),
                            ]),
                        )
                        .token("OVERFLOW")
                        .optional(),
                        Arg::new(
                            "write-operation",
                            ArgKind::OneOf(&[
                                Arg::new(
                                    "set-block",
                                    ArgKind::Block(&[ENCODING, OFFSET, Arg::new("value", ArgKind::Integer)]),
                                )
                                .token("SET"),
                                Arg::new(
                                    "incrby-block",
                                    ArgKind::Block(&[ENCODING, OFFSET, Arg::new("increment", ArgKind::Integer)]),
                                )
                                .token("INCRBY"),
                            ]),
                        ),
                    ]),
                ),
            ]),
        )
        .optional()
        .multiple(),
    ],
};

/// GET, its type and place.
pub(super) const GET: Arg = Arg::new("get-block", ArgKind::Block(&[ENCODING, OFFSET])).token("GET");
const ENCODING: Arg = Arg::new("encoding", ArgKind::String);
const OFFSET: Arg = Arg::new("offset", ArgKind::Integer);

/// The key is written unless all operations read it.
fn given_keys(args: &Args) -> Vec<(usize, KeyFlags)> {
    let reads = operations(args).is_ok_and(|operations| !operations.iter().any(Operation::writes));
    vec![(1, if reads { KeyFlags::RO.union(KeyFlags::ACCESS) } else { CHANGED })]
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    let operations = operations(args)?;
    all_bounded(&operations, txn.state().options.bulk_len_max)?;
    let Some(len) = operations.iter().filter(|operation| operation.writes()).map(Operation::bytes).max() else {
        let held = txn.read_typed::<Str>(key)?.map_or(&[][..], Str::as_bytes);
        return Ok(Reply::Array(operations.iter().map(|operation| Reply::Int(operation.get(held))).collect()));
    };
    // As far as the bound of places, and a field behind it.
    let len = len as usize;
    if txn.is_work_bounded() {
        let before = txn.typed::<Str>(key)?.map_or(0, Str::len);
        txn.work(units_of_bytes(len.saturating_sub(before)) + operations.len() as u64 * ELEMENT_UNITS)?;
    }
    txn.call_it(None);
    let edited = txn.edit(key, Create::Yes, |value: &mut Str| {
        let grows = value.len() < len;
        let (replies, changed): (Vec<_>, Vec<_>) = value.edit(|bytes| {
            if grows {
                bytes.resize(len, 0);
            }
            operations.iter().map(|operation| operation.run(bytes)).unzip()
        });
        let is_changed = grows || changed.contains(&true);
        Ok(((replies, is_changed), Changed(is_changed)))
    })?;
    let (replies, is_changed) = edited.unwrap_or_default();
    // As in Redis: what an operation that failed has made longer is not told.
    let has_written = |(operation, reply): (&Operation, &Reply)| operation.writes() && *reply != Reply::Nil;
    if is_changed && operations.iter().zip(&replies).any(has_written) {
        txn.tell(key, Event::string("setbit"));
    }
    Ok(Reply::Array(replies))
}
