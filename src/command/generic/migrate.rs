//! MIGRATE: moves keys to another server, Redis or Lockstep, as DUMP, RESTORE there, and DEL here.
//!
//! Invariant: a key is deleted here only if the target has acknowledged what it was, and it is still that: the deletion goes through the log
//! under the mark that WATCH would have remembered before the value was read. So no write is lost that comes meanwhile, whichever node it
//! comes through: it stays here, and the caller is told. Unlike in Redis nothing waits meanwhile, on this node or another.

use std::time::Duration;

use super::migrate_transfer::{Target, migrate};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, BeginSearch, Categories, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};

/// MIGRATE. It is several reads and writes of the log, so a transaction cannot hold it, nor a script.
pub static SPEC: Spec = Spec::session(
    "migrate",
    -6,
    Flags::WRITE.union(Flags::MOVABLEKEYS).union(Flags::CUTS_GROUP).union(Flags::NO_MULTI).union(Flags::NOSCRIPT),
    DOC,
    run,
)
.since(3)
.categories(Categories::DANGEROUS)
.check(|args| Request::read(args).map(drop))
.given_keys(|args| key_places(args).into_iter().map(|at| (at, KEYS_FLAGS)).collect())
.secrets(|args, at| {
    (6..at).any(|word| (args.is(word, "AUTH") && at - word == 1) || (args.is(word, "AUTH2") && at - word <= 2))
})
.keys(&[
    KeySpec::range(3, 0, 1, KEYS_FLAGS),
    KeySpec {
        begin: BeginSearch::Keyword("KEYS", -2),
        find: FindKeys::Range { last: -1, step: 1, limit: 0 },
        flags: KEYS_FLAGS.union(KeyFlags::INCOMPLETE),
    },
]);

const KEYS_FLAGS: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);

const DOC: Doc = Doc {
    summary: "Moves keys to another server.",
    since: "2.6.0",
    group: Family::Generic,
    complexity: "O(N) with the size of the values",
    args: &[
        Arg::new("host", ArgKind::String),
        Arg::new("port", ArgKind::Integer),
        Arg::new(
            "key-selector",
            ArgKind::OneOf(&[Arg::new("key", ArgKind::Key(0)), Arg::word("empty-string", "\"\"")]),
        ),
        Arg::new("destination-db", ArgKind::Integer),
        Arg::new("timeout", ArgKind::Integer),
        Arg::word("copy", "COPY").optional(),
        Arg::word("replace", "REPLACE").optional(),
        Arg::new(
            "authentication",
            ArgKind::OneOf(&[
                Arg::new("auth", ArgKind::String).token("AUTH"),
                Arg::new(
                    "auth2",
                    ArgKind::Block(&[Arg::new("username", ArgKind::String), Arg::new("password", ArgKind::String)]),
                )
                .token("AUTH2"),
            ]),
        )
        .optional(),
        Arg::new("keys", ArgKind::Key(1)).token("KEYS").optional().multiple(),
    ],
};

const KEY_BESIDE_KEYS: ReplyError =
    ReplyError::new("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
/// Where none is given, ms.
const TIMEOUT_DEFAULT_MS: u64 = 1000;

/// Where the word KEYS stands as an option; None: nowhere.
fn keys_word(args: &Args) -> Option<usize> {
    let mut at = 6;
    while at < args.len() {
        if args.is(at, "KEYS") {
            return Some(at);
        }
        at += match () {
            () if args.is(at, "AUTH") => 2,
            () if args.is(at, "AUTH2") => 3,
            () => 1,
        };
    }
    None
}

fn key_places(args: &Args) -> Vec<usize> {
    match keys_word(args) {
        Some(word) if args.arg(3).is_empty() => (word + 1..args.len()).collect(),
        _ => vec![3],
    }
}

struct Request {
    target: Target,
    keys: Vec<Vec<u8>>,
}

impl Request {
    fn read(args: &Args) -> Result<Self, ReplyError> {
        let text = |at: usize| String::from_utf8_lossy(args.arg(at)).into_owned();
        let (mut copies, mut replaces, mut auth) = (false, false, None);
        let end = keys_word(args);
        let mut at = 6;
        while at < end.unwrap_or(args.len()) {
            let more = args.len() - 1 - at;
            at += if args.is(at, "COPY") {
                copies = true;
                1
            } else if args.is(at, "REPLACE") {
                replaces = true;
                1
            } else if args.is(at, "AUTH") && more >= 1 {
                auth = Some(vec![args.arg(at + 1).to_vec()]);
                2
            } else if args.is(at, "AUTH2") && more >= 2 {
                auth = Some(vec![args.arg(at + 1).to_vec(), args.arg(at + 2).to_vec()]);
                3
            } else {
                return Err(SYNTAX);
            };
        }
        if end.is_some() && !args.arg(3).is_empty() {
            return Err(KEY_BESIDE_KEYS);
        }
        let timeout_ms = parse_i64(args.arg(5)).ok_or(NOT_AN_INTEGER)?;
        let db = parse_i64(args.arg(4)).ok_or(NOT_AN_INTEGER)?;
        let timeout_ms = u64::try_from(timeout_ms).ok().filter(|ms| *ms > 0).unwrap_or(TIMEOUT_DEFAULT_MS);
        let target = Target {
            host: text(1),
            port: text(2).parse().unwrap_or(0),
            db,
            timeout: Duration::from_millis(timeout_ms),
            auth,
            copies,
            replaces,
        };
        Ok(Self { target, keys: key_places(args).into_iter().map(|at| args.arg(at).to_vec()).collect() })
    }
}

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let Request { target, keys } = match Request::read(args) {
        Ok(request) => request,
        Err(error) => return Reply::Error(error).into(),
    };
    let (node, db) = (call.node.clone(), call.session.db);
    Answer::later(async move { migrate(&*node, db, keys, target).await.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Caller, check, keys_of};

    fn args(line: &str) -> Args {
        Args::from_slices(crate::protocol::parse::split_inline(line.as_bytes()).unwrap())
    }

    #[test]
    fn options_are_read_in_any_order_and_wrong_ones_refused_as_by_redis() {
        for (line, told) in [
            ("MIGRATE h 1 k 0 x", "ERR value is not an integer or out of range"),
            ("MIGRATE h 1 k x 0", "ERR value is not an integer or out of range"),
            ("MIGRATE h 1 k 0 0 FOO", "ERR syntax error"),
            ("MIGRATE h 1 k 0 0 AUTH", "ERR syntax error"),
            ("MIGRATE h 1 k 0 0 AUTH2 u", "ERR syntax error"),
            ("MIGRATE h 1 k 0 x FOO", "ERR syntax error"),
            (
                "MIGRATE h 1 k 0 0 KEYS a",
                "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
            ),
        ] {
            assert_eq!(Request::read(&args(line)).map(drop).unwrap_err().to_string(), told, "{line}");
        }
        let request = Request::read(&args("MIGRATE h 6379 \"\" 3 -5 replace AUTH2 u copy copy KEYS a KEYS b")).unwrap();
        let Target { host, port, db, timeout, auth, copies, replaces } = request.target;
        assert_eq!((host.as_str(), port, db, timeout.as_millis()), ("h", 6379, 3, 1000));
        assert_eq!((copies, replaces, auth), (true, true, Some(vec![b"u".to_vec(), b"copy".to_vec()])));
        assert_eq!(request.keys, [b"a".to_vec(), b"KEYS".to_vec(), b"b".to_vec()]);
    }

    #[test]
    fn keys_are_found_and_passwords_hidden() {
        let places = |line: &str| -> Vec<usize> {
            let args = args(line);
            let spec = check(Caller::Client, &args).unwrap();
            keys_of(spec, &args).unwrap().into_iter().map(|(at, _)| at).collect()
        };
        assert_eq!(places("MIGRATE h 1 k 0 0 COPY"), [3]);
        assert_eq!(places("MIGRATE h 1 \"\" 0 0 AUTH KEYS KEYS a b"), [9, 10]);
        let is_secret = |line: &str, at: usize| (SPEC.is_secret.unwrap())(&args(line), at);
        assert!(is_secret("MIGRATE h 1 k 0 0 AUTH p", 7) && !is_secret("MIGRATE h 1 k 0 0 COPY p", 7));
        assert!(is_secret("MIGRATE h 1 k 0 0 AUTH2 u p", 7) && is_secret("MIGRATE h 1 k 0 0 AUTH2 u p", 8));
    }
}
