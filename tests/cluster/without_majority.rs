//! What a node answers by itself while no majority does.

use std::collections::BTreeMap;

use crate::support::client::encode;
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

fn fields(info: &Value) -> BTreeMap<String, String> {
    let text = info.text().unwrap();
    text.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| (name.into(), value.into())).collect()
}

/// True if a node says that there is a leader, or that there is none; what it says in part of either is neither.
fn says_leader(cluster: &Cluster, node: usize) -> Option<bool> {
    let mut client = cluster.nodes[node].client();
    let info = fields(&client.call(&["INFO", "everything"]));
    let role = client.call(&["ROLE"]).items().unwrap()[0].text().unwrap();
    let hello = client.call(&["HELLO"]).pairs().unwrap();
    let hello = hello.iter().find(|(name, _)| name.text().as_deref() == Some("role")).unwrap().1.text().unwrap();
    let leaders = cluster.lines(node).iter().filter(|line| line.role == "leader").count();
    let link = info.get("master_link_status").map_or("none", String::as_str);
    let id = if info["raft_leader_id"] == "0" { "none" } else { "one" };
    let shown = [&info["loading"], &info["role"], link, &info["raft_role"], id, &role, &hello];
    match (shown, leaders) {
        (["0", "master", "none", "leader", "one", "master", "master"], 1)
        | (["0", "slave", "up", "follower", "one", "slave", "replica"], 1) => Some(true),
        (["1", "slave", "down", "follower", "none", "slave", "replica"], 0) => Some(false),
        _ => None,
    }
}

const LOST: &str = "no quorum answers this node any longer";

/// Killed or stopped, followers that are gone leave a leader that is none; it says so once, and that it leads when they are back.
#[test]
fn a_leader_without_a_majority_says_so_until_it_is_back() {
    let mut cluster = Cluster::start(3, &["--write-timeout-ms", "500"]);
    for killed in [false, true] {
        // Followers that were stopped may have begun an election when they went on.
        let leader = cluster.leader();
        let others = [(leader + 1) % 3, (leader + 2) % 3];
        for other in others {
            if killed {
                cluster.nodes[other].kill();
            } else {
                cluster.nodes[other].signal("STOP");
            }
        }
        until("the leader to say that there is none", || (says_leader(&cluster, leader) == Some(false)).then_some(()));
        let own = cluster.lines(leader).into_iter().find(|line| line.id == leader as u64 + 1).unwrap();
        assert!(own.role == "follower" && own.voter && own.alive, "{own:?}");
        let lines = || cluster.nodes[leader].log().lines().filter(|line| line.contains(LOST)).count();
        let before = lines();
        assert!(before > 0, "{}", cluster.nodes[leader].log());
        let mut client = cluster.nodes[leader].client();
        for command in [vec!["GET", "k"], vec!["SET", "k", "v"], vec!["GET", "k"]] {
            let reply = client.call(&command);
            assert!(reply.text().is_some_and(|text| text.starts_with("LOADING")), "{command:?}: {reply:?}");
        }
        assert_eq!((says_leader(&cluster, leader), lines()), (Some(false), before));
        for other in others {
            if killed {
                cluster.nodes[other].start_again();
            } else {
                cluster.nodes[other].signal("CONT");
            }
        }
        for node in 0..3 {
            until("the leader to be back", || (says_leader(&cluster, node) == Some(true)).then_some(()));
        }
    }
}

/// What it is asked while its process stands still, it answers as one that has not heard the others for as long.
#[test]
fn a_leader_that_stood_still_does_not_say_that_it_leads() {
    let cluster = Cluster::start(3, &[]);
    let old = cluster.leader();
    let other = (old + 1) % 3;
    let mut client = cluster.nodes[old].client();
    let term = |info: &BTreeMap<String, String>| info["raft_term"].parse::<u64>().unwrap();
    let before = fields(&client.call(&["INFO", "everything"]));
    assert_eq!((before["role"].as_str(), before["raft_role"].as_str()), ("master", "leader"));
    cluster.nodes[old].signal("STOP");
    until("another leader", || (cluster.leader_seen_by(other) != old).then_some(()));
    // Whoever was elected had to wait about as long; this is more.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let mut request = Vec::new();
    encode(&mut request, &["INFO", "everything"]);
    client.send_raw(&request).unwrap();
    cluster.nodes[old].signal("CONT");
    let after = fields(&client.read_reply().unwrap());
    assert!(after["role"] == "slave" || term(&after) > term(&before), "{after:?}");
    assert!(after["raft_role"] == "follower" || term(&after) > term(&before), "{after:?}");
}
