//! Options from outside: exit codes, CONFIG SET that stays, CONFIG REWRITE, `maxmemory`, SHUTDOWN.

use std::process::Command;
use std::time::Duration;

use crate::call;
use crate::support::process::Server;
use crate::support::tempdir::TempDir;
use crate::support::value::Value;

const OK: &[u8] = b"OK";

fn config(server: &Server, name: &str) -> String {
    match call(&mut server.client(), &format!("CONFIG GET {name}")) {
        Value::Array(items) => match &items[..] {
            [_, Value::Bulk(value)] => String::from_utf8(value.clone()).unwrap(),
            _ => panic!("{items:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lockstep")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn exit_codes_tell_wrong_use_from_failure() {
    let (code, text, _) = run(&["--help"]);
    assert!(code == Some(0) && text.contains("--write-timeout-ms") && text.contains("LOCKSTEP_PORT"));
    assert_eq!(run(&["--version"]).0, Some(0));
    let (code, _, text) = run(&["--port", "70000"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("--port '70000': argument must be between 0 and 65535 inclusive"), "{text}");
    let dir = TempDir::new("options");
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, _, text) = run(&["--port", "0", "--dir", file.to_str().unwrap()]);
    assert!(code == Some(1) && text.contains("data directory"), "{code:?} {text}");
}

#[test]
fn an_unknown_flag_names_the_nearest_one() {
    let told = |args: &[&str]| {
        let (code, _, text) = run(args);
        assert_eq!(code, Some(2), "{text}");
        let why = text
            .strip_prefix("lockstep: ")
            .and_then(|text| text.strip_suffix("lockstep --help explains every option\n"));
        why.unwrap_or_else(|| panic!("{text}")).trim_end().to_owned()
    };
    for (args, flag, meant) in [
        (&["--prot", "7101"][..], "--prot", "--port"),
        (&["--prot=7101"], "--prot", "--port"),
        (&["port", "7101"], "port", "--port"),
        (&["--conf", "node.toml"], "--conf", "--config"),
        (&["--versoin"], "--versoin", "--version"),
        (&["--hash-max-ziplist-entries", "5"], "--hash-max-ziplist-entries", "--hash-max-listpack-entries"),
    ] {
        assert_eq!(told(args), format!("unexpected argument '{flag}' found; did you mean '{meant}'?"));
    }
    assert_eq!(told(&["--slaveof", "127.0.0.1 6379"]), "unexpected argument '--slaveof' found;");
    assert_eq!(told(&["--port"]), "a value is required for '--port <n>' but none was supplied;");
}

#[test]
fn a_replicated_option_outlives_a_crash_and_a_flag_that_differs() {
    let mut server = crate::start(&["--script-budget", "5000", "--log-prefill", "0"]);
    assert_eq!(config(&server, "script-budget"), "5000");
    assert_eq!(call(&mut server.client(), "CONFIG SET script-budget 6000 timeout 77"), Value::Simple(OK.into()));
    server.start_again();
    crate::wait_until_ready(&server);
    assert_eq!((config(&server, "script-budget"), config(&server, "timeout")), ("6000".into(), "0".into()));
    assert!(server.log().contains("CONFIG SET script-budget 5000"), "{}", server.log());
}

#[test]
fn start_with_one_wrong_value_changes_nothing() {
    let server = crate::start(&[]);
    assert!(call(&mut server.client(), "CONFIG SET timeout 5 script-budget 7000 maxclients 0").is_error());
    assert_eq!((config(&server, "timeout"), config(&server, "script-budget")), ("0".into(), "500000000".into()));
}

#[test]
fn rewrite_puts_what_was_set_into_the_file() {
    let dir = TempDir::new("options");
    let file = dir.path().join("node.toml");
    std::fs::write(&file, "maxclients = 100\n").unwrap();
    let mut server = crate::start(&["--config", file.to_str().unwrap()]);
    let mut client = server.client();
    call(&mut client, "CONFIG SET maxclients 50 slowlog-max-len 9");
    assert_eq!(call(&mut client, "CONFIG REWRITE"), Value::Simple(OK.into()));
    server.start_again();
    crate::wait_until_ready(&server);
    assert_eq!((config(&server, "maxclients"), config(&server, "slowlog-max-len")), ("50".into(), "9".into()));
}

#[test]
fn above_maxmemory_only_what_needs_more_is_refused() {
    let server = crate::start(&[]);
    let mut client = server.client();
    call(&mut client, "SET k v");
    call(&mut client, "CONFIG SET maxmemory 1mb");
    let refused = Value::Error(b"OOM command not allowed when used memory > 'maxmemory'.".to_vec());
    assert_eq!(call(&mut client, "SET k w"), refused);
    assert_eq!(call(&mut client, "GET k"), Value::Bulk(b"v".to_vec()));
    assert_eq!(call(&mut client, "DEL k"), Value::Int(1));
    call(&mut client, "CONFIG SET maxmemory 0");
    assert_eq!(call(&mut client, "SET k w"), Value::Simple(OK.into()));
}

/// Line by line as in redis-server, the texts of errors included.
#[test]
fn above_maxmemory_scripts_and_transactions_are_refused_as_in_redis() {
    const LINES: &[&str] = &[
        "SET k v",
        "SCRIPT LOAD \"#!lua\\nreturn 1\"",
        "SCRIPT LOAD \"return redis.call('set','k','v')\"",
        "CONFIG SET maxmemory 1",
        "EVAL \"return redis.call('set','k','v')\" 0",
        "EVALSHA d223ed8c7345b684e8ed044ed472601f536fa58b 0",
        "EVALSHA cb70127618f0b0be70c53cf6bfcfa54a29d9b0c0 0",
        "EVAL \"return redis.pcall('set','k','v')\" 0",
        "EVAL \"return redis.call('get','k')\" 0",
        "EVAL \"redis.call('del','k') return redis.call('set','k','v')\" 0",
        "EVAL \"#!lua\\nreturn 1\" 0",
        "EVAL_RO \"#!lua\\nreturn 1\" 0",
        "EVAL \"#!lua\\nreturn 1\" x",
        "EVAL \"#!lua flags=allow-oom\\nreturn redis.call('set','k','w')\" 0",
        "EVAL \"#!lua flags=no-writes\\nreturn redis.call('get','k')\" 0",
        "EVAL \"#!lua flags=foo\\nreturn 1\" 0",
        "EVAL_RO \"return redis.call('get','k')\" 0",
        "MULTI",
        "GET k",
        "EVAL \"return redis.call('get','k')\" 0",
        "EXEC",
        "MULTI",
        "SET k x",
        "DISCARD",
        "CONFIG SET maxmemory 0",
        "GET k",
    ];
    let answers = |server: &Server| {
        let mut client = server.client();
        LINES
            .iter()
            .map(|line| {
                client.send_raw(format!("{line}\r\n").as_bytes()).unwrap();
                client.read_reply().unwrap()
            })
            .collect::<Vec<_>>()
    };
    let (ours, redis) = (answers(&crate::start(&[])), answers(&Server::redis(&[])));
    for ((line, ours), redis) in LINES.iter().zip(ours).zip(redis) {
        assert_eq!(ours, redis, "left is lockstep, right is Redis, for {line}");
    }
}

/// What was queued while there was memory is judged by EXEC.
#[test]
fn a_transaction_is_judged_again_by_exec() {
    let server = crate::start(&[]);
    let (mut client, mut other) = (server.client(), server.client());
    call(&mut client, "MULTI");
    call(&mut client, "SET k v");
    call(&mut other, "CONFIG SET maxmemory 1");
    let why = "EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.";
    assert_eq!(call(&mut client, "EXEC"), Value::Error(why.into()));
    call(&mut other, "CONFIG SET maxmemory 0");
    call(&mut client, "MULTI");
    assert_eq!(client.call(&["EVAL", "return redis.pcall('set','k','v')", "0"]), Value::Simple(b"QUEUED".to_vec()));
    call(&mut other, "CONFIG SET maxmemory 1");
    let refused = Value::Error(b"OOM command not allowed when used memory > 'maxmemory'.".to_vec());
    assert_eq!(call(&mut client, "EXEC"), Value::Array(vec![refused]));
}

#[test]
fn shutdown_closes_without_a_reply_and_ends_well() {
    let mut server = crate::start(&[]);
    let mut client = server.client();
    client.send_raw(b"SHUTDOWN NOSAVE\r\n").unwrap();
    assert!(client.read_to_close().unwrap().is_empty());
    assert_eq!(server.wait_exit(Duration::from_secs(10)).and_then(|status| status.code()), Some(0));
}
