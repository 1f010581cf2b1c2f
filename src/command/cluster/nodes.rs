//! RAFT.NODES

use crate::command::{Doc, Group, Spec};
use crate::error::LOADING;
use crate::protocol::{Args, Reply};
use crate::replication::why_waiting;
use crate::server::{Answer, Call};

pub static SPEC: Spec = Spec::session("raft.nodes", 1, super::OF_THIS_NODE, DOC, run);

const DOC: Doc = Doc {
    summary: "Lists the members of the cluster and how they are.",
    since: "1.0.0",
    group: Group::Cluster,
    complexity: "O(N) with the number of members",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let server = call.server.clone();
    Answer::later(async move {
        let (Some(group), Some(executor)) = (server.router.group(), server.router.executor()) else {
            return Reply::Error(LOADING);
        };
        let members = executor.gate.read().await.cluster.members.clone();
        let leader = group.leader();
        let standings = crate::replication::standings(group).await;
        // Also while no leader answers.
        let voter_ids = group.voters();
        let voters = voter_ids.len();
        let field = |name: &'static str, value: Reply| (Reply::bulk(name), value);
        let list = members.iter().map(|(node, member)| {
            let standing = standings.get(node);
            let voter = standing.map_or_else(|| voter_ids.contains(node), |standing| standing.voter);
            let role = match leader {
                Some(leader) if leader.node == *node => "leader",
                _ if voter => "follower",
                _ => "learner",
            };
            let mut fields = vec![
                field("id", Reply::Int(*node as i64)),
                field("addr", Reply::bulk(&member.client_addr)),
                field("role", Reply::bulk(role)),
                field("voter", Reply::Int(i64::from(voter))),
                field("matched", Reply::Int(standing.map_or(0, |standing| standing.matched) as i64)),
                field("lag", Reply::Int(standing.map_or(0, |standing| standing.lag) as i64)),
                field("alive", Reply::Int(i64::from(standing.is_some_and(|standing| standing.alive)))),
            ];
            if !voter {
                let why = if standings.is_empty() {
                    "no leader answers".into()
                } else {
                    why_waiting(member, standing, voters)
                };
                fields.push(field("waits", Reply::bulk(why)));
            }
            Reply::Map(fields)
        });
        Reply::Array(list.collect())
    })
}
