//! RESTORE
//!
//! Invariant: a payload becomes the key's value whole, or nothing changes: it is read before anything is removed.

use crate::command::{Arg, ArgKind, Categories, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{BAD_PAYLOAD, NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::rdb::{payload, value};
use crate::store::{Deadline, ELEMENT_UNITS, Event, NEW_KEY_USES, Txn, is_over};

pub static SPEC: Spec = spec("restore", DOC);
/// What MIGRATE of a node of Redis Cluster sends.
pub static ASKING: Spec = spec(
    "restore-asking",
    Doc {
        summary: "RESTORE, as nodes of Redis Cluster ask each other for it.",
        since: "3.0.0",
        group: Family::Server,
        ..DOC
    },
)
.flags(Flags::ASKING)
.categories(Categories::KEYSPACE);

const KEY: &[KeySpec] = &[KeySpec::first(KeyFlags::OW.union(KeyFlags::UPDATE))];

const fn spec(name: &'static str, doc: Doc) -> Spec {
    Spec::write(name, -4, doc, run)
        .event(Event::generic("restore"))
        .since(3)
        // Reading a payload is more than a moment's work.
        .flags(Flags::DENYOOM.union(Flags::UNBOUNDED))
        .categories(Categories::DANGEROUS)
        .check(|args| options(args).map(drop))
        .keys(KEY)
}

const DOC: Doc = Doc {
    summary: "Makes a key of what DUMP returned, here or in Redis.",
    since: "2.6.0",
    group: Family::Generic,
    complexity: "O(N) with the size of the value; for sorted sets O(N log(N))",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("ttl", ArgKind::Integer),
        Arg::new("serialized-value", ArgKind::String),
        Arg::word("replace", "REPLACE").optional(),
        Arg::word("absttl", "ABSTTL").optional(),
        Arg::new("seconds", ArgKind::Integer).token("IDLETIME").optional(),
        Arg::new("frequency", ArgKind::Integer).token("FREQ").optional(),
    ],
};

const BUSY_KEY: ReplyError = ReplyError::new("BUSYKEY Target key name already exists.");
const NO_IDLE_TIME: ReplyError = ReplyError::new("ERR Invalid IDLETIME value, must be >= 0");
const NO_FREQUENCY: ReplyError = ReplyError::new("ERR Invalid FREQ value, must be >= 0 and <= 255");
const NO_TTL: ReplyError = ReplyError::new("ERR Invalid TTL value, must be >= 0");

#[derive(Default)]
struct Options {
    replaces: bool,
    /// The time to live is a deadline.
    is_absolute: bool,
    idle_s: Option<u64>,
    frequency: Option<u8>,
}

fn options(args: &Args) -> Result<Options, ReplyError> {
    let mut options = Options::default();
    let mut at = 4;
    while at < args.len() {
        let has_more = at + 1 < args.len();
        let number = || parse_i64(args.arg(at + 1)).ok_or(NOT_AN_INTEGER);
        at += if args.is(at, "REPLACE") {
            options.replaces = true;
            1
        } else if args.is(at, "ABSTTL") {
            options.is_absolute = true;
            1
        } else if args.is(at, "IDLETIME") && has_more && options.frequency.is_none() {
            options.idle_s = Some(u64::try_from(number()?).map_err(|_| NO_IDLE_TIME)?);
            2
        } else if args.is(at, "FREQ") && has_more && options.idle_s.is_none() {
            options.frequency = Some(u8::try_from(number()?).map_err(|_| NO_FREQUENCY)?);
            2
        } else {
            return Err(SYNTAX);
        };
    }
    Ok(options)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, sealed) = (args.arg(1), args.arg(3));
    let options = options(args)?;
    if !options.replaces && txn.exists(key) {
        return Err(BUSY_KEY);
    }
    let ttl = parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?;
    let ttl = u64::try_from(ttl).map_err(|_| NO_TTL)?;
    // At most an element for each byte or two; and what it unpacks to.
    txn.work((sealed.len() as u64).saturating_mul(ELEMENT_UNITS / 2))?;
    let opened = payload::open(sealed).ok_or(BAD_PAYLOAD)?;
    let mut refused = ReplyError::new("ERR Bad data format");
    let limits = value::Limits::new(&txn.state().options);
    let value = value::restore_within(opened, limits, &mut |units| match txn.work(units) {
        Ok(()) => Some(()),
        Err(error) => {
            refused = error;
            None
        }
    });
    let value = value.ok_or(refused)?;
    let deadline = match ttl {
        0 => Deadline::Clear,
        at if options.is_absolute => Deadline::At(at),
        ttl => Deadline::At(ttl.saturating_add(txn.now_ms()).min(i64::MAX as u64)),
    };
    if let Deadline::At(at) = deadline
        && is_over(at, txn.now_ms())
    {
        txn.remove(key);
        return Ok(Reply::Ok);
    }
    txn.set_anew(key, value, deadline);
    // Under another kind of policy they say nothing, as in Redis.
    let is_lfu = txn.state().options.policy().counts_uses();
    if let Some(idle_s) = options.idle_s.filter(|_| !is_lfu) {
        txn.make_idle(key, idle_s);
    }
    if is_lfu {
        // What it replaced has nothing to do with it.
        txn.make_used(key, options.frequency.unwrap_or(NEW_KEY_USES));
    }
    Ok(Reply::Ok)
}
