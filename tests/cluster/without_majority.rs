//! What a node answers by itself while no majority does.

use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

/// Wrong arguments need no quorum to be found wrong, alone or in a pipeline whose other commands do.
#[test]
fn wrong_arguments_are_refused_without_a_majority() {
    let mut cluster = Cluster::start(3, &["--write-timeout-ms", "500"]);
    cluster.nodes[1].kill();
    cluster.nodes[2].kill();
    let mut client = cluster.nodes[0].client();
    let is_loading = |reply: &Value| reply.text().is_some_and(|text| text.starts_with("LOADING"));
    // A leader that was cut off just now does not know whether what it was given will be committed.
    until("a write to be refused, which needs a quorum", || is_loading(&client.call(&["SET", "k", "v"])).then_some(()));
    let syntax = Value::Error("ERR syntax error".into());
    let integer = Value::Error("ERR value is not an integer or out of range".into());
    assert_eq!(client.call(&["SET", "k", "v", "FOO"]), syntax);
    assert_eq!(client.call(&["SCAN", "0", "COUNT", "x"]), integer);
    let pipeline = [vec!["SET", "k", "v"], vec!["SET", "k", "v", "FOO"], vec!["GET", "k"], vec!["INCRBY", "k", "x"]];
    let replies = client.pipeline(&pipeline);
    assert!(is_loading(&replies[0]) && is_loading(&replies[2]), "{replies:?}");
    assert_eq!([&replies[1], &replies[3]], [&syntax, &integer]);
}
