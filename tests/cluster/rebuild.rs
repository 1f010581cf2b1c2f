//! `--rebuild`: a node takes another member's state, by hand too.

use crate::support::cluster::Cluster;
use crate::support::value::Value;

#[test]
fn a_node_takes_the_state_of_another_one() {
    let mut cluster = Cluster::start(3, &[]);
    let mut client = cluster.nodes[0].client();
    for n in 1..=50 {
        assert_eq!(client.call(&["INCR", "n"]), Value::Int(n));
    }
    cluster.nodes[2].kill();
    // It lacks this, in its log too.
    client.call(&["SET", "key", "value"]);
    cluster.nodes[2].flags_mut().push("--rebuild".into());
    cluster.nodes[2].start_again();
    let log = cluster.nodes[2].log();
    assert!(log.contains("--rebuild: took the state of node"), "{log}");
    assert_eq!(cluster.nodes[2].client().call(&["GET", "key"]), Value::Bulk(b"value".to_vec()));
    cluster.wait_caught_up();
    cluster.check_digests();
}

#[test]
fn a_node_alone_has_nobody_to_ask() {
    let mut cluster = Cluster::start(1, &[]);
    cluster.nodes[0].client().call(&["SET", "key", "value"]);
    cluster.nodes[0].kill();
    cluster.nodes[0].flags_mut().push("--rebuild".into());
    let (code, output) = cluster.nodes[0].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("knows of none"), "{output}");
    cluster.nodes[0].flags_mut().pop();
    cluster.nodes[0].start_again();
    assert_eq!(cluster.nodes[0].client().call(&["GET", "key"]), Value::Bulk(b"value".to_vec()));
}
