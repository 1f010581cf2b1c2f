//! Log lines from outside: levels that change at run time, filters that are refused, JSON.

use std::process::Command;

use lockstep::sys::log::{Filter, Format, set_filter, start};

use crate::call;
use crate::support::value::Value;

const OK: &[u8] = b"OK";

#[test]
fn the_level_of_one_module_changes_at_run_time() {
    let server = crate::start(&[]);
    let mut client = server.client();
    let openraft_says = |from: usize| server.log()[from..].contains("openraft: ");
    assert!(!openraft_says(0), "{}", server.log());
    let from = server.log().len();
    assert_eq!(call(&mut client, "CONFIG SET log-filter openraft=verbose"), Value::Simple(OK.into()));
    call(&mut client, "SET key value");
    server.wait_log(from, "Z verbose: openraft: ");
    assert_eq!(call(&mut client, "CONFIG SET log-filter "), Value::Simple(OK.into()));
    let from = server.log().len();
    for _ in 0..20 {
        call(&mut client, "SET key value");
    }
    assert!(!openraft_says(from), "{}", &server.log()[from..]);
}

#[test]
fn a_bad_filter_is_refused_and_changes_nothing() {
    let server = crate::start(&["--log-filter", "peer=verbose"]);
    let mut client = server.client();
    let refused = |client: &mut _, value: &str| match call(client, &format!("CONFIG SET timeout 5 log-filter {value}"))
    {
        Value::Error(text) => String::from_utf8(text).unwrap(),
        other => panic!("{other:?}"),
    };
    let begin = "ERR CONFIG SET failed (possibly related to argument 'log-filter') - ";
    assert_eq!(refused(&mut client, "peer"), format!("{begin}'peer' is not module=level"));
    assert_eq!(
        refused(&mut client, "peer=info"),
        format!("{begin}there is no level 'info': levels are debug, verbose, notice, warning, nothing")
    );
    assert!(refused(&mut client, "raft=debug").starts_with(&format!("{begin}there is no module 'raft': modules are ")));
    let all = call(&mut client, "CONFIG GET log-f*");
    let text = |text: &str| Value::Bulk(text.into());
    assert_eq!(all, Value::Array(vec![text("log-filter"), text("peer=verbose"), text("log-format"), text("text")]));
    assert_eq!(call(&mut client, "CONFIG GET timeout"), Value::Array(vec![text("timeout"), text("0")]));
    let output = Command::new(env!("CARGO_BIN_EXE_lockstep")).args(["--log-filter", "peer"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(told.starts_with("lockstep: --log-filter 'peer': 'peer' is not module=level;"), "{told}");
}

/// From the first line to the reason why the process ends.
#[test]
fn every_line_is_an_object_in_json() {
    let mut server = crate::start(&["--log-format", "json"]);
    let held = server.data();
    let output = Command::new(env!("CARGO_BIN_EXE_lockstep"))
        .args(["--log-format", "json", "--port", "0", "--dir", held.to_str().unwrap()])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let read: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!((read["level"].as_str(), read["target"].as_str()), (Some("error"), Some("lockstep")), "{told}");
    assert!(read["message"].as_str().unwrap().contains("is in use by another process"), "{told}");

    server.kill();
    let log = server.log();
    let (ready, lines): (Vec<&str>, Vec<&str>) = log.lines().partition(|line| line.starts_with("lockstep "));
    assert!(ready.len() == 1 && ready[0].contains(" ready on 127.0.0.1:"), "{log}");
    let lines: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    let leads = lines.iter().find(|line| line["message"] == "this node leads").unwrap();
    assert_eq!((&leads["level"], &leads["target"]), (&"notice".into(), &"lockstep::replication::drivers".into()));
    assert_eq!(leads["fields"]["node"], 1);
    assert!(leads["fields"]["term"].as_u64().unwrap() >= 1 && leads["time"].as_str().unwrap().ends_with('Z'));
}

/// As simulations have several nodes in one.
#[test]
fn a_second_start_in_one_process_changes_the_filter() {
    let is_shown = || tracing::event_enabled!(target: "lockstep::node", tracing::Level::DEBUG);
    start(Format::Text, Filter::new("nothing", "").unwrap());
    assert!(!is_shown());
    start(Format::Json, Filter::new("nothing", "node=verbose").unwrap());
    assert!(is_shown());
    set_filter(Filter::new("nothing", "").unwrap());
    assert!(!is_shown());
}
