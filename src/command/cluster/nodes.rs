//! RAFT.NODES

use crate::command::context::{Answer, Call, MemberFacts};
use crate::command::{Doc, Family, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session("raft.nodes", 1, super::OF_THIS_NODE, DOC, run);

const DOC: Doc = Doc {
    summary: "Lists the members of the cluster and how they are.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(N) with the number of members",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let node = call.node.clone();
    Answer::later(async move {
        match node.standings().await {
            Ok(members) => Reply::Array(members.iter().map(show).collect()),
            Err(error) => Reply::Error(error),
        }
    })
}

fn show(member: &MemberFacts) -> Reply {
    let field = |name: &'static str, value: Reply| (Reply::bulk(name), value);
    let mut fields = vec![
        field("id", Reply::Int(member.node as i64)),
        field("addr", Reply::bulk(&member.addr)),
        field("role", Reply::bulk(member.role.name())),
        field("voter", Reply::Int(i64::from(member.is_voter))),
        field("matched", Reply::Int(member.matched as i64)),
        field("lag", Reply::Int(member.lag as i64)),
        field("alive", Reply::Int(i64::from(member.alive))),
        field("level", Reply::Int(i64::from(member.level))),
    ];
    if let Some(why) = &member.waits {
        fields.push(field("waits", Reply::bulk(why)));
    }
    Reply::Map(fields)
}
