//! Whom nodes call the leader while no quorum answers it, to clients and to operators.

use std::time::Duration;

use lockstep::replication::take_snapshot as take;
use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, Shape, World};

/// Simulated time within which a node says what has become of the leader.
const SAID_WITHIN: Duration = Duration::from_secs(2);

/// And within which all agree once those that were away are back.
const SETTLED_WITHIN: Duration = Duration::from_secs(20);

/// What a node says of itself and of the leader.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    /// INFO's loading, role, master_link_status, raft_role, raft_leader_id and raft_recovered.
    info: [String; 6],
    /// ROLE's first word, and its state if that is slave.
    role: [String; 2],
    /// HELLO's role.
    hello: String,
    /// Ids that RAFT.NODES gives the role leader.
    leaders: Vec<i64>,
}

impl Said {
    fn leads(id: u64) -> Self {
        let (id, info) = (id as i64, ["0", "master", "", "leader", &id.to_string(), "1"].map(str::to_owned));
        Self { info, role: ["master", ""].map(str::to_owned), hello: "master".into(), leaders: vec![id] }
    }

    fn follows(id: u64) -> Self {
        let (id, info) = (id as i64, ["0", "slave", "up", "follower", &id.to_string(), "1"].map(str::to_owned));
        Self { info, role: ["slave", "connected"].map(str::to_owned), hello: "replica".into(), leaders: vec![id] }
    }

    fn knows_none(is_recovered: bool) -> Self {
        let recovered = if is_recovered { "1" } else { "0" };
        let info = ["1", "slave", "down", "follower", "0", recovered].map(str::to_owned);
        Self { info, role: ["slave", "connect"].map(str::to_owned), hello: "replica".into(), leaders: Vec::new() }
    }
}

/// Nodes have their ids in the order in which they joined.
fn id_of(world: &World, node: usize) -> u64 {
    world.machines[node].group().unwrap().node
}

async fn ask(client: &mut Client, args: &[&str]) -> crate::support::value::Value {
    match client.call(args).await {
        Fate::Done(value) => value,
        fate => panic!("{args:?}: {fate:?}"),
    }
}

async fn said(world: &World, node: usize) -> Said {
    let mut client = Client::new(world, 90 + node, node);
    let info = ask(&mut client, &["INFO", "everything"]).await.text().unwrap();
    assert_eq!(client.node(), node, "another node has answered");
    let field = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().to_owned()
    };
    let names = ["loading", "role", "master_link_status", "raft_role", "raft_leader_id", "raft_recovered"];
    let role = ask(&mut client, &["ROLE"]).await;
    let role = role.items().unwrap();
    let state = role.get(3).and_then(|state| state.text()).unwrap_or_default();
    let hello = ask(&mut client, &["HELLO"]).await.pairs().unwrap();
    let hello = hello.iter().find(|(name, _)| name.text().as_deref() == Some("role")).unwrap().1.text().unwrap();
    let nodes = ask(&mut client, &["RAFT.NODES"]).await;
    let leaders = nodes.items().unwrap().iter().filter_map(|line| {
        let pairs = line.pairs()?;
        let of = |name: &str| pairs.iter().find(|(key, _)| key.text().as_deref() == Some(name)).map(|(_, v)| v.clone());
        (of("role")?.text()? == "leader").then(|| of("id")?.int())?
    });
    let leaders = leaders.collect();
    Said { info: names.map(field), role: [role[0].text().unwrap(), state], hello, leaders }
}

/// Waits until a node says this, for [`SAID_WITHIN`] at most.
async fn until_said(world: &World, node: usize, expected: &Said) {
    let begun = turmoil::sim_elapsed().unwrap();
    loop {
        let asked = turmoil::sim_elapsed().unwrap() - begun;
        let said = said(world, node).await;
        if said == *expected {
            return;
        }
        assert!(asked < SAID_WITHIN, "node {node} says {said:?} after {asked:?}, and not {expected:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn crash(world: &World, nodes: &[usize]) {
    for node in nodes {
        world.crash(*node).await;
    }
}

async fn start(world: &World, nodes: &[usize]) {
    for node in nodes {
        world.start(*node).await;
    }
}

/// Waits until all nodes say the same of a leader that is one. (Connections that died without being told may bring another election.)
async fn all_say_the_same(world: &World) {
    let begun = turmoil::sim_elapsed().unwrap();
    loop {
        let leader = world.wait_leader().await;
        let mut all = Vec::new();
        for node in 0..world.machines.len() {
            all.push(said(world, node).await);
        }
        let expected =
            |node| if node == leader { Said::leads(id_of(world, leader)) } else { Said::follows(id_of(world, leader)) };
        if all.iter().enumerate().all(|(node, said)| *said == expected(node)) {
            return;
        }
        assert!(turmoil::sim_elapsed().unwrap() - begun < SETTLED_WITHIN, "node {leader} leads: {all:#?}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_leader_whose_followers_have_died_says_so_and_takes_it_back() {
    for seed in [1, 2, 3] {
        let mut cluster = Cluster::new(Shape { write_timeout_ms: 1000, ..Shape::new(seed) });
        cluster.run(|world| async move {
            all_say_the_same(&world).await;
            let leader = world.wait_leader().await;
            let others = [(leader + 1) % 3, (leader + 2) % 3];
            crash(&world, &others).await;
            until_said(&world, leader, &Said::knows_none(true)).await;
            assert!(world.machines[leader].group().unwrap().raft_standing().is_elected, "Raft goes on trying");
            // It stays so, and reads and writes are told what they were told before.
            let mut client = Client::new(&world, 1, leader);
            assert_eq!(client.call(&["SET", "key", "value"]).await, Fate::NotApplied);
            assert_eq!(client.call(&["GET", "key"]).await, Fate::NotApplied);
            assert_eq!(said(&world, leader).await, Said::knows_none(true));
            start(&world, &others).await;
            all_say_the_same(&world).await;
        });
    }
}

#[test]
fn a_leader_that_is_cut_off_says_so_and_follows_the_next_one() {
    for seed in [1, 2, 3] {
        let mut cluster = Cluster::new(Shape { write_timeout_ms: 1000, ..Shape::new(seed) });
        cluster.run(|world| async move {
            let old = world.wait_leader().await;
            let others = [(old + 1) % 3, (old + 2) % 3];
            let name = |node: usize| world.machines[node].name.clone();
            others.iter().for_each(|other| turmoil::partition(name(old), name(*other)));
            until_said(&world, old, &Said::knows_none(true)).await;
            let new = world.wait_leader().await;
            assert!(others.contains(&new));
            until_said(&world, new, &Said::leads(id_of(&world, new))).await;
            assert_eq!(said(&world, old).await, Said::knows_none(true));
            others.iter().for_each(|other| turmoil::repair(name(old), name(*other)));
            all_say_the_same(&world).await;
        });
    }
}

/// A follower of a leader without a quorum hears it, and there is none all the same.
#[test]
fn a_follower_of_a_leader_without_a_quorum_says_that_there_is_none() {
    let mut cluster = Cluster::new(Shape { nodes: 5, write_timeout_ms: 1000, ..Shape::new(4) });
    cluster.run(|world| async move {
        all_say_the_same(&world).await;
        let leader = world.wait_leader().await;
        let others: Vec<usize> = (1..5).map(|by| (leader + by) % 5).collect();
        crash(&world, &others[..2]).await;
        until_said(&world, others[3], &Said::follows(id_of(&world, leader))).await;
        crash(&world, &others[2..3]).await;
        // One says it a second after the other, which then says nothing of leading.
        until_said(&world, leader, &Said::knows_none(true)).await;
        until_said(&world, others[3], &Said::knows_none(true)).await;
        sleep(Duration::from_secs(3)).await;
        assert_eq!(said(&world, others[3]).await, Said::knows_none(true));
        start(&world, &others[..3]).await;
        all_say_the_same(&world).await;
    });
}

/// What a node has on disk of a leader says nothing of one that there is now; and not all that it has was committed when it wrote it.
#[test]
fn a_vote_on_disk_is_no_leader() {
    for (seed, has_snapshot) in [(1, false), (2, true), (3, false), (4, true)] {
        let mut cluster = Cluster::new(Shape { write_timeout_ms: 1000, ..Shape::new(seed) });
        cluster.run(|world| async move {
            let leader = world.wait_leader().await;
            let mut client = Client::new(&world, 1, leader);
            assert!(matches!(client.call(&["INCR", "n"]).await, Fate::Done(_)));
            world.agree().await;
            let again = (leader + 1) % 3;
            if has_snapshot {
                // All that its log holds is applied as soon as it starts.
                take(&world.machines[again].group().unwrap()).await.unwrap();
            }
            crash(&world, &[0, 1, 2]).await;
            start(&world, &[again]).await;
            world.wait("group", || world.machines[again].group()).await;
            until_said(&world, again, &Said::knows_none(false)).await;
            sleep(Duration::from_secs(3)).await;
            assert_eq!(said(&world, again).await, Said::knows_none(false));
            let others: Vec<usize> = (0..3).filter(|node| *node != again).collect();
            start(&world, &others).await;
            all_say_the_same(&world).await;
        });
    }
}

#[test]
fn a_node_that_votes_alone_always_leads() {
    let mut cluster = Cluster::new(Shape { nodes: 1, ..Shape::new(1) });
    cluster.run(|world| async move {
        all_say_the_same(&world).await;
        for _ in 0..100 {
            sleep(Duration::from_millis(50)).await;
            assert_eq!(said(&world, 0).await, Said::leads(1));
        }
    });
}
