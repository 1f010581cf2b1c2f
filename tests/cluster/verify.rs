//! `lockstep verify DIR` on directories that real nodes have made.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::client::words;
use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

/// Exit code, and what it says.
fn verify(args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lockstep")).arg("verify").args(args).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[track_caller]
fn certified(dir: &Path) -> String {
    let (code, text) = verify(&[&dir.to_string_lossy()]);
    assert!(code == Some(0) && text.contains("\ncertified: nothing is wrong"), "{code:?}: {text}");
    text
}

/// A little of everything, in a round of its own.
fn use_all(cluster: &Cluster, node: usize, round: u64) {
    let mut client = cluster.nodes[node].client();
    for n in 0..40 {
        let key = round * 100 + n;
        let lines = [
            format!("SET string:{key} {n} PX {}", 1 + n * 40),
            format!("INCRBYFLOAT float:{} 0.1", n % 5),
            format!("RPUSH list:{} {} b {key}", n % 3, "x".repeat(100)),
            format!("LPOP list:{}", n % 4),
            format!("HSET hash:{} {} v other {n}", n % 3, n * n),
            format!("HDEL hash:{} {}", n % 3, n),
            format!("SADD set:{} {n} {key}", n % 3),
            format!("SREM set:{} {}", n % 2, n + 3),
            format!("ZADD zset:{} {n} m{key} -1 low", n % 3),
            format!("ZPOPMIN zset:{}", n % 2),
            format!("XADD stream * field {n}"),
            format!("SETBIT bits {} 1", n * 33),
            format!("PFADD loglog {key}"),
            format!("LOCK.ACQUIRE lock:{} owner:{n} PX {}", n % 7, 5 + 20 * n),
            format!("LOCK.MULTI 2 a:{n} b:{n} one PX 60000"),
            format!("LOCK.ACQUIRE shared owner:{} PX 60000 SHARED", n % 9),
            format!("LOCK.EXTEND a:{n} one PX 90000"),
            format!("LOCK.RELEASE b:{n} one"),
            format!("ONCE id:{key} INCR once"),
            "EVAL return{redis.call('INCR',KEYS[1])} 1 scripted".to_owned(),
            "DEL float:1".to_owned(),
        ];
        // A few in one batch, and batches of their own.
        for lines in lines.chunks(7) {
            let commands: Vec<Vec<&str>> = lines.iter().map(|line| words(line)).collect();
            for (line, reply) in lines.iter().zip(client.pipeline(&commands)) {
                assert!(!reply.is_error(), "{line}: {reply:?}");
            }
        }
    }
    let mut call = |line: &str| {
        let reply = client.line(line);
        assert!(!reply.is_error(), "{line}: {reply:?}");
        reply
    };
    let Value::Int(session) = call("SESSION.OPEN PX 60000") else { panic!("no session") };
    let lines = [format!("LOCK.ACQUIRE tied{round} me SESSION {session}"), format!("SESSION.CLOSE {session}")];
    lines.iter().for_each(|line| drop(call(line)));
    call("SESSION.OPEN PX 20");
}

#[test]
fn directories_of_real_nodes_are_certified_across_restarts_and_changes_of_leaders() {
    let mut cluster = Cluster::start(3, &[]);
    use_all(&cluster, 0, 0);
    let (code, text) = verify(&[&cluster.nodes[0].data().to_string_lossy()]);
    assert!(code == Some(2) && text.contains("a node runs on it"), "{code:?}: {text}");
    cluster.transfer(1);
    assert!(!cluster.nodes[1].client().call(&["RAFT.SNAPSHOT"]).is_error());
    cluster.nodes[1].kill();
    use_all(&cluster, 2, 1);
    // Goes on from its snapshot; the next one has to be what the whole log makes.
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);
    use_all(&cluster, 1, 2);
    assert!(!cluster.nodes[1].client().call(&["RAFT.SNAPSHOT"]).is_error());
    use_all(&cluster, 1, 3);
    cluster.wait_all_matched();
    cluster.nodes.iter_mut().for_each(|node| node.kill());
    let ends: Vec<String> = cluster.nodes.iter().map(|node| certified(&node.data())).collect();
    for text in &ends {
        assert!(text.contains("from the first entry that there ever was"), "{text}");
    }
    assert!(ends[1].contains("it is what the log makes, to the last byte"), "{}", ends[1]);
    let number = |of: &str| {
        let line = ends[0].lines().find(|line| line.starts_with(of)).unwrap_or_else(|| panic!("{}", ends[0]));
        line.split_whitespace().find_map(|word| word.parse::<u64>().ok()).unwrap()
    };
    assert!(number("batches") > 400 && number("locks") > 200 && number("expired") > 50, "{}", ends[0]);
    // It has taken nothing from them.
    cluster.nodes[0].launch_again();
    cluster.nodes[1].launch_again();
    cluster.wait_ready(0);
}

#[test]
fn a_log_that_was_purged_is_certified_from_its_snapshot_on() {
    let mut cluster = Cluster::start(1, &["--log-keep", "1mb"]);
    let mut client = cluster.nodes[0].client();
    assert!(!client.call(&["LOCK.ACQUIRE", "old", "me", "PX", "1"]).is_error());
    use_all(&cluster, 0, 0);
    let value = "v".repeat(100_000);
    for n in 0..40 {
        assert!(!client.call(&["SET", &format!("key {n}"), &value]).is_error());
    }
    assert!(!client.call(&["RAFT.SNAPSHOT"]).is_error());
    until("the log to be purged", || {
        let info = client.call(&["INFO", "raft"]).text().unwrap();
        let first =
            info.lines().find_map(|line| line.strip_prefix("raft_first_log_index:")?.trim().parse::<u64>().ok());
        first.filter(|first| *first > 10)
    });
    use_all(&cluster, 0, 1);
    cluster.nodes[0].kill();
    let dir = cluster.nodes[0].data();
    let text = certified(&dir);
    assert!(text.contains("from the snapshot: what was before it is not known here"), "{text}");
    assert!(text.contains("older events that the snapshot remembers"), "{text}");
    fs::remove_dir_all(dir.join("snapshots")).unwrap();
    let (code, text) = verify(&[&dir.to_string_lossy()]);
    assert!(code == Some(1) && text.contains("are missing: neither the log nor a snapshot has them"), "{text}");
    assert!(text.trim_end().ends_with("not certified"), "{text}");
}

#[test]
fn wrong_arguments_and_what_is_no_directory_of_a_node_are_refused() {
    for args in [&[][..], &["a", "b"], &["--help"]] {
        let (code, text) = verify(args);
        assert!(code == Some(2) && text.contains("use: lockstep verify"), "{code:?}: {text}");
    }
    let (code, text) = verify(&["/nowhere at all"]);
    assert!(code == Some(2) && text.contains("there is no such directory"), "{code:?}: {text}");
}
