//! BITOP

use crate::command::repeated::times_named;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Event, Str, Txn, View, units_of_bytes};

pub static SPEC: Spec = Spec::write("bitop", -4, DOC, run)
    .event(Event::string("set"))
    .since(3)
    .flags(Flags::DENYOOM)
    .check(|args| operation(args).map(drop))
    .keys(&[
        KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(3, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ]);

const DOC: Doc = Doc {
    summary: "Combines the bits of the strings that keys hold, and puts what comes of it into a key, over whatever is there.",
    since: "2.6.0",
    group: Family::Bitmap,
    complexity: "O(N) with the lengths of the strings",
    args: &[
        Arg::new(
            "operation",
            ArgKind::OneOf(&[
                Arg::word("and", "AND"),
                Arg::word("or", "OR"),
                Arg::word("xor", "XOR"),
                Arg::word("not", "NOT"),
            ]),
        ),
        Arg::new("destkey", ArgKind::Key(0)),
        Arg::new("key", ArgKind::Key(1)).multiple(),
    ],
};

/// What becomes of the bytes at one place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    And,
    Or,
    Xor,
    /// The bytes of the only string are turned round.
    Not,
}

fn operation(args: &Args) -> Result<Operation, ReplyError> {
    if args.is(1, "AND") {
        Ok(Operation::And)
    } else if args.is(1, "OR") {
        Ok(Operation::Or)
    } else if args.is(1, "XOR") {
        Ok(Operation::Xor)
    } else if !args.is(1, "NOT") {
        Err(SYNTAX)
    } else if args.len() == 4 {
        Ok(Operation::Not)
    } else {
        Err(ReplyError::new("ERR BITOP NOT must be called with a single source key."))
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let operation = operation(args)?;
    // Only a script asks; other writes shall not look the keys up twice.
    if txn.is_work_bounded() {
        let units = Sources::read(&txn.view(), args, operation)?.units();
        txn.work(units)?;
    }
    let view = txn.view();
    let result = Sources::read(&view, args, operation).map(|sources| sources.combined(operation));
    let tally = view.take_tally();
    txn.count(tally);
    let result = result?;
    let len = result.len();
    if len == 0 {
        txn.remove(args.arg(2));
    } else {
        txn.set(args.arg(2), Str::raw(result).into(), Deadline::Clear);
    }
    Ok(Reply::Int(len as i64))
}

/// What the keys hold, each once: of XOR, the same twice is nothing.
struct Sources<'a> {
    strings: Vec<&'a [u8]>,
    /// Bytes of the longest of all, and so of the result.
    len: usize,
}

impl<'a> Sources<'a> {
    /// Nothing where keys are absent.
    fn read(view: &View<'a>, args: &Args, operation: Operation) -> Result<Self, ReplyError> {
        let mut sources = Self { strings: Vec::new(), len: 0 };
        for (key, times) in args.from(3).zip(times_named(args.from(3))) {
            let string = view.typed::<Str>(key)?.map_or(&[][..], Str::as_bytes);
            sources.len = sources.len.max(string.len());
            if times % 2 == 1 || (times > 0 && operation != Operation::Xor) {
                sources.strings.push(string);
            }
        }
        Ok(sources)
    }

    /// The units of [`Self::combined`] (`store::work`).
    fn units(&self) -> u64 {
        units_of_bytes(self.len) + self.strings.iter().map(|string| units_of_bytes(string.len())).sum::<u64>()
    }

    /// The result; shorter strings go on with zeros.
    fn combined(&self, operation: Operation) -> Vec<u8> {
        let Some((first, others)) = self.strings.split_first() else { return vec![0; self.len] };
        let mut result = Vec::with_capacity(self.len);
        result.extend_from_slice(first);
        let combine: fn(u8, u8) -> u8 = match operation {
            Operation::And => |a, b| a & b,
            Operation::Or => |a, b| a | b,
            Operation::Xor => |a, b| a ^ b,
            Operation::Not => {
                result.iter_mut().for_each(|byte| *byte = !*byte);
                return result;
            }
        };
        if operation == Operation::And {
            // All others are zeros from here on.
            let shortest = self.strings.iter().map(|string| string.len()).min().unwrap_or(0);
            result.truncate(shortest);
        }
        for other in others {
            if operation != Operation::And && result.len() < other.len() {
                result.resize(other.len(), 0);
            }
            result.iter_mut().zip(*other).for_each(|(byte, other)| *byte = combine(*byte, *other));
        }
        result.resize(self.len, 0);
        result
    }
}
