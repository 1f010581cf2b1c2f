//! One command as COMMAND INFO describes it.

use super::tips::tips;
use crate::command::{BeginSearch, FindKeys, Flags, KeyFlags, KeySpec, Spec};
use crate::protocol::Reply;

/// Redis's flags in the order in which it lists them; MAY_REPLICATE it does not show.
const FLAGS: [(Flags, &str); 19] = [
    (Flags::WRITE, "write"),
    (Flags::READONLY, "readonly"),
    (Flags::DENYOOM, "denyoom"),
    (Flags::ADMIN, "admin"),
    (Flags::PUBSUB, "pubsub"),
    (Flags::NOSCRIPT, "noscript"),
    (Flags::BLOCKING, "blocking"),
    (Flags::LOADING, "loading"),
    (Flags::STALE, "stale"),
    (Flags::SKIP_MONITOR, "skip_monitor"),
    (Flags::SKIP_SLOWLOG, "skip_slowlog"),
    (Flags::ASKING, "asking"),
    (Flags::FAST, "fast"),
    (Flags::NO_AUTH, "no_auth"),
    (Flags::NO_MANDATORY_KEYS, "no_mandatory_keys"),
    (Flags::NO_ASYNC_LOADING, "no_async_loading"),
    (Flags::NO_MULTI, "no_multi"),
    (Flags::MOVABLEKEYS, "movablekeys"),
    (Flags::ALLOW_BUSY, "allow_busy"),
];

const KEY_FLAGS: [(KeyFlags, &str); 11] = [
    (KeyFlags::RO, "RO"),
    (KeyFlags::RW, "RW"),
    (KeyFlags::OW, "OW"),
    (KeyFlags::RM, "RM"),
    (KeyFlags::ACCESS, "access"),
    (KeyFlags::UPDATE, "update"),
    (KeyFlags::INSERT, "insert"),
    (KeyFlags::DELETE, "delete"),
    (KeyFlags::NOT_KEY, "not_key"),
    (KeyFlags::INCOMPLETE, "incomplete"),
    (KeyFlags::VARIABLE_FLAGS, "variable_flags"),
];

/// See the module's header.
pub fn info(spec: &'static Spec) -> Reply {
    let flags = FLAGS.iter().filter(|(flag, _)| spec.flags.contains(*flag)).map(|(_, name)| Reply::simple(name));
    let categories = spec.all_categories().names().map(|name| Reply::Simple(format!("@{name}").into_bytes().into()));
    let (first, last, step) = legacy_range(spec);
    let subcommands = match spec.subcommands {
        [] => Reply::Set(vec![]),
        subcommands => Reply::Array(subcommands.iter().map(|spec| info(spec)).collect()),
    };
    Reply::Array(vec![
        Reply::bulk(spec.name),
        Reply::Int(spec.arity.into()),
        Reply::Set(flags.collect()),
        Reply::Int(first.into()),
        Reply::Int(last.into()),
        Reply::Int(step.into()),
        Reply::Set(categories.collect()),
        Reply::Set(tips(spec.name).iter().map(|tip| Reply::bulk(*tip)).collect()),
        Reply::Set(spec.keys.iter().map(key_spec).collect()),
        subcommands,
    ])
}

/// The flags of a key, as COMMAND INFO and GETKEYSANDFLAGS show them.
pub fn key_flags(flags: KeyFlags) -> Reply {
    Reply::Set(
        KEY_FLAGS.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| Reply::simple(name)).collect(),
    )
}

/// First key, last key and step, as far as one range says it: what clients of old read.
fn legacy_range(spec: &Spec) -> (i32, i32, i32) {
    match spec.keys.first() {
        Some(KeySpec { begin: BeginSearch::Index(first), find: FindKeys::Range { last, step, .. }, .. }) => {
            let mut end = if *last >= 0 { first + last } else { *last };
            // Ranges that follow each other without a gap are one.
            for next in spec.keys.iter().skip(1) {
                if let (BeginSearch::Index(begin), FindKeys::Range { last, .. }) = (next.begin, next.find)
                    && end >= 0
                    && begin == end + step
                {
                    end = if last >= 0 { begin + last } else { last };
                }
            }
            (*first, end, *step)
        }
        _ => (0, 0, 0),
    }
}

fn key_spec(spec: &KeySpec) -> Reply {
    let field = |name: &'static str, value: i32| (Reply::bulk(name), Reply::Int(value.into()));
    let begin = match spec.begin {
        BeginSearch::Index(index) => typed("index", vec![field("index", index)]),
        BeginSearch::Keyword(word, from) => {
            typed("keyword", vec![(Reply::bulk("keyword"), Reply::bulk(word)), field("startfrom", from)])
        }
        BeginSearch::Unknown => typed("unknown", Vec::new()),
    };
    let find = match spec.find {
        FindKeys::Range { last, step, limit } => {
            typed("range", vec![field("lastkey", last), field("keystep", step), field("limit", limit)])
        }
        FindKeys::Keynum { index, first, step } => {
            typed("keynum", vec![field("keynumidx", index), field("firstkey", first), field("keystep", step)])
        }
        FindKeys::Unknown => typed("unknown", Vec::new()),
    };
    Reply::Map(vec![
        (Reply::bulk("flags"), key_flags(spec.flags)),
        (Reply::bulk("begin_search"), begin),
        (Reply::bulk("find_keys"), find),
    ])
}

fn typed(kind: &'static str, spec: Vec<(Reply, Reply)>) -> Reply {
    Reply::Map(vec![(Reply::bulk("type"), Reply::bulk(kind)), (Reply::bulk("spec"), Reply::Map(spec))])
}
