use super::*;
use crate::command::{COMMANDS, Caller, check};
use crate::store::TrustedNames;

/// A user with these rules, checked against the commands that there are.
fn user(rules: &str) -> User {
    let mut user = User::new(b"u", false);
    let rules = crate::store::merge_selectors(rules.split(' ').map(str::as_bytes)).unwrap();
    rules.iter().for_each(|rule| user.set(rule, false, &Names(COMMANDS)).unwrap_or_else(|why| panic!("{why:?}")));
    user
}

/// What DRYRUN says.
fn dry_run(rules: &str, line: &str) -> String {
    let permissions = permissions(&user(rules), COMMANDS);
    let args = Args::from_slices(line.split(' '));
    let spec = check(Caller::Client, &args).unwrap();
    match ask(&permissions, COMMANDS, spec, &args) {
        Ok(()) => "OK".into(),
        Err(refusal) => String::from_utf8(message(&permissions, spec, &args, refusal, true)).unwrap(),
    }
}

fn no_command(name: &str) -> String {
    format!("User u has no permissions to run the '{name}' command")
}

fn no_key(name: &str) -> String {
    format!("User u has no permissions to access the '{name}' key")
}

fn no_channel(name: &str) -> String {
    format!("User u has no permissions to access the '{name}' channel")
}

#[test]
fn a_command_is_allowed_by_the_last_rule_that_names_it() {
    let ok = || "OK".to_owned();
    for (rules, line, told) in [
        ("~*", "get a", no_command("get")),
        ("~* +get", "get a", ok()),
        ("~* +@read", "get a", ok()),
        ("~* +@read -get", "get a", no_command("get")),
        ("~* +@read -get +@read", "get a", ok()),
        ("~* +@all -@write", "set a 1", no_command("set")),
        ("~* +@all -@write", "get a", ok()),
        ("~* +config", "config get a", ok()),
        ("~* +config -config|set", "config set a b", no_command("config|set")),
        ("~* +config -config|set", "config get a", ok()),
        ("~* +config|get", "config get a", ok()),
        ("~* +config|get", "config set a b", no_command("config|set")),
        ("~* +select|0", "select 0", ok()),
        ("~* +select|0", "select 1", no_command("select")),
        ("~* +select|0 -select", "select 0", no_command("select")),
        ("~*", "auth a", ok()),
        ("~* +debug|sleep +debug|a", "debug sleep 0", ok()),
        ("~* +debug|sleep +debug|a", "debug reload", no_command("debug|reload")),
        ("~* +@lock", "lock.release a b", ok()),
        ("~* +@all -@lock", "lock.acquire a b 1000", no_command("lock.acquire")),
        ("~* +@all -@admin", "raft.add a:1", no_command("raft.add")),
        ("~* +@blocking +@list", "blpop a 0", ok()),
        // What waits has another spec of the same name.
        ("~* +lock.acquire", "lock.acquire a b 1000 WAIT 5", ok()),
    ] {
        assert_eq!(dry_run(rules, line), told, "{rules}: {line}");
    }
}

#[test]
fn keys_are_opened_for_reading_and_writing_apart() {
    let ok = || "OK".to_owned();
    for (rules, line, told) in [
        ("+@all ~a*", "get abc", ok()),
        ("+@all ~a*", "mget abc b", no_key("b")),
        ("+@all %R~a", "get a", ok()),
        ("+@all %R~a", "set a 1", no_key("a")),
        ("+@all %W~a", "set a 1", ok()),
        ("+@all %W~a", "set a 1 GET", no_key("a")),
        ("+@all %W~a", "get a", no_key("a")),
        ("+@all %R~a %W~b", "copy a b", ok()),
        ("+@all %R~a %W~b", "copy b a", no_key("b")),
        ("+@all %W~a", "strlen a", ok()),
        ("+@all ~a", "ping", ok()),
        ("+@all ~a", "eval x 2 a b", no_key("b")),
        ("+@all ~a (+get ~b)", "get b", ok()),
        ("+@all ~a (+get ~b)", "set b 1", no_key("b")),
        ("+get ~a (+set ~b)", "del a", no_command("del")),
        ("+@all ~a", "lock.acquire b o 1000", no_key("b")),
        ("+@all ~a", "ssubscribe b", no_channel("b")),
    ] {
        assert_eq!(dry_run(rules, line), told, "{rules}: {line}");
    }
}

#[test]
fn channels_are_opened_by_patterns_and_patterns_by_the_same_text() {
    let ok = || "OK".to_owned();
    for (rules, line, told) in [
        ("+@all", "publish a m", no_channel("a")),
        ("+@all &a*", "publish abc m", ok()),
        ("+@all &a*", "subscribe abc b", no_channel("b")),
        ("+@all &a*", "psubscribe a*", ok()),
        ("+@all &a*", "psubscribe abc", no_channel("abc")),
        ("+@all &a*", "unsubscribe b", ok()),
        ("+@all &a*", "spublish b m", no_channel("b")),
    ] {
        assert_eq!(dry_run(rules, line), told, "{rules}: {line}");
    }
}

#[test]
fn who_may_everything_is_asked_nothing() {
    for (rules, is_unrestricted) in [
        ("~* &* +@all", true),
        ("~* &* +@all +get", true),
        ("~* &* +@all -get", false),
        ("~* +@all", false),
        ("&* +@all", false),
        ("+get (~* &* +@all)", true),
    ] {
        assert_eq!(permissions(&user(rules), COMMANDS).is_unrestricted, is_unrestricted, "{rules}");
    }
}

#[test]
fn patterns_of_sort_need_that_every_key_may_be_read() {
    let args = Args::from_slices(["sort", "a", "BY", "w_*"]);
    let spec = check(Caller::Client, &args).unwrap();
    for (rules, reads_any) in
        [("+@all ~a", false), ("+@all ~*", true), ("+@all %R~* %W~a", true), ("+@all ~a (+get ~*)", false)]
    {
        assert_eq!(reads_any_key(&permissions(&user(rules), COMMANDS), COMMANDS, spec, &args), reads_any, "{rules}");
    }
    assert!(spec.reads_any.unwrap()(&args).is_some());
}

#[test]
fn names_that_no_command_and_no_category_has_are_refused() {
    for rule in ["+foo", "-foo", "+@foo", "+config|foo", "-get|a", "+foo|a", "+config|get|x", "+acl._set"] {
        let mut user = User::new(b"u", false);
        assert!(user.set(rule.as_bytes(), false, &Names(COMMANDS)).is_err(), "{rule}");
        // The state takes what was checked.
        let _ = user.set(rule.as_bytes(), false, &TrustedNames);
        assert!(!permissions(&user, COMMANDS).is_unrestricted);
    }
}

#[test]
fn a_command_inside_another_is_found() {
    let inside = |line: &str| {
        let args = Args::from_slices(line.split(' '));
        let spec = check(Caller::Client, &args).unwrap();
        inner(spec, &args)
            .map(|args| args.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect::<Vec<_>>())
    };
    assert_eq!(inside("once id set a 1"), Some(vec!["set".into(), "a".into(), "1".into()]));
    assert_eq!(inside("lock.guard l 7 del a"), Some(vec!["del".into(), "a".into()]));
    assert_eq!(inside("set a 1"), None);
}
