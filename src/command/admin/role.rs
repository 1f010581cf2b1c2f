//! ROLE: in Redis's form, leader = master. A node that hears no leader is a replica that is not connected.

use super::doc;
use crate::command::context::{Answer, Call};
use crate::command::{Categories, Flags, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "role",
    1,
    Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::FAST).union(Flags::CUTS_GROUP),
    doc("2.8.12", "O(N) with the number of members", "Tells whether the node leads, and who else is there."),
    run,
)
.categories(Categories::ADMIN.union(Categories::DANGEROUS));

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let node = call.node.clone();
    Answer::later(async move {
        let view = node.view().await;
        if view.shows_master {
            let replicas = view.others.iter().filter(|other| other.alive).map(|other| {
                let offset = other.matched.to_string();
                Reply::Array(vec![Reply::bulk(&other.host), Reply::bulk(&other.port), Reply::bulk(offset)])
            });
            let replicas = Reply::Array(replicas.collect());
            return Reply::Array(vec![Reply::bulk("master"), Reply::Int(view.applied as i64), replicas]);
        }
        let (host, port) = view.leader.clone().unwrap_or_default();
        let state = if view.hears_leader { "connected" } else { "connect" };
        Reply::Array(vec![
            Reply::bulk("slave"),
            Reply::bulk(host),
            Reply::Int(port.parse().unwrap_or(0)),
            Reply::bulk(state),
            Reply::Int(view.applied as i64),
        ])
    })
}
