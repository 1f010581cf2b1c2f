//! A change of the voters whose leader dies half way.

use std::sync::Arc;

use lockstep::replication::types::Membership;
use openraft::async_runtime::watch::WatchReceiver;

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Order, Shape};
use crate::machine::Machine;
use crate::support::value::Value;

impl Cluster<'_> {
    /// Steps until all three vote, and crashes node 1, which leads alone until then, when another node has the first half of the joint
    /// change that makes them voters in its log; it starts again 300 ms later. True if it led with the change still half done then.
    fn form_with_a_crash_in_the_change(&mut self) -> bool {
        let sets = |machine: &Arc<Machine>| machine.group().map_or(Vec::new(), |group| group.voter_sets());
        self.step_until("a joint configuration", |world| {
            world.machines.iter().skip(1).any(|machine| logged_voter_sets(machine).len() == 2)
        });
        self.carry_out(&Order::Crash(0, usize::MAX));
        for _ in 0..300 {
            self.step();
        }
        self.carry_out(&Order::Start(0));
        let mut half_done = false;
        self.step_until("the end of the joint change", |world| {
            half_done |= world.leader().is_some_and(|leader| sets(&world.machines[leader]).len() == 2);
            world.machines.iter().all(|machine| sets(machine) == [[1, 2, 3]])
        });
        half_done
    }

    /// Forms the cluster, has the node after the leader removed, and crashes the leader when two other nodes have the first half of
    /// the joint change in their logs, and no log has the second. The leader starts again when the nodes that remain have finished the
    /// removal without it.
    ///
    /// Of five nodes; fewer could not finish it while the leader is down.
    fn remove_with_a_crash_in_the_change(&mut self) {
        self.form();
        let leader = self.world.leader().expect("a cluster that was formed has a leader");
        let (gone, operator) = ((leader + 1) % self.world.machines.len(), leader + 2);
        // Ids are given in the order in which the nodes joined.
        let id = self.world.machines[gone].group().expect("a node of a cluster that was formed").node;
        self.world.machines[gone].remove();
        let mut operator = Client::new(&self.world, 0, operator);
        self.sim.client("operator", async move {
            let removed = operator.call(&["RAFT.REMOVE", &id.to_string()]).await;
            assert_eq!(removed, Fate::Done(Value::Simple(b"OK".to_vec())));
            Ok(())
        });
        let all: Vec<u64> = (1..=self.world.machines.len() as u64).collect();
        let rest: Vec<u64> = all.iter().copied().filter(|node| *node != id).collect();
        let is_half_done = |machine: &Machine| logged_voter_sets(machine) == [all.clone(), rest.clone()];
        // Whoever lacks it then finds no majority of the four that are left: the next leader has it.
        self.step_until("joint configuration in two logs", |world| {
            let others = world.machines.iter().enumerate().filter(|(node, _)| *node != leader);
            others.filter(|(_, machine)| is_half_done(machine)).count() >= 2
        });
        assert!(is_half_done(&self.world.machines[leader]), "the leader has proposed the second half already");
        self.carry_out(&Order::Crash(leader, 0));

        self.step_until("next leader", |world| world.leader().is_some());
        let next = self.world.leader().expect("it leads since the last step");
        assert!(is_half_done(&self.world.machines[next]), "the next leader has not found the change half done");
        self.step_until("second half of the joint change", |world| {
            world.leader().is_some_and(|leader| logged_voter_sets(&world.machines[leader]) == [rest.clone()])
        });
        let next = self.world.leader().expect("it leads since the last step");
        assert!(logged_nodes(&self.world.machines[next]).contains(&id), "the joint change has to be finished first");
        let is_finished = |machine: &Arc<Machine>| {
            let (Some(group), Some(executor)) = (machine.group(), machine.executor()) else { return false };
            let is_member = executor.gate.try_read().is_none_or(|state| state.cluster.members.contains_key(&id));
            group.voter_sets() == [rest.clone()] && !is_member && !logged_nodes(machine).contains(&id)
        };
        self.step_until("end of the removal", |world| {
            let mut live = world.members().filter(|machine| machine.name != world.machines[leader].name);
            live.all(is_finished) && world.machines[gone].group().is_none()
        });
        self.carry_out(&Order::Start(leader));
        self.step_until("removal at the node that led", |world| world.members().all(is_finished));
    }
}

/// The sets of voters of the last membership in a node's log, committed or not.
fn logged_voter_sets(machine: &Machine) -> Vec<Vec<u64>> {
    let sets = |membership: Membership| {
        membership.get_joint_config().iter().map(|set| set.iter().copied().collect()).collect()
    };
    logged_membership(machine).map_or(Vec::new(), sets)
}

/// All nodes, voters or not, of the last membership in a node's log.
fn logged_nodes(machine: &Machine) -> Vec<u64> {
    logged_membership(machine).map_or(Vec::new(), |membership| membership.nodes().map(|(node, _)| *node).collect())
}

fn logged_membership(machine: &Machine) -> Option<Membership> {
    let group = machine.group()?;
    let metrics = group.raft()?.metrics();
    let metrics = metrics.borrow_watched();
    Some(metrics.membership_config.membership().clone())
}

/// A leader that dies as soon as it shows three voters is not missed.
#[test]
fn shown_voters_suffice_without_the_leader() {
    for seed in 1..=6 {
        let mut cluster = Cluster::new(Shape::new(seed));
        cluster.step_until("three voters at the leader", |world| {
            let shown = world.machines[0].group().map(|group| group.standings());
            shown.is_some_and(|shown| shown.values().filter(|standing| standing.voter).count() == NODES)
        });
        cluster.carry_out(&Order::Crash(0, 0));
        cluster.step_until("next leader", |world| world.leader().is_some());
        cluster.carry_out(&Order::Start(0));
        cluster.run(|world| async move {
            let mut client = Client::new(&world, 1, 0);
            assert_eq!(client.call(&["INCR", "n"]).await, Fate::Done(Value::Int(1)), "seed {seed}");
        });
    }
}

/// The next leader ends the joint change, and the cluster works with one set of voters.
#[test]
fn a_joint_change_that_a_dead_leader_left_is_finished() {
    let mut half_done = 0;
    for seed in 1..=6 {
        let mut cluster = Cluster::new(Shape::new(seed));
        half_done += usize::from(cluster.form_with_a_crash_in_the_change());
        cluster.run(|world| async move {
            world.wait_leader().await;
            for node in 0..NODES {
                let mut client = Client::new(&world, node, node);
                assert_eq!(client.call(&["INCR", "n"]).await, Fate::Done(Value::Int(node as i64 + 1)), "seed {seed}");
            }
            // One of three may be missing: the change has really ended.
            let leader = world.wait_leader().await;
            world.crash(leader).await;
            let mut client = Client::new(&world, 9, (leader + 1) % NODES);
            assert_eq!(client.call(&["INCR", "n"]).await, Fate::Done(Value::Int(4)), "seed {seed}");
            world.start(leader).await;
        });
    }
    assert!(half_done > 0, "no leader has found the change half done");
}

/// The same for a removal: the next leader finishes it while the old one is down.
#[test]
fn a_removal_that_a_dead_leader_left_is_finished() {
    for seed in 1..=6 {
        let mut cluster = Cluster::new(Shape { nodes: 5, ..Shape::new(seed) });
        cluster.remove_with_a_crash_in_the_change();
        cluster.run(|world| async move {
            let members: Vec<usize> = (0..5).filter(|node| !world.machines[*node].is_removed()).collect();
            assert_eq!(members.len(), 4);
            for (written, node) in members.iter().enumerate() {
                let mut client = Client::new(&world, 1, *node);
                let fate = client.call(&["INCR", "n"]).await;
                assert_eq!(fate, Fate::Done(Value::Int(written as i64 + 1)), "seed {seed}, node {node}");
            }
            // One of four may be missing: the removed node is not counted.
            let leader = world.wait_leader().await;
            world.crash(leader).await;
            let next = members.iter().find(|node| **node != leader).unwrap();
            let mut client = Client::new(&world, 2, *next);
            assert_eq!(client.call(&["INCR", "n"]).await, Fate::Done(Value::Int(5)), "seed {seed}");
            world.start(leader).await;
        });
    }
}
