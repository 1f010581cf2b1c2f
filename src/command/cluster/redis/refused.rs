//! The subcommands of CLUSTER that would change who has which slots. Raft decides that here, so they are refused, with what does it instead.

use super::{OF_CLUSTER, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

const ADMIN: Flags = OF_CLUSTER.union(Flags::ADMIN).union(Flags::NO_ASYNC_LOADING);

type Run = fn(&mut Call<'_>, &Args) -> Answer;

const fn refused(name: &'static str, arity: i32, since: &'static str, summary: &'static str, run: Run) -> Spec {
    Spec::session(name, arity, ADMIN, doc(since, "O(1)", summary), run)
}

fn refuse(text: &'static str) -> Answer {
    Reply::Error(ReplyError::new(text)).into()
}

const NO_SLOTS: &str = "Refused: one shard has all slots.";
const NO_EPOCH: &str = "Refused: the epoch is Raft's term.";

fn slots(_call: &mut Call<'_>, _args: &Args) -> Answer {
    refuse("ERR slots cannot be assigned: one shard, all members of the Raft group, has all of them")
}

fn epoch(_call: &mut Call<'_>, _args: &Args) -> Answer {
    refuse("ERR the epoch cannot be set: it is the term of Raft, which rises by elections")
}

fn joins(_call: &mut Call<'_>, _args: &Args) -> Answer {
    refuse("ERR nodes do not meet so: RAFT.ADD host:port takes one in, and so does starting it with --join")
}

fn removes(_call: &mut Call<'_>, _args: &Args) -> Answer {
    refuse("ERR nodes are not forgotten so: RAFT.REMOVE id removes one from the cluster, RAFT.NODES shows the ids")
}

fn leads(_call: &mut Call<'_>, _args: &Args) -> Answer {
    refuse("ERR Raft elects the leader: RAFT.TRANSFER id hands the lead to another node, RAFT.NODES shows the ids")
}

pub static ADDSLOTS: Spec = refused("cluster|addslots", -3, "3.0.0", NO_SLOTS, slots);
pub static ADDSLOTSRANGE: Spec = refused("cluster|addslotsrange", -4, "7.0.0", NO_SLOTS, slots);
pub static BUMPEPOCH: Spec = refused("cluster|bumpepoch", 2, "3.0.0", NO_EPOCH, epoch);
pub static DELSLOTS: Spec = refused("cluster|delslots", -3, "3.0.0", NO_SLOTS, slots);
pub static DELSLOTSRANGE: Spec = refused("cluster|delslotsrange", -4, "7.0.0", NO_SLOTS, slots);
pub static FAILOVER: Spec = refused("cluster|failover", -2, "3.0.0", "Refused: RAFT.TRANSFER does it.", leads);
pub static FLUSHSLOTS: Spec = refused("cluster|flushslots", 2, "3.0.0", NO_SLOTS, slots);
pub static FORGET: Spec = refused("cluster|forget", 3, "3.0.0", "Refused: RAFT.REMOVE does it.", removes);
pub static MEET: Spec = refused("cluster|meet", -4, "3.0.0", "Refused: RAFT.ADD does it.", joins);
pub static REPLICATE: Spec =
    refused("cluster|replicate", 3, "3.0.0", "Refused: Raft elects whom others follow.", leads);
pub static RESET: Spec = refused("cluster|reset", -2, "3.0.0", "Refused: a node leaves by RAFT.REMOVE.", removes)
    .without(Flags::NO_ASYNC_LOADING)
    .flags(Flags::NOSCRIPT);
pub static SAVECONFIG: Spec =
    refused("cluster|saveconfig", 2, "3.0.0", "Refused: what nodes know of each other is in the log.", |_, _| {
        refuse(
            "ERR there is no such file: what nodes know of each other is in the log, on disk before it is acknowledged",
        )
    });
pub static SET_CONFIG_EPOCH: Spec = refused("cluster|set-config-epoch", 3, "3.0.0", NO_EPOCH, epoch);
pub static SETSLOT: Spec = refused("cluster|setslot", -4, "3.0.0", NO_SLOTS, slots);
