use std::sync::Arc;

use parking_lot::Mutex;
use proptest::prelude::*;
use tracing::subscriber::with_default;

use super::*;

/// What is logged while `body` runs, which may change the filter.
fn logged(format: Format, filter: Filter, body: impl FnOnce(&dyn Fn(Filter))) -> Vec<String> {
    let all = Arc::new(Mutex::new(Vec::new()));
    let (layer, handle) = reload::Layer::new(filter);
    let sink = all.clone();
    let lines = Lines {
        format,
        now: || "2026-01-02T03:04:05.678Z".into(),
        write: move |line: &str| sink.lock().push(line.to_owned()),
    };
    with_default(Registry::default().with(layer).with(lines), || body(&|filter| handle.reload(filter).unwrap()));
    let lines = all.lock().clone();
    assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{lines:?}");
    lines
}

fn filter(level: &str, modules: &str) -> Filter {
    Filter::new(level, modules).unwrap()
}

fn some_events() {
    let error = std::io::Error::other("it \"broke\"\nfor good");
    let (node, term, leader) = (1_u64, 7_u64, Some(2_u64));
    tracing::info!(node, term, leader, "a node leads");
    tracing::warn!(target: "lockstep::server", addr = "127.0.0.1:1", %error, empty = "", ready = false, "cannot\raccept");
    tracing::debug!(target: "lockstep::node", peers = ?[1, 2], below = -1, ratio = 0.5, none = None::<u64>, "seen");
    tracing::trace!(target: "lockstep::node", bad = f64::NAN, r#type = "a=b", "no reason");
    tracing::error!(target: "openraft::core", "out of {}", "order");
}

#[test]
fn text_is_a_time_a_level_a_message_and_fields() {
    let lines = logged(Format::Text, filter("debug", ""), |_| some_events());
    assert_eq!(
        lines,
        [
            "2026-01-02T03:04:05.678Z notice: a node leads node=1 term=7 leader=2",
            r#"2026-01-02T03:04:05.678Z warning: cannot\raccept addr=127.0.0.1:1 error="it \"broke\"\nfor good" empty="" ready=false"#,
            r#"2026-01-02T03:04:05.678Z verbose: seen peers="[1, 2]" below=-1 ratio=0.5"#,
            r#"2026-01-02T03:04:05.678Z debug: no reason bad=NaN type="a=b""#,
            "2026-01-02T03:04:05.678Z error: openraft: out of order",
        ]
    );
}

#[test]
fn json_is_an_object_with_the_same_words() {
    let lines = logged(Format::Json, filter("debug", ""), |_| some_events());
    let begin = r#"{"time":"2026-01-02T03:04:05.678Z","level":"#;
    let expected = [
        r#""notice","target":"lockstep::sys::log::tests","message":"a node leads","fields":{"node":1,"term":7,"leader":2}}"#,
        r#""warning","target":"lockstep::server","message":"cannot\raccept","fields":{"addr":"127.0.0.1:1","error":"it \"broke\"\nfor good","empty":"","ready":false}}"#,
        r#""verbose","target":"lockstep::node","message":"seen","fields":{"peers":"[1, 2]","below":-1,"ratio":0.5}}"#,
        r#""debug","target":"lockstep::node","message":"no reason","fields":{"bad":"NaN","type":"a=b"}}"#,
        r#""error","target":"openraft::core","message":"out of order","fields":{}}"#,
    ];
    assert_eq!(lines, expected.map(|rest| format!("{begin}{rest}")));
}

fn a_connection_breaks() {
    tracing::debug!(target: "lockstep::replication::peer::link", "broke");
}

fn a_round_ends() {
    tracing::trace!(target: "lockstep::replication::membership", "round");
}

#[test]
fn a_filter_that_changes_counts_from_then_on() {
    let lines = logged(Format::Text, filter("notice", ""), |change| {
        let both = |step: &str| {
            tracing::info!("{step}");
            a_connection_breaks();
            a_round_ends();
        };
        both("by default");
        change(filter("notice", "peer=verbose"));
        both("peer");
        change(filter("notice", "replication=debug,peer=notice"));
        both("replication");
        change(filter("warning", "peer=verbose"));
        both("is not shown");
        change(filter("notice", ""));
        both("by default again");
    });
    let texts: Vec<&str> = lines.iter().filter_map(|line| line.split_once(' ')).map(|(_, text)| text).collect();
    assert_eq!(
        texts,
        [
            "notice: by default",
            "notice: peer",
            "verbose: broke",
            "notice: replication",
            "debug: round",
            "verbose: broke",
            "notice: by default again"
        ]
    );
}

#[test]
fn spans_are_never_recorded() {
    logged(Format::Text, filter("debug", "openraft=debug"), |_| {
        assert!(tracing::error_span!(target: "openraft", "span").is_disabled());
        assert!(tracing::event_enabled!(target: "openraft", tracing::Level::TRACE));
    });
}

proptest! {
    #[test]
    fn any_text_is_one_line_and_reads_back_from_json(message in "\\PC*|[\u{0}-\u{ff}]*", value in any::<String>()) {
        let event = || tracing::info!(value = value.as_str(), "{message}");
        logged(Format::Text, filter("notice", ""), |_| event());
        let lines = logged(Format::Json, filter("notice", ""), |_| event());
        let read: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        prop_assert_eq!(read["message"].as_str(), Some(message.as_str()));
        prop_assert_eq!(read["fields"]["value"].as_str(), Some(value.as_str()));
    }
}
