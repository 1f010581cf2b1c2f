//! HGETEX

use std::ops::Range;

use super::field_list::{FIELDS, NO_FIELDS, fields};
use super::field_option::{AT_MILLISECONDS, AT_SECONDS, FieldOption, Found, MILLISECONDS, SECONDS, find};
use super::field_time::FieldTime;
use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, HashEdit, HashLimits, Txn, units_of_bytes};

pub static SPEC: Spec = Spec::write("hgetex", -5, DOC, run)
    .since(3)
    .event(Event::hash("hexpire"))
    .flags(Flags::FAST)
    .check(|args| request(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Returns the values of fields of a hash, and changes when they expire.",
    since: "8.0.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields given",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new(
            "expiration",
            ArgKind::OneOf(&[SECONDS, MILLISECONDS, AT_SECONDS, AT_MILLISECONDS, Arg::word("persist", "PERSIST")]),
        )
        .optional(),
        FIELDS,
    ],
};

const TOO_LARGE: ReplyError = ReplyError::new("ERR value is out of range");

/// As in Redis, what the fields are is looked at before the amount.
fn request(args: &Args) -> Result<(FieldOption, Range<usize>), ReplyError> {
    match find(args.arg(2), "PERSIST") {
        None => Ok((FieldOption::Unsaid, fields(args, 2, NO_FIELDS)?)),
        Some(Found::Word) => Ok((FieldOption::Word, fields(args, 3, NO_FIELDS)?)),
        Some(Found::Time(time)) => {
            let fields = fields(args, 4, NO_FIELDS)?;
            Ok((FieldOption::At(FieldTime::read(time, args.arg(3), SPEC.name)?), fields))
        }
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (option, fields) = request(args)?;
    let now_ms = txn.now_ms();
    let end_ms = match option {
        FieldOption::At(time) => Some(time.end_ms(now_ms)?),
        FieldOption::Unsaid | FieldOption::Word => None,
    };
    let limits = HashLimits::from(&txn.state().options);
    field_work::announce(txn, args.arg(1), fields.len(), 0, limits)?;
    let (count, bytes_max) = (fields.len(), txn.state().options.bulk_len_max);
    let mut read = 0;
    match option {
        FieldOption::Word => txn.call_it(Event::hash("hpersist")),
        FieldOption::At(_) if end_ms.is_some_and(|end_ms| end_ms <= now_ms) => txn.call_it(Event::hash("hdel")),
        FieldOption::Unsaid | FieldOption::At(_) => {}
    }
    let replies = txn.edit_hash(args.arg(1), Create::No, |hash| {
        let named = || fields.clone().map(|at| args.arg(at));
        // A field may be named any number of times; what is returned would be larger than all that is stored.
        let bytes: u64 = named().filter_map(|field| hash.get(field)).map(|value| value.len() as u64).sum();
        if bytes > bytes_max.saturating_add(hash.memory() as u64) {
            return Err(TOO_LARGE);
        }
        read = bytes;
        let mut is_changed = false;
        let replies = named().map(|field| {
            let value = Reply::bulk_or_nil(hash.get(field));
            if value != Reply::Nil {
                is_changed |= change(hash, field, option, end_ms, now_ms);
            }
            value
        });
        let replies: Vec<Reply> = replies.collect();
        Ok((replies, Changed(is_changed)))
    })?;
    // Known only now.
    txn.work(units_of_bytes(read as usize))?;
    Ok(Reply::Array(replies.unwrap_or_else(|| vec![Reply::Nil; count])))
}

/// Gives a field that is there its new end: true if that is a change.
fn change(hash: &mut HashEdit<'_>, field: &[u8], option: FieldOption, end_ms: Option<u64>, now_ms: u64) -> bool {
    match end_ms {
        Some(end_ms) if end_ms <= now_ms => hash.remove(field),
        Some(end_ms) => {
            hash.set_end(field, Some(end_ms));
            true
        }
        None => {
            let persists = option == FieldOption::Word && hash.end_ms(field).is_some();
            if persists {
                hash.set_end(field, None);
            }
            persists
        }
    }
}
