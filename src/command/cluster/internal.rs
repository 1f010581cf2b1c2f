//! Commands that only log entries hold: wishes of operators, and what became of them.

use crate::command::{Categories, Doc, Flags, Group, Outcome, Run, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Txn, Wish as Wanted};

/// Records that a node at an address is to join.
pub static INVITE: Spec = Spec {
    name: "raft._invite",
    arity: 3,
    flags: Flags::WRITE.union(Flags::ADMIN).union(Flags::NOSCRIPT).union(Flags::INTERNAL).union(Flags::FREES),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Records that a node at an address is to join.",
        since: "1.0.0",
        group: Group::Cluster,
        complexity: "O(1)",
        args: &[],
    },
    run: Run::Write(invite),
    subcommands: &[],
};
/// Records what an operator wants of a node.
pub static WISH: Spec = Spec {
    name: "raft._wish",
    arity: 3,
    flags: Flags::WRITE.union(Flags::ADMIN).union(Flags::NOSCRIPT).union(Flags::INTERNAL).union(Flags::FREES),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Records what an operator wants of a node.",
        since: "1.0.0",
        group: Group::Cluster,
        complexity: "O(1)",
        args: &[],
    },
    run: Run::Write(wish),
    subcommands: &[],
};
/// Records that the leader refuses a wish.
pub static REFUSE: Spec = Spec {
    name: "raft._refuse",
    arity: 3,
    flags: Flags::WRITE.union(Flags::ADMIN).union(Flags::NOSCRIPT).union(Flags::INTERNAL).union(Flags::FREES),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Records that the leader refuses a wish.",
        since: "1.0.0",
        group: Group::Cluster,
        complexity: "O(1)",
        args: &[],
    },
    run: Run::Write(refuse),
    subcommands: &[],
};
/// Records that the leader has carried a wish out.
pub static SETTLE: Spec = Spec {
    name: "raft._settle",
    arity: 3,
    flags: Flags::WRITE.union(Flags::ADMIN).union(Flags::NOSCRIPT).union(Flags::INTERNAL).union(Flags::FREES),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Records that the leader has carried a wish out.",
        since: "1.0.0",
        group: Group::Cluster,
        complexity: "O(1)",
        args: &[],
    },
    run: Run::Write(settle),
    subcommands: &[],
};

fn node(args: &Args) -> u64 {
    std::str::from_utf8(args.arg(1)).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn invite(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let learner_only = args.is(2, "learner");
    txn.state_mut().cluster.invite(&String::from_utf8_lossy(args.arg(1)), learner_only);
    Ok(Reply::Ok)
}

fn wish(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let wanted = if args.is(2, "remove") { Wanted::Remove } else { Wanted::Promote };
    if txn.state_mut().cluster.wish(node(args), wanted) {
        Ok(Reply::Ok)
    } else {
        Err(ReplyError::new("ERR no such node, RAFT.NODES lists them"))
    }
}

fn refuse(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    txn.state_mut().cluster.refuse(node(args), &String::from_utf8_lossy(args.arg(2)));
    Ok(Reply::Ok)
}

fn settle(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let gone = args.is(2, "gone");
    let node = node(args);
    let state = txn.state_mut();
    state.cluster.settle(node, gone);
    if gone && let Some(boot) = state.origins.of_node(node).map(|(boot, _)| boot) {
        state.origins.end(boot);
    }
    Ok(Reply::Ok)
}
