//! COMMAND INFO

use super::{named, shown};
use crate::command::{BeginSearch, Categories, FindKeys, Flags, Group, KeyFlags, KeySpec, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

/// Redis's names of flags, in its order.
const FLAG_NAMES: [(Flags, &str); 19] = [
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
    (Flags::MAY_REPLICATE, "may_replicate"),
    (Flags::NO_ASYNC_LOADING, "no_async_loading"),
    (Flags::NO_MULTI, "no_multi"),
    (Flags::MOVABLEKEYS, "movablekeys"),
    (Flags::ALLOW_BUSY, "allow_busy"),
];

const CATEGORY_NAMES: [(Categories, &str); 22] = [
    (Categories::KEYSPACE, "@keyspace"),
    (Categories::READ, "@read"),
    (Categories::WRITE, "@write"),
    (Categories::SET, "@set"),
    (Categories::SORTEDSET, "@sortedset"),
    (Categories::LIST, "@list"),
    (Categories::HASH, "@hash"),
    (Categories::STRING, "@string"),
    (Categories::BITMAP, "@bitmap"),
    (Categories::HYPERLOGLOG, "@hyperloglog"),
    (Categories::GEO, "@geo"),
    (Categories::STREAM, "@stream"),
    (Categories::PUBSUB, "@pubsub"),
    (Categories::ADMIN, "@admin"),
    (Categories::FAST, "@fast"),
    (Categories::SLOW, "@slow"),
    (Categories::BLOCKING, "@blocking"),
    (Categories::DANGEROUS, "@dangerous"),
    (Categories::CONNECTION, "@connection"),
    (Categories::TRANSACTION, "@transaction"),
    (Categories::SCRIPTING, "@scripting"),
    (Categories::LOCK, "@lock"),
];

const KEY_FLAG_NAMES: [(KeyFlags, &str); 11] = [
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

pub fn run(_call: &mut Call<'_>, args: &Args) -> Answer {
    if args.len() == 2 {
        return Reply::Array(shown().map(describe).collect()).into();
    }
    Reply::Array(args.from(2).map(|name| named(name).map_or(Reply::NilArray, describe)).collect()).into()
}

/// One command as COMMAND shows it.
pub fn describe(spec: &'static Spec) -> Reply {
    let (first, last, step) = key_range(spec.keys);
    Reply::Array(vec![
        Reply::bulk(spec.name),
        Reply::Int(spec.arity.into()),
        Reply::Set(names(&FLAG_NAMES, |flag| spec.flags.contains(flag))),
        Reply::Int(first),
        Reply::Int(last),
        Reply::Int(step),
        Reply::Set(names(&CATEGORY_NAMES, |category| categories(spec).contains(category))),
        Reply::Array(vec![]),
        Reply::Array(spec.keys.iter().map(key_spec).collect()),
        Reply::Array(spec.subcommands.iter().copied().map(describe).collect()),
    ])
}

fn names<F: Copy>(all: &[(F, &'static str)], has: impl Fn(F) -> bool) -> Vec<Reply> {
    all.iter().filter(|(flag, _)| has(*flag)).map(|(_, name)| Reply::simple(name)).collect()
}

/// Names of a key's flags.
pub fn key_flags(flags: KeyFlags) -> Reply {
    Reply::Set(names(&KEY_FLAG_NAMES, |flag| flags.contains(flag)))
}

/// All categories of a command: its own, and those that its flags and group give.
pub fn categories(spec: &Spec) -> Categories {
    let mut all = spec.categories;
    let mut add = |yes: bool, category: Categories| {
        if yes {
            all |= category;
        }
    };
    let has = |flag| spec.flags.contains(flag);
    add(has(Flags::WRITE), Categories::WRITE);
    add(has(Flags::READONLY) && spec.doc.group != Group::Scripting, Categories::READ);
    add(has(Flags::ADMIN), Categories::ADMIN.union(Categories::DANGEROUS));
    add(has(Flags::PUBSUB), Categories::PUBSUB);
    add(has(Flags::BLOCKING), Categories::BLOCKING);
    add(has(Flags::FAST), Categories::FAST);
    add(!has(Flags::FAST), Categories::SLOW);
    if !matches!(spec.run, Run::Container) {
        let of_group = match spec.doc.group {
            Group::Generic => Categories::KEYSPACE,
            Group::String => Categories::STRING,
            Group::Hash => Categories::HASH,
            Group::Transactions => Categories::TRANSACTION,
            Group::Connection => Categories::CONNECTION,
            Group::Scripting => Categories::SCRIPTING,
            Group::Lock => Categories::LOCK,
            Group::Server | Group::Cluster => Categories::empty(),
        };
        all |= of_group;
    }
    all
}

/// First key, last key and step in the older form, which knows one range.
fn key_range(keys: &[KeySpec]) -> (i64, i64, i64) {
    let mut range: Option<(i64, i64, i64)> = None;
    for spec in keys {
        let (BeginSearch::Index(first), FindKeys::Range { last, step, .. }) = (spec.begin, spec.find) else { continue };
        let first = i64::from(first);
        let last = if last >= 0 { first + i64::from(last) } else { i64::from(last) };
        range = Some(match range {
            Some((known, upto, step)) if upto >= 0 && last >= 0 => (known.min(first), upto.max(last), step),
            Some(known) => known,
            None => (first, last, step.into()),
        });
    }
    range.unwrap_or((0, 0, 0))
}

fn key_spec(spec: &KeySpec) -> Reply {
    let field = |name: &'static str, value: Reply| (Reply::bulk(name), value);
    let int = |value: i32| Reply::Int(value.into());
    let begin = match spec.begin {
        BeginSearch::Index(index) => {
            vec![field("type", Reply::bulk("index")), field("spec", Reply::Map(vec![field("index", int(index))]))]
        }
        BeginSearch::Keyword(word, from) => vec![
            field("type", Reply::bulk("keyword")),
            field("spec", Reply::Map(vec![field("keyword", Reply::bulk(word)), field("startfrom", int(from))])),
        ],
    };
    let find = match spec.find {
        FindKeys::Range { last, step, limit } => vec![
            field("type", Reply::bulk("range")),
            field(
                "spec",
                Reply::Map(vec![field("lastkey", int(last)), field("keystep", int(step)), field("limit", int(limit))]),
            ),
        ],
        FindKeys::Keynum { index, first, step } => vec![
            field("type", Reply::bulk("keynum")),
            field(
                "spec",
                Reply::Map(vec![
                    field("keynumidx", int(index)),
                    field("firstkey", int(first)),
                    field("keystep", int(step)),
                ]),
            ),
        ],
    };
    Reply::Map(vec![
        field("flags", key_flags(spec.flags)),
        field("begin_search", Reply::Map(begin)),
        field("find_keys", Reply::Map(find)),
    ])
}
