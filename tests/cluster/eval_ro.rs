//! EVAL_RO loads its script on every node, by one log entry; afterwards it is a read.

use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::value::Value;

fn applied(client: &mut Client) -> u64 {
    let info = client.call(&["INFO", "raft"]).text().unwrap();
    info.lines().find_map(|line| line.strip_prefix("raft_applied_index:")).unwrap().trim().parse().unwrap()
}

fn sha(client: &mut Client, body: &str) -> String {
    client.call(&["EVAL_RO", "return redis.sha1hex(ARGV[1])", "0", body]).text().unwrap()
}

fn pipeline(client: &mut Client, commands: &[&[&str]]) -> Vec<Value> {
    let commands: Vec<Vec<String>> =
        commands.iter().map(|command| command.iter().map(|word| (*word).to_owned()).collect()).collect();
    client.pipeline(&commands)
}

#[test]
fn a_script_of_eval_ro_is_loaded_everywhere() {
    let cluster = Cluster::start(3, &[]);
    let away = (cluster.leader() + 1) % 3;
    let (mut near, mut far) = (cluster.nodes[away].client(), cluster.nodes[(away + 1) % 3].client());
    let ok = Value::Simple(b"OK".to_vec());
    let name = |body: &str, client: &mut Client| sha(client, body);

    // The first one is an entry, the others are reads.
    near.call(&["SET", "k", "v"]);
    let body = "return redis.call('GET', KEYS[1])";
    let digest = name(body, &mut near);
    let before = applied(&mut near);
    for round in 0..3 {
        assert_eq!(near.call(&["EVAL_RO", body, "1", "k"]), Value::Bulk(b"v".to_vec()));
        assert_eq!(applied(&mut near), before + 1, "round {round}");
    }
    for command in ["EVALSHA", "EVALSHA_RO"] {
        assert_eq!(far.call(&[command, &digest, "1", "k"]), Value::Bulk(b"v".to_vec()), "{command}");
    }
    assert_eq!(
        far.call(&["EVAL_RO", "return redis.call('SET', 'k', 1)", "0"]).text().unwrap().split(' ').next(),
        Some("ERR")
    );

    // A script that this node alone believes to be loaded: it reads the state that no longer has it.
    assert_eq!(far.call(&["SCRIPT", "FLUSH"]), ok);
    assert_eq!(near.call(&["EVAL_RO", body, "1", "k"]), Value::Bulk(b"v".to_vec()));
    assert_eq!(far.call(&["EVALSHA", &digest, "1", "k"]), Value::Bulk(b"v".to_vec()));

    // In one pipeline, in order.
    let replies = pipeline(
        &mut near,
        &[
            &["SCRIPT", "FLUSH"],
            &["EVALSHA_RO", &digest, "1", "k"],
            &["EVAL_RO", body, "1", "k"],
            &["EVALSHA_RO", &digest, "1", "k"],
            &["SET", "k", "w"],
            &["EVAL_RO", body, "1", "k"],
            &["EVALSHA", &digest, "1", "k"],
        ],
    );
    let v = || Value::Bulk(b"v".to_vec());
    let w = || Value::Bulk(b"w".to_vec());
    assert!(replies[1].text().unwrap().starts_with("NOSCRIPT"), "{replies:?}");
    assert_eq!([&replies[0], &replies[2], &replies[3], &replies[4]], [&ok, &v(), &v(), &ok]);
    assert_eq!(replies[5..], [w(), w()]);

    // In a transaction, with a write and without; the reads around it are answered too.
    for (key, write) in [("k", &["GET", "k"][..]), ("n", &["INCR", "n"])] {
        let replies = pipeline(
            &mut near,
            &[
                &["SCRIPT", "FLUSH"],
                &["MULTI"],
                &["TIME"],
                write,
                &["EVAL_RO", body, "1", key],
                &["GET", key],
                &["EXEC"],
            ],
        );
        let Value::Array(items) = &replies[6] else { panic!("{replies:?}") };
        assert_eq!((items.len(), &items[2]), (4, &items[3]), "{items:?}");
        assert!(!items[2].is_error());
        assert_eq!(far.call(&["SCRIPT", "EXISTS", &digest]), Value::Array(vec![Value::Int(1)]), "{write:?}");
    }

    // A connection that reads this node's own state: what it has loaded by EVAL_RO it finds.
    assert_eq!(near.call(&["CLIENT", "CONSISTENCY", "local"]), ok);
    let replies = pipeline(
        &mut near,
        &[&["EVAL_RO", "return 'own'", "0"], &["EVALSHA_RO", &name("return 'own'", &mut far), "0"]],
    );
    assert_eq!(replies, [Value::Bulk(b"own".to_vec()), Value::Bulk(b"own".to_vec())]);
    cluster.wait_caught_up();
    cluster.check_digests();
}
