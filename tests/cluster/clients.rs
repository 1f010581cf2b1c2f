//! CLIENT LIST, KILL and UNBLOCK know the clients of every node, whichever node is asked.

use std::collections::BTreeSet;

use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

/// A named client at each of three nodes.
fn named(cluster: &Cluster) -> Vec<Client> {
    let named = |(place, name): (usize, &str)| {
        let mut client = cluster.nodes[place].client();
        assert_eq!(client.line(&format!("CLIENT SETNAME {name}")), Value::Simple(b"OK".to_vec()));
        client
    };
    ["first", "second", "third"].into_iter().enumerate().map(named).collect()
}

fn id(client: &mut Client) -> i64 {
    client.line("CLIENT ID").int().unwrap()
}

/// The lines of CLIENT LIST with these arguments.
fn listed(client: &mut Client, arguments: &str) -> Vec<String> {
    let text = client.line(format!("CLIENT LIST {arguments}").trim()).text().unwrap();
    text.lines().map(str::to_owned).collect()
}

fn field(line: &str, name: &str) -> String {
    let value = line.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("no {name} in {line:?}")).to_owned()
}

/// The names in CLIENT LIST, those of clients without a name left out.
fn names(client: &mut Client, arguments: &str) -> Vec<String> {
    let lines = listed(client, arguments);
    lines.iter().map(|line| field(line, "name")).filter(|name| !name.is_empty()).collect()
}

fn is_closed(client: &mut Client) -> bool {
    client.read_to_close().is_ok_and(|rest| rest.is_empty())
}

#[test]
fn every_node_lists_the_clients_of_all() {
    let cluster = Cluster::start(3, &[]);
    let mut clients = named(&cluster);
    let ids: Vec<i64> = clients.iter_mut().map(id).collect();
    for (place, client_id) in ids.iter().enumerate() {
        assert_eq!(client_id >> 32, place as i64 + 1, "an id begins with the node's");
    }
    for client in &mut clients {
        let lines = listed(client, "");
        let shown: Vec<i64> = lines.iter().map(|line| field(line, "id").parse().unwrap()).collect();
        assert!(shown.is_sorted() && shown.iter().collect::<BTreeSet<_>>().len() == shown.len(), "{shown:?}");
        assert!(ids.iter().all(|id| shown.contains(id)), "{ids:?} in {shown:?}");
        assert_eq!(names(client, ""), ["first", "second", "third"]);
        // With an id that nobody has, at a node that there is not.
        assert_eq!(names(client, &format!("ID {} {} {}", ids[2], ids[1], 9i64 << 32)), ["second", "third"]);
        assert_eq!(names(client, "TYPE normal"), ["first", "second", "third"]);
        assert!(listed(client, "TYPE replica").is_empty());
        assert_eq!(client.line("CLIENT LIST ID x"), Value::Error(b"ERR Invalid client ID".to_vec()));
        let own = client.line("CLIENT INFO").text().unwrap();
        assert_eq!(own.lines().count(), 1, "{own}");
    }
    // What a client shows of itself is shown elsewhere too: a subscription, and that a key it watches has changed.
    clients[2].line("SUBSCRIBE news");
    until("the subscription", || (names(&mut clients[0], "TYPE pubsub") == ["third"]).then_some(()));
    clients[1].line("WATCH key");
    clients[0].line("SET key 1");
    until("the mark of the change", || {
        let line = listed(&mut clients[0], &format!("ID {}", ids[1])).pop()?;
        (field(&line, "watch") == "1" && field(&line, "flags") == "d").then_some(())
    });
    clients[0].line("MULTI");
    clients[0].line(&format!("CLIENT LIST ID {}", ids[2]));
    let executed = clients[0].line("EXEC");
    let text = executed.items().unwrap()[0].text().unwrap();
    assert_eq!(field(&text, "name"), "third");
}

#[test]
fn kill_reaches_the_clients_of_every_node() {
    let cluster = Cluster::start(3, &[]);
    let mut asking = cluster.nodes[0].client();
    let own_id = id(&mut asking);
    let line_of = |asking: &mut Client, id: i64| listed(asking, &format!("ID {id}")).pop().unwrap();
    for filter in ["ID", "ADDR", "LADDR", "old form"] {
        let mut clients = named(&cluster);
        let second = id(&mut clients[1]);
        let line = line_of(&mut asking, second);
        let (addr, laddr) = (field(&line, "addr"), field(&line, "laddr"));
        let killed = match filter {
            "ID" => asking.line(&format!("CLIENT KILL ID {second} USER default TYPE normal")),
            "ADDR" => asking.line(&format!("CLIENT KILL ADDR {addr} MAXAGE 1000000")),
            // The node's own address: whoever is connected to it.
            "LADDR" => asking.line(&format!("CLIENT KILL LADDR {laddr}")),
            _ => asking.line(&format!("CLIENT KILL {addr}")),
        };
        match (filter, killed) {
            ("ID", killed) => assert_eq!(killed, Value::Int(1)),
            ("ADDR", killed) => {
                assert_eq!(killed, Value::Int(0), "it is not so old");
                assert_eq!(asking.line(&format!("CLIENT KILL ADDR {addr}")), Value::Int(1));
            }
            ("LADDR", killed) => assert!(killed.int().unwrap() >= 1, "{killed:?}"),
            (_, killed) => assert_eq!(killed, Value::Simple(b"OK".to_vec())),
        }
        assert!(is_closed(&mut clients[1]), "{filter}");
        until("the line to be gone", || listed(&mut asking, &format!("ID {second}")).is_empty().then_some(()));
        assert_eq!(asking.line(&format!("CLIENT KILL ID {second}")), Value::Int(0));
        assert_eq!(asking.line(&format!("CLIENT KILL {addr}")), Value::Error(b"ERR No such client".to_vec()));
        assert_eq!(clients[0].line("PING"), Value::Simple(b"PONG".to_vec()), "{filter}");
        assert_eq!(clients[2].line("PING"), Value::Simple(b"PONG".to_vec()), "{filter}");
    }
    // What is bound to a connection ends with it, whoever ends that.
    let mut clients = named(&cluster);
    let third = id(&mut clients[2]);
    assert!(!clients[2].line("LOCK.ACQUIRE lock owner PX 60000 CONNECTION").is_null());
    assert_eq!(asking.line(&format!("CLIENT KILL ID {third}")), Value::Int(1));
    until("the lock to be free", || asking.line("LOCK.INFO lock").is_null().then_some(()));
    drop(clients);
    let mut clients = named(&cluster);
    for client in &mut clients[1..] {
        client.line("SUBSCRIBE news");
    }
    until("both subscribers", || (names(&mut asking, "TYPE pubsub").len() == 2).then_some(()));
    assert_eq!(asking.line("CLIENT KILL TYPE pubsub"), Value::Int(2), "one each of two nodes");
    assert!(clients[1..].iter_mut().all(is_closed));
    let clients = named(&cluster);
    let total = asking.line("CLIENT KILL USER default SKIPME yes").int().unwrap();
    assert!(total >= 3, "{total}");
    assert!(clients.into_iter().all(|mut client| is_closed(&mut client)));
    // Itself, and from another node.
    assert_eq!(asking.line(&format!("CLIENT KILL ID {own_id}")), Value::Int(0));
    assert_eq!(asking.line(&format!("CLIENT KILL ID {own_id} SKIPME no")), Value::Int(1));
    assert!(is_closed(&mut asking));
    for (line, error) in [
        ("CLIENT KILL MAXAGE x", "ERR maxage is not an integer or out of range"),
        ("CLIENT KILL MAXAGE 0", "ERR maxage should be greater than 0"),
        ("CLIENT KILL MAXAGE", "ERR syntax error"),
        ("CLIENT KILL USER nobody", "ERR No such user 'nobody'"),
    ] {
        // The one of three arguments is the old form, and MAXAGE no address.
        let error = if line.ends_with("MAXAGE") { "ERR No such client" } else { error };
        assert_eq!(cluster.nodes[2].client().line(line), Value::Error(error.into()), "{line}");
    }
}

#[test]
fn unblock_ends_a_wait_at_another_node() {
    let cluster = Cluster::start(3, &[]);
    let (mut asking, mut waiting) = (cluster.nodes[1].client(), cluster.nodes[2].client());
    let waiting_id = id(&mut waiting);
    // One that waits at its node alone, and one that waits in the state.
    for command in ["WAIT 5 0", "BLPOP list 0"] {
        for how in ["ERROR", "TIMEOUT"] {
            waiting.send_raw(format!("{command}\r\n").as_bytes()).unwrap();
            until("the wait to be ended", || {
                let ended = asking.line(&format!("CLIENT UNBLOCK {waiting_id} {how}"));
                (ended == Value::Int(1)).then_some(())
            });
            let reply = waiting.read_reply().unwrap();
            let error = b"UNBLOCKED client unblocked via CLIENT UNBLOCK".to_vec();
            assert_eq!(reply == Value::Error(error), how == "ERROR", "{command} {how}: {reply:?}");
        }
    }
    assert_eq!(asking.line(&format!("CLIENT UNBLOCK {waiting_id}")), Value::Int(0));
}

#[test]
fn a_node_that_does_not_answer_is_left_out_and_the_log_says_so() {
    let cluster = Cluster::start(3, &[]);
    let mut clients = named(&cluster);
    let third = id(&mut clients[2]);
    assert_eq!(names(&mut clients[0], ""), ["first", "second", "third"]);
    const SILENT: &str = "CLIENT LIST and KILL leave it out";
    assert!(!cluster.nodes[0].log().contains(SILENT));
    cluster.nodes[2].signal("STOP");
    for _ in 0..2 {
        assert_eq!(names(&mut clients[0], ""), ["first", "second"]);
        assert_eq!(clients[0].line(&format!("CLIENT KILL ID {third}")), Value::Int(0));
    }
    assert_eq!(cluster.nodes[0].log().matches(SILENT).count(), 1, "{}", cluster.nodes[0].log());
    // Who is asked for by id at the others does not wait for it.
    let second = id(&mut clients[1]);
    assert_eq!(names(&mut clients[0], &format!("ID {second}")), ["second"]);
    cluster.nodes[2].signal("CONT");
    let mut fourth = cluster.nodes[2].client();
    fourth.line("CLIENT SETNAME fourth");
    // The KILL that reached the node while it was stopped may be carried out when it goes on.
    let is_back = |names: Vec<String>| names.contains(&"fourth".to_owned());
    until("the node to be listed again", || is_back(names(&mut clients[0], "")).then_some(()));
    cluster.nodes[2].signal("STOP");
    assert!(!is_back(names(&mut clients[0], "")));
    assert_eq!(cluster.nodes[0].log().matches(SILENT).count(), 2, "{}", cluster.nodes[0].log());
    cluster.nodes[2].signal("CONT");
}
