//! The cluster, as the group and the state know it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use futures::future::BoxFuture;

use crate::command::context::{Cluster, ClusterView, Found, Identity, MemberFacts, OtherMember, RaftFacts, RaftRole};
use crate::config::Address;
use crate::error::ReplyError;
use crate::replication::{Group, Leader, standings, transfer, why_waiting};
use crate::server::{Invitations, Server};
use crate::store::Member;
use crate::sys::clock::Source;

impl Cluster for Server {
    fn identity(&self) -> Result<Identity, ReplyError> {
        let group = self.group()?;
        let identity = group.links.identity();
        Ok(Identity { cluster: identity.cluster, node: group.node })
    }

    fn shows_master(&self) -> bool {
        self.router.shows_master(&self.settings())
    }

    fn view(&self) -> BoxFuture<'_, ClusterView> {
        Box::pin(async {
            let Ok(group) = self.group() else { return ClusterView::default() };
            let members = self.members().await;
            let address = |node: u64| members.get(&node).map(|member| split(&member.client_addr));
            let (shows_master, heard) = (self.shows_master(), group.heard_leader());
            let leader = last_leader(group);
            let standings = if shows_master { standings(group).await } else { Default::default() };
            let others = standings
                .iter()
                .filter(|(node, _)| **node != group.node)
                .filter_map(|(node, standing)| {
                    let (host, port) = address(*node)?;
                    let (matched, lag, alive) = (standing.matched, standing.lag, standing.alive);
                    Some(OtherMember { host, port, matched, lag, alive })
                })
                .collect();
            ClusterView {
                shows_master,
                has_leader: heard.is_some() && group.is_recovered(),
                hears_leader: heard.is_some(),
                leader: leader.and_then(|leader| address(leader.node)),
                others,
                members: members.len(),
                applied: group.applied().index,
                cluster: group.links.identity().cluster,
            }
        })
    }

    fn raft(&self) -> Option<RaftFacts> {
        self.router.group().map(|group| raft_facts(group))
    }

    fn members(&self) -> BoxFuture<'_, BTreeMap<u64, Member>> {
        Box::pin(async {
            match self.executor() {
                Ok(executor) => executor.gate.read().await.cluster.members.clone(),
                Err(_) => BTreeMap::new(),
            }
        })
    }

    fn is_voter(&self, node: u64) -> bool {
        self.group().is_ok_and(|group| group.voters().contains(&node))
    }

    fn is_removed(&self, node: u64) -> bool {
        self.group().is_ok_and(|group| group.is_removed(node))
    }

    fn standings(&self) -> BoxFuture<'_, Result<Vec<MemberFacts>, ReplyError>> {
        Box::pin(async {
            let group = self.group()?;
            let members = self.members().await;
            let standings = standings(group).await;
            let leader = group.heard_leader();
            // Also while no leader answers.
            let voters = group.voters();
            let facts = members.iter().map(|(node, member)| {
                let standing = standings.get(node);
                let is_voter = standing.map_or_else(|| voters.contains(node), |standing| standing.voter);
                let waits = (!is_voter).then(|| {
                    if standings.is_empty() {
                        "no leader answers".into()
                    } else {
                        why_waiting(member, standing, voters.len())
                    }
                });
                MemberFacts {
                    node: *node,
                    addr: member.client_addr.clone(),
                    role: role(leader.is_some_and(|leader| leader.node == *node), is_voter),
                    is_voter,
                    matched: standing.map_or(0, |standing| standing.matched),
                    lag: standing.map_or(0, |standing| standing.lag),
                    alive: standing.is_some_and(|standing| standing.alive),
                    level: standing.map_or(0, |standing| standing.level),
                    waits,
                }
            });
            Ok(facts.collect())
        })
    }

    fn holders(&self, index: u64) -> BoxFuture<'_, usize> {
        Box::pin(async move {
            let Ok(group) = self.group() else { return 0 };
            let standings = standings(group).await;
            let holds =
                |node: u64, matched: u64, alive: bool| node != group.node && matched >= index && (index > 0 || alive);
            standings.iter().filter(|(node, standing)| holds(**node, standing.matched, standing.alive)).count()
        })
    }

    fn transfer(&self, node: u64) -> BoxFuture<'_, Result<(), ReplyError>> {
        Box::pin(
            async move { transfer(self.group()?, node).await.map_err(|why| ReplyError::text(format!("ERR {why}"))) },
        )
    }

    fn who_is_at<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, Result<Found, String>> {
        Box::pin(async move { Invitations::ask_who(&self.env, addr, &self.settings().requirepass).await })
    }

    fn invite<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let own = self.client_addr().ok_or("nothing says by which host this node is reached")?;
            Invitations::call(&self.env, addr, &self.settings().requirepass, &own).await
        })
    }

    fn nonce(&self) -> Option<u64> {
        self.invitations.nonce()
    }

    fn called(&self, through: &str) -> bool {
        self.invitations.called(through)
    }

    fn meet(&self, node: u64, addr: &str) {
        if let Ok(group) = self.group() {
            group.links.meet(node, addr);
        }
    }

    fn met(&self) -> BTreeMap<u64, String> {
        self.group().map(|group| group.links.met()).unwrap_or_default()
    }
}

impl Server {
    /// Where others reach this node; None if nothing says by which host they do.
    fn client_addr(&self) -> Option<String> {
        let port = self.port.load(Ordering::Relaxed);
        Address::at(self.settings().host_for_others()?, port).map(|addr| addr.to_string())
    }
}

/// The leader that is heard, or else the last one known; but that this node itself leads no longer says nothing.
fn last_leader(group: &Group) -> Option<Leader> {
    group.heard_leader().or_else(|| group.leader().filter(|leader| leader.node != group.node))
}

fn role(leads: bool, is_voter: bool) -> RaftRole {
    match (leads, is_voter) {
        (true, _) => RaftRole::Leader,
        (false, true) => RaftRole::Follower,
        (false, false) => RaftRole::Learner,
    }
}

fn raft_facts(group: &Group) -> RaftFacts {
    let standing = group.raft_standing();
    let leader = group.heard_leader().map_or(0, |leader| leader.node);
    let clock_source = group.clock.source();
    RaftFacts {
        node: group.node,
        role: role(leader == group.node, standing.is_voter),
        term: standing.term,
        leader,
        last_leader: last_leader(group).map_or(0, |leader| leader.node),
        voters: group.voters().len(),
        is_recovered: group.is_recovered(),
        applied_index: group.applied().index,
        commit_index: standing.commit_index,
        first_log_index: group.log.first_index(),
        last_log_index: standing.last_log_index,
        last_log_term: group.log.last_log_id().map_or(0, |last| last.leader_id.term),
        log_bytes: group.log.bytes_between(group.log.first_index(), standing.last_log_index + 1),
        log_tail_bytes: group.log.tail_bytes() as u64,
        log_disk_bytes: group.log.disk_bytes(),
        level: group.level(),
        known_level: group.env.level,
        clock_source,
        // Without a base there is no cluster time that could differ.
        clock_wall_difference_ms: if clock_source == Source::None { 0 } else { group.clock.wall_difference_ms() },
    }
}

fn split(addr: &str) -> (String, String) {
    let parsed = Address::parse(addr);
    parsed.map_or_else(|| (addr.into(), "0".into()), |addr| (addr.host().into(), addr.port().to_string()))
}
