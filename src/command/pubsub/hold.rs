//! Has a connection hold exactly these subscriptions: none once it is gone, and what it had under the boot before once the log has ended that.

use super::{LEVEL, doc};
use crate::command::context::Subscribed;
use crate::command::{Flags, Outcome, Spec};
use crate::error::SYNTAX;
use crate::protocol::{Args, Reply};
use crate::store::{SubscriptionKind, Txn};

/// `pubsub._hold [kind name …]`; a kind is one letter of [`LETTERS`].
pub static HOLD: Spec =
    Spec::write("pubsub._hold", -1, doc("1.0.0", "O(N)", "Says which subscriptions a connection has."), run)
        .flags(Flags::NOSCRIPT.union(Flags::INTERNAL).union(Flags::FREES))
        .since(LEVEL);

const LETTERS: [&str; SubscriptionKind::ALL.len()] = ["c", "p", "s"];

/// The arguments that say so.
pub fn hold_args(subscribed: &Subscribed) -> Args {
    let mut words: Vec<&[u8]> = vec![HOLD.name.as_bytes()];
    for (kind, letter) in SubscriptionKind::ALL.into_iter().zip(LETTERS) {
        for name in subscribed.names(kind) {
            words.push(letter.as_bytes());
            words.push(name);
        }
    }
    Args::from_slices(words)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let mut held = Vec::with_capacity(args.len() / 2);
    for at in (1..args.len()).step_by(2) {
        let kind = SubscriptionKind::ALL.into_iter().zip(LETTERS).find(|(_, letter)| args.is(at, letter));
        let (Some((kind, _)), true) = (kind, at + 1 < args.len()) else { return Err(SYNTAX) };
        held.push((kind, args.bytes(at + 1)));
    }
    txn.hold_subscriptions(&held);
    Ok(Reply::Ok)
}
