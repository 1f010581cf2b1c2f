//! Binaries of two versions in one cluster. The newer one knows a feature level more, and a command that came with it.

use lockstep::FEATURE_LEVEL;
use lockstep::command::{Doc, Family, Spec};
use lockstep::protocol::Reply;
use lockstep::replication::take_snapshot;
use lockstep::store::{Deadline, Str};

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Order, Shape, World};
use crate::support::value::Value;

const NEXT: u32 = FEATURE_LEVEL + 1;

/// The commands of the newer binary alone. `TEST.LATER key value` is a SET.
pub static SPECS: &[&Spec] = &[&LATER];

static LATER: Spec = Spec::write("test.later", 3, DOC, |txn, args| {
    txn.set(args.arg(1), Str::new(args.arg(2)).into(), Deadline::Clear);
    Ok(Reply::Ok)
})
.since(NEXT);

const DOC: Doc = Doc::new(Family::String, "1.0.0", "O(1)", "Is there for tests.");

const SCRIPT: &str = "redis.call('SET', KEYS[1], 'begun') return redis.pcall('TEST.LATER', KEYS[1], 'later')";

fn ok() -> Fate {
    Fate::Done(Value::Simple(b"OK".to_vec()))
}

fn bulk(text: &str) -> Fate {
    Fate::Done(Value::Bulk(text.as_bytes().to_vec()))
}

fn error(fate: Fate) -> String {
    match fate {
        Fate::Done(Value::Error(text)) => String::from_utf8(text).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn level(world: &World, node: usize) -> Option<u32> {
    Some(world.machines[node].group()?.level())
}

/// Starts a node with a binary that knows this level.
async fn restart(world: &World, node: usize, level: u32) {
    let machine = &world.machines[node];
    world.crash(node).await;
    machine.set_level(level);
    world.start(node).await;
    world.wait("node that serves", || machine.group().filter(|group| group.is_recovered())).await;
    world.wait_leader().await;
}

/// Every node refuses the command before it is called; a script does not know it.
async fn is_refused(world: &World, nodes: &[usize]) {
    let why = format!(
        "ERR 'test.later' is not available until every node of the cluster knows it (feature level {NEXT}, the cluster is at \
         {FEATURE_LEVEL}; RAFT.NODES shows each node's)"
    );
    for node in nodes {
        let mut client = Client::new(world, *node, *node);
        assert_eq!(error(client.call(&["TEST.LATER", "k", "v"]).await), why);
        assert_eq!(client.call(&["MULTI"]).await, ok());
        assert_eq!(error(client.call(&["TEST.LATER", "k", "v"]).await), why);
        assert!(error(client.call(&["EXEC"]).await).starts_with("EXECABORT"));
        let unknown = error(client.call(&["EVAL", SCRIPT, "1", "k"]).await);
        assert!(unknown.contains("Unknown Redis command called from script"), "{unknown}");
        assert_eq!(client.call(&["GET", "k"]).await, bulk("begun"));
        let counts = client.call(&["INFO", "commandstats"]).await;
        let Fate::Done(Value::Bulk(counts)) = counts else { panic!("{counts:?}") };
        let counts = String::from_utf8(counts).unwrap();
        assert!(counts.contains("cmdstat_test.later:calls=0,"), "{counts}");
        assert_eq!(client.node(), *node, "another one has answered");
    }
}

async fn works(world: &World, node: usize) {
    let mut client = Client::new(world, node, node);
    for (line, value) in [
        (&["TEST.LATER", "k", "plain"][..], "plain"),
        (&["EVAL", SCRIPT, "1", "k"], "later"),
        (&["EVAL", "return redis.call('TEST.LATER', KEYS[1], ARGV[1])", "1", "k", "called"], "called"),
    ] {
        assert_eq!(client.call(line).await, ok(), "{line:?}");
        assert_eq!(client.call(&["GET", "k"]).await, bulk(value), "{line:?}");
    }
    assert_eq!(client.call(&["MULTI"]).await, ok());
    assert_eq!(client.call(&["TEST.LATER", "k", "queued"]).await, Fate::Done(Value::Simple(b"QUEUED".to_vec())));
    assert_eq!(client.call(&["EXEC"]).await, Fate::Done(Value::Array(vec![Value::Simple(b"OK".to_vec())])));
    assert_eq!(client.call(&["GET", "k"]).await, bulk("queued"));
    assert_eq!(client.node(), node, "another one has answered");
}

/// Calls the command until it is there, which it stays.
async fn call_until_it_works(world: World, node: usize) {
    let mut client = Client::new(&world, 10 + node, node);
    let key = format!("calls of {node}");
    let (mut refused, mut done) = (0, 0);
    while done < 20 {
        match client.call(&["TEST.LATER", &key, "v"]).await {
            fate if fate == ok() => done += 1,
            Fate::Done(Value::Error(text)) => {
                assert!(done == 0 && String::from_utf8_lossy(&text).contains("is not available"), "{text:?}");
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
        // A script asks the state where it runs, which may be there before this node is.
        let script = "return redis.pcall('TEST.LATER', KEYS[1], 'v')";
        let in_script = client.call(&["EVAL", script, "1", &key]).await == ok();
        assert!(in_script || done == 0);
        tokio::time::sleep(std::time::Duration::from_millis(7)).await;
    }
    assert!(refused > 0 && client.node() == node);
}

/// Two levels, three nodes, one old: whether it leads or not, and while it is away.
#[test]
fn a_command_waits_until_every_node_knows_it() {
    for seed in 1..=3 {
        let mut cluster = Cluster::new(Shape::new(seed));
        cluster.run(|world| async move {
            let old = seed as usize % NODES;
            let new: Vec<usize> = (0..NODES).filter(|node| *node != old).collect();
            for node in &new {
                restart(&world, *node, NEXT).await;
            }
            is_refused(&world, &[0, 1, 2]).await;
            for led_by in [old, new[0]] {
                let leader = world.wait_leader().await;
                if leader != led_by {
                    let id = world.machines[led_by].group().unwrap().node.to_string();
                    assert_eq!(Client::new(&world, 9, leader).call(&["RAFT.TRANSFER", &id]).await, ok());
                    world.wait("leader that was asked for", || world.leader().filter(|node| *node == led_by)).await;
                }
                world.wait_leader().await;
                // Long enough for all to have been heard, and more.
                tokio::time::sleep(std::time::Duration::from_secs(3)).await;
                is_refused(&world, &[0, 1, 2]).await;
            }
            // An operator sees who it is.
            let shown = Client::new(&world, 9, new[1]).call(&["RAFT.NODES"]).await;
            let Fate::Done(Value::Array(members)) = shown else { panic!("{shown:?}") };
            let shown: Vec<u32> = members.iter().map(shown_level).collect();
            assert_eq!((0..NODES).map(|node| shown[id(&world, node) - 1]).collect::<Vec<_>>(), levels(old));

            world.crash(old).await;
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            is_refused(&world, &new).await;

            // While it starts clients try again and again.
            let calling = new.iter().map(|node| tokio::task::spawn_local(call_until_it_works(world.clone(), *node)));
            let calling: Vec<_> = calling.collect();
            restart(&world, old, NEXT).await;
            for called in calling {
                called.await.unwrap();
            }
            world.wait("higher level", || (0..NODES).all(|node| level(&world, node) == Some(NEXT)).then_some(())).await;
            for node in 0..NODES {
                works(&world, node).await;
            }
            // And whoever starts then has what is in the log.
            restart(&world, new[0], NEXT).await;
            works(&world, new[0]).await;
        });
    }
}

fn id(world: &World, node: usize) -> usize {
    world.machines[node].group().unwrap().node as usize
}

fn levels(old: usize) -> Vec<u32> {
    (0..NODES).map(|node| if node == old { FEATURE_LEVEL } else { NEXT }).collect()
}

/// A member's level in RAFT.NODES.
fn shown_level(member: &Value) -> u32 {
    let Value::Array(fields) = member else { panic!("{member:?}") };
    let at = fields.iter().position(|field| *field == Value::Bulk(b"level".to_vec())).unwrap();
    let Value::Int(level) = fields[at + 1] else { panic!("{member:?}") };
    level as u32
}

/// Neither from its log nor from a snapshot.
#[test]
fn a_binary_that_does_not_know_the_level_of_what_it_has_does_not_run() {
    for with_snapshot in [false, true] {
        let mut cluster = Cluster::new(Shape::new(1));
        cluster.world.machines.iter().for_each(|machine| machine.set_level(NEXT));
        cluster.run(|world| async move {
            works(&world, 0).await;
            let leader = world.wait_leader().await;
            let node = (leader + 1) % NODES;
            let machine = &world.machines[node];
            if with_snapshot {
                take_snapshot(&machine.group().unwrap()).await.unwrap();
            }
            world.crash(node).await;
            machine.set_level(FEATURE_LEVEL);
            machine.set_wrong(true);
            world.start(node).await;
            let why = world.wait("end of the node", || machine.ended()).await;
            let told = format!("is of feature level {NEXT}, this binary knows {FEATURE_LEVEL}: start a newer one");
            assert!(why.contains(&told), "{why}");
            assert_eq!(why.contains("the data is"), with_snapshot, "{why}");

            world.crash(node).await;
            machine.set_level(NEXT);
            machine.set_wrong(false);
            world.start(node).await;
            world.wait("node that serves", || machine.group().filter(|group| group.is_recovered())).await;
            works(&world, node).await;
        });
    }
}

/// It is told so, and no trace of it is left that would hold the others back.
#[test]
fn an_older_binary_does_not_join() {
    let mut cluster = Cluster::new(Shape::new(1));
    for (node, machine) in cluster.world.machines.iter().enumerate() {
        machine.set_level(if node == 2 { FEATURE_LEVEL } else { NEXT });
    }
    let joiner = cluster.world.machines[2].clone();
    joiner.set_wrong(true);
    let mut why = None;
    cluster.step_until("end of the joining node", |_| {
        why = why.take().or_else(|| joiner.ended());
        why.is_some()
    });
    assert_eq!(
        why.unwrap(),
        format!("the cluster is of feature level {NEXT}, this binary knows {FEATURE_LEVEL}: start a newer one")
    );
    let members = |world: &World| {
        let executor = world.machines[0].executor()?;
        Some(executor.gate.try_read()?.cluster.members.len())
    };
    cluster.step_until("second member", |world| members(world) == Some(2));
    cluster.carry_out(&Order::Crash(2, 0));
    joiner.set_level(NEXT);
    joiner.set_wrong(false);
    cluster.carry_out(&Order::Start(2));
    cluster.run(|world| async move {
        works(&world, 2).await;
        assert_eq!(members(&world), Some(NODES));
    });
}
