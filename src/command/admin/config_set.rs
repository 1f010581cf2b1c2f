//! CONFIG SET: all or nothing. Options of the node change at once; replicated ones by one log entry, and then the node's own with them.

use std::borrow::Cow;

use super::acl::{SET as SET_USER, change as change_users, password_args};
use super::{ADMIN, doc};
use crate::command::context::{Answer, Call, Configuration};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, NewerForm, Outcome, Spec};
use crate::config::{Change, Opt, OptionValue, Settings, find, replicated_since};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Options, Txn};
use crate::sys::version::FIRST_LEVEL;

pub static SPEC: Spec = Spec::session(
    "config|set",
    -4,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("2.0.0", "O(N) with the number of options", "Sets options; those that are replicated on every node.").args(&[
        Arg::new("data", ArgKind::Block(&[Arg::new("parameter", ArgKind::String), Arg::new("value", ArgKind::String)]))
            .multiple(),
    ]),
    run,
)
.secrets(|args, at| at > 2 && args.is(at - 1, "requirepass"))
.newer_form(of_a_later_option);

/// An option that some node does not replicate yet must not be set: it would have one value here and another there.
fn of_a_later_option(args: &Args) -> Option<NewerForm> {
    let names = (2..args.len()).step_by(2).filter_map(|at| find(std::str::from_utf8(args.arg(at)).ok()?));
    let since =
        names.filter(|opt| opt.is_replicated() || opt.is_password()).map(|opt| replicated_since(opt.name)).max()?;
    (since > FIRST_LEVEL).then_some(NewerForm { since, before: NOT_REPLICATED })
}

/// Sets replicated options; only log entries hold it, so the bounds were checked where it came from.
pub static APPLY: Spec =
    Spec::write("config._set", -3, Doc::new(Family::Server, "1.0.0", "O(N)", "Sets replicated options."), apply)
        .flags(Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::INTERNAL).union(Flags::FREES));

const NOT_REPLICATED: ReplyError =
    ReplyError::new("ERR CONFIG SET failed - some node does not replicate this option yet");
const IMMUTABLE: &str = "can't set immutable config";

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let changes = match check(args, &call.node.settings()) {
        Ok(changes) => changes,
        Err(error) => return Reply::Error(error).into(),
    };
    let (replicated, own): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(opt, _)| opt.is_replicated());
    let password = own.iter().filter(|(opt, _)| opt.is_password()).map(|(opt, value)| opt.kind.show(value)).next_back();
    if let Err(error) = check_room(&**call.node, &own) {
        return Reply::Error(error).into();
    }
    let change_own = |node: &dyn Configuration, own: Vec<(&'static Opt, OptionValue)>| {
        let mut settings = (*node.settings()).clone();
        for (opt, value) in own {
            if opt.is_password() {
                settings.password_set = Some(opt.kind.show(&value));
            } else {
                opt.set(&mut settings, value);
            }
        }
        node.change_settings(settings);
        Reply::Ok
    };
    if replicated.is_empty() && password.is_none() {
        return change_own(&**call.node, own).into();
    }
    let number = |opt: &Opt, value: &OptionValue| opt.kind.number(value).unwrap_or_default().to_string();
    let entry = std::iter::once(APPLY.name.to_owned())
        .chain(replicated.into_iter().flat_map(|(opt, value)| [opt.name.to_owned(), number(opt, &value)]));
    let (entry, node) = (Args::from_slices(entry), call.node.clone());
    Answer::later(async move {
        if entry.len() > 1 {
            let reply = node.execute(&APPLY, entry).await;
            if reply.is_error() {
                return reply;
            }
        }
        if let Some(password) = password {
            let reply = change_users(&node, &SET_USER, password_args(password.as_bytes())).await;
            if reply.is_error() {
                return reply;
            }
        }
        change_own(&*node, own)
    })
}

/// Checks all before anything changes, first the names and then the values, as Redis does. What has its value already is no change.
fn check(args: &Args, settings: &Settings) -> Result<Vec<(&'static Opt, OptionValue)>, ReplyError> {
    if !args.len().is_multiple_of(2) {
        return Err(SYNTAX);
    }
    let mut named: Vec<(&'static Opt, Vec<u8>, &[u8])> = Vec::new();
    for at in (2..args.len()).step_by(2) {
        let name = args.arg(at);
        let Some(opt) = std::str::from_utf8(name).ok().and_then(find) else {
            return Err(ReplyError::about("ERR Unknown option or number of arguments for CONFIG SET - '", name, "'"));
        };
        match opt.change {
            Change::Immutable => return Err(failed(name, IMMUTABLE)),
            Change::Protected => return Err(failed(name, "can't set protected config")),
            Change::Start | Change::Live => {}
        }
        let lower = name.to_ascii_lowercase();
        // Under another of its names an option may stand again, and the last value counts.
        if named.iter().any(|(_, before, _)| *before == lower) {
            return Err(failed(name, "duplicate parameter"));
        }
        named.push((opt, lower, args.arg(at + 1)));
    }
    let mut changes = Vec::new();
    for (opt, name, value) in named {
        changes.extend(check_value(opt, value, settings).map_err(|why| failed(&name, &why))?.map(|value| (opt, value)));
    }
    Ok(changes)
}

/// The value, if it is another than the option always has.
fn check_value(opt: &Opt, value: &[u8], settings: &Settings) -> Result<Option<OptionValue>, String> {
    let text = String::from_utf8_lossy(value);
    // None of these is replicated. One that has no value takes none, though a value has to be more than nothing.
    let present = (opt.change == Change::Start).then(|| opt.get(settings, &Options::default()));
    if present.as_deref() == Some(&*text) {
        return Ok(None);
    }
    let parsed = opt.kind.parse(&text)?;
    if matches!(text, Cow::Owned(_)) {
        return Err("argument must be UTF-8".into());
    }
    match present {
        None => Ok(Some(parsed)),
        Some(present) if opt.kind.show(&parsed) == present => Ok(None),
        Some(_) => Err(opt.reason().unwrap_or(IMMUTABLE).into()),
    }
}

fn failed(name: &[u8], why: &str) -> ReplyError {
    let start = b"ERR CONFIG SET failed (possibly related to argument '".as_slice();
    ReplyError::text([start, name, b"') - ".as_slice(), why.as_bytes()].concat())
}

/// More clients than there are file descriptors for are refused.
fn check_room(node: &dyn Configuration, changes: &[(&'static Opt, OptionValue)]) -> Result<(), ReplyError> {
    let now = node.settings();
    let mut settings = (*now).clone();
    changes.iter().for_each(|(opt, value)| opt.set(&mut settings, value.clone()));
    let wanted = settings.maxclients;
    let room = if wanted == now.maxclients { wanted } else { node.make_room(wanted) };
    if room == wanted {
        return Ok(());
    }
    let why = "The operating system is not able to handle the specified number of clients, try with";
    Err(failed(b"maxclients", &format!("{why} {room}")))
}

fn apply(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    for at in (1..args.len()).step_by(2) {
        let name = String::from_utf8_lossy(args.arg(at));
        if let Some(value) = parse_i64(args.arg(at + 1)) {
            // A name that this binary does not know is one of a later level, which it would not have started on.
            txn.state_mut().options.set(&name, value as u64);
        }
    }
    txn.fit_scripts();
    Ok(Reply::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options;

    #[test]
    fn an_option_that_is_replicated_later_waits_for_every_node() {
        let available = |line: &str, level| SPEC.check_available(level, &Args::from_slices(line.split(' '))).is_ok();
        for option in
            ["zset-max-listpack-value", "ZSET-max-ziplist-entries", "list-max-listpack-size", "maxmemory-policy"]
        {
            let line = format!("config set timeout 1 {option} 7");
            assert_eq!([1, 2, 3].map(|level| available(&line, level)), [false, false, true], "{line}");
        }
        assert!(available("config set timeout 1 hash-max-listpack-value 7 nosuch 1 x", 1));
    }

    fn refusal(line: &str) -> String {
        check(&Args::from_slices(line.split(' ')), &Settings::default()).err().unwrap().to_string()
    }

    #[test]
    fn config_set_with_one_wrong_value_is_refused_whole_in_words_of_redis() {
        assert_eq!(
            refusal("config set timeout 5 maxclients x"),
            "ERR CONFIG SET failed (possibly related to argument 'maxclients') - argument couldn't be parsed into an integer"
        );
        assert_eq!(
            refusal("config set timeout 5 foo 2"),
            "ERR Unknown option or number of arguments for CONFIG SET - 'foo'"
        );
        assert_eq!(refusal("config set timeout 5 foo"), "ERR syntax error");
        assert!(refusal("config set dir ./lockstep-data").ends_with("'dir') - can't set protected config"));
        assert!(refusal("config set databases 16").ends_with("can't set immutable config"));
        assert!(refusal("config set maxmemory -1").ends_with("argument must be a memory value"));
        assert!(refusal("config set hash-max-listpack-value x").ends_with("argument must be a memory value"));
        assert!(
            refusal("config set maxmemory-policy foo").contains("one of the following: volatile-lru, volatile-lfu")
        );
        assert!(refusal("config set port 1").ends_with("'port') - can't set immutable config"));
        assert!(refusal("config set proto-max-bulk-len 1kb").contains("between 1048576 and 536870912 inclusive"));
    }

    #[test]
    fn config_set_of_the_present_value_is_ok_and_changes_nothing() {
        let lines =
            ["cluster-migration-barrier 1", "maxmemory-clients 0%", "appendonly yes", "port 6379", "tls-port 0"];
        for line in lines {
            let args = Args::from_slices(["config", "set"].into_iter().chain(line.split(' ')));
            assert_eq!(check(&args, &Settings::default()).map(|changes| changes.len()), Ok(0), "{line}");
        }
        let args = Args::from_slices(["config", "set", "locale-collate", "", "timeout", "5"]);
        assert_eq!(check(&args, &Settings::default()).map(|changes| changes.len()), Ok(1));
    }

    #[test]
    fn config_set_takes_what_config_get_shows_of_every_option() {
        let replicated = Options::default();
        let mut empty = Vec::new();
        for opt in options().filter(|opt| matches!(opt.change, Change::Start | Change::Live)) {
            let shown = opt.get(&Settings::default(), &replicated);
            if shown.is_empty() {
                empty.push(opt.name);
            }
            let args = Args::from_slices(["config", "set", opt.name, &shown]);
            let changes = check(&args, &Settings::default()).map(|changes| changes.len());
            assert_eq!(changes, Ok(usize::from(opt.change == Change::Live)), "{} {shown:?}", opt.name);
        }
        assert!(["join", "advertise", "skip-entry", "force-new-cluster"].iter().all(|name| empty.contains(name)));
    }

    #[test]
    fn value_that_would_lie_is_refused_with_the_reason() {
        let lines = [
            ("appendonly no", "every write is in a log on disk before it is acknowledged"),
            ("appendfsync everysec", "every write is in a log on disk before it is acknowledged"),
            ("min-replicas-to-write 1", "a write waits for a majority"),
            ("replica-read-only yes", "every node takes writes"),
            ("cluster-require-full-coverage no", "one shard has all slots"),
            ("tls-port 1", "TLS is not supported"),
        ];
        for (line, why) in lines {
            let name = line.split(' ').next().unwrap();
            let start = format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {why}");
            let told = refusal(&format!("config set {line}"));
            assert!(told.starts_with(&start), "{told}");
        }
    }

    /// What is deliberately other than in Redis 7.0.15, besides values of options that are always so: option, its words, ours.
    const DIFFERENCES: [(&str, &str, &str); 3] = [
        // No command builds a longer string, and the value would promise one.
        ("proto-max-bulk-len", "9223372036854775807", "argument must be between 1048576 and 536870912 inclusive"),
        (
            "proto-max-bulk-len",
            "argument must be between 1048576 and 9223372036854775807 inclusive",
            "argument must be between 1048576 and 536870912 inclusive",
        ),
        // A level of Redis 7.2.
        (
            "loglevel",
            "argument(s) must be one of the following: debug, verbose, notice, warning",
            "argument(s) must be one of the following: debug, verbose, notice, warning, nothing",
        ),
    ];

    #[test]
    fn options_of_redis_have_its_names_ranges_and_words() {
        let lines = include_str!("testdata/config_set.txt").lines().filter(|line| !line.starts_with('#'));
        let mut wrong = Vec::new();
        for line in lines {
            let [name, value, outcome, expected] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let mut settings = Settings::default();
            let args = Args::from_slices(["config", "set", name, value]);
            let told = check(&args, &settings).map_err(|error| error.to_string());
            let opt = find(name).unwrap();
            let (is_ok, told) = match told {
                Ok(changes) => {
                    let shown = changes.first().map(|(_, value)| opt.kind.show(value));
                    changes.into_iter().for_each(|(opt, value)| opt.set(&mut settings, value));
                    let is_shown_elsewhere = shown.is_none() || opt.is_replicated();
                    let kept = opt.get(&settings, &Options::default());
                    (true, if is_shown_elsewhere { shown.unwrap_or(kept) } else { kept })
                }
                Err(error) => (false, error),
            };
            let refused = |why: &str| format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {why}");
            let differs = DIFFERENCES.iter().find(|(at, theirs, _)| (*at, *theirs) == (name, expected));
            let is_right = match (outcome, differs) {
                _ if !opt.is_settable() && !is_ok && told == refused(opt.reason().unwrap_or(IMMUTABLE)) => true,
                (_, Some((.., why))) => told == refused(why),
                ("OK", None) => is_ok && told == expected,
                _ => !is_ok && told == refused(expected),
            };
            if !is_right {
                wrong.push(format!("{line}: {told}"));
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn names_are_checked_before_values() {
        let immutable = |name: &str| format!("argument '{name}') - can't set immutable config");
        assert!(refusal("config set timeout x databases 1").ends_with(&immutable("databases")));
        assert!(refusal("config set databases 16 foo 1").ends_with(&immutable("databases")));
        assert!(refusal("config set foo 1 databases 16").ends_with("for CONFIG SET - 'foo'"));
        assert!(refusal("config set timeout x foo 1").ends_with("for CONFIG SET - 'foo'"));
        assert!(refusal("config set timeout x TIMEOUT 1").ends_with("argument 'TIMEOUT') - duplicate parameter"));
        assert!(refusal("config set Hash-Max-Ziplist-Value -1").contains("argument 'hash-max-ziplist-value'"));
    }

    #[test]
    fn last_value_counts_for_an_option_given_under_two_names() {
        let args = Args::from_slices(["config", "set", "lua-time-limit", "5", "busy-reply-threshold", "6"]);
        let mut settings = Settings::default();
        check(&args, &settings).unwrap().into_iter().for_each(|(opt, value)| opt.set(&mut settings, value));
        assert_eq!(find("lua-time-limit").unwrap().get(&settings, &Options::default()), "6");
    }

    #[test]
    fn value_that_is_no_utf_8_is_refused() {
        let args = Args::from_slices([b"config".as_slice(), b"set", b"ignore-warnings", b"\xff"]);
        let told = check(&args, &Settings::default()).err().unwrap().to_string();
        assert!(told.ends_with("argument must be UTF-8"), "{told}");
    }

    #[test]
    fn config_set_entry_changes_the_replicated_options() {
        let mut state = crate::store::State::default();
        let mut effects = crate::store::Effects::default();
        let mut txn = state.txn(0, crate::store::Rng::of_command(1, 1), &mut effects);
        let args = Args::from_slices(["config._set", "script-budget", "7000", "hash-max-listpack-value", "9"]);
        apply(&mut txn, &args).unwrap();
        assert_eq!((state.options.script_budget, state.options.hash_small_value_max), (7000, 9));
    }
}
