//! Commands that only log entries hold: wishes of operators, and what became of them.

use crate::command::{Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Txn, Wish as Wanted};

const FLAGS: Flags = Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::INTERNAL).union(Flags::FREES);

/// Records that a node at an address is to join.
pub static INVITE: Spec =
    Spec::write("raft._invite", 3, doc("Records that a node at an address is to join."), invite).flags(FLAGS);
/// Records that the node of a nonce is to join, for which the address in the last argument stands no longer.
pub static INVITE_NODE: Spec =
    Spec::write("raft._invite_node", 4, doc("Records that the node of a nonce is to join."), invite_node)
        .flags(FLAGS)
        .since(NONCE_LEVEL);
/// The feature level since which a node is invited by its nonce.
const NONCE_LEVEL: u32 = 2;
/// Records what an operator wants of a node.
pub static WISH: Spec =
    Spec::write("raft._wish", 3, doc("Records what an operator wants of a node."), wish).flags(FLAGS);
/// Records that the leader refuses a wish.
pub static REFUSE: Spec =
    Spec::write("raft._refuse", 3, doc("Records that the leader refuses a wish."), refuse).flags(FLAGS);
/// Records that the leader has carried a wish out.
pub static SETTLE: Spec =
    Spec::write("raft._settle", 3, doc("Records that the leader has carried a wish out."), settle).flags(FLAGS);

const fn doc(summary: &'static str) -> Doc {
    Doc::new(Family::Cluster, "1.0.0", "O(1)", summary)
}

fn node(args: &Args) -> u64 {
    std::str::from_utf8(args.arg(1)).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn invite(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let learner_only = args.is(2, "learner");
    txn.state_mut().cluster.invite(&String::from_utf8_lossy(args.arg(1)), learner_only);
    Ok(Reply::Ok)
}

fn invite_node(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    txn.state_mut().cluster.uninvite(&String::from_utf8_lossy(args.arg(3)));
    invite(txn, args)
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
    txn.state_mut().cluster.settle(node, gone);
    if gone {
        txn.end_boot_of(node);
    }
    Ok(Reply::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::call_write;
    use crate::store::{Effects, Rng, State};

    #[test]
    fn an_invitation_by_nonce_takes_the_place_of_the_one_by_address() {
        let mut state = State::default();
        let mut invited = |args: &[&str]| {
            let mut effects = Effects::default();
            let spec = if args.len() == 3 { &INVITE_NODE } else { &INVITE };
            let args = Args::from_slices(std::iter::once(&spec.name).chain(args));
            let reply = call_write(spec, &mut state.txn(0, Rng::of_command(1, 0), &mut effects), &args);
            assert_eq!(reply, Ok(Reply::Ok));
            state.cluster.invited.clone().into_iter().collect::<Vec<_>>()
        };
        let by = |who: &str, learner| vec![(who.to_owned(), learner)];
        assert_eq!(invited(&["n2:7102", "learner"]), by("n2:7102", true));
        assert_eq!(invited(&["12", "learner", "n2:7102"]), by("12", true));
        assert_eq!(invited(&["12", "voter", "n2:7102"]), by("12", false));
    }
}
