//! OBJECT IDLETIME

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::View;

const IS_LFU: ReplyError = ReplyError::new(
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at \
     runtime LRU and LFU data will take some time to adjust.",
);

pub static SPEC: Spec = Spec::read("object|idletime", 3, DOC, run)
    .flags(Flags::NODE_DEPENDENT)
    .keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns for how many seconds this node has seen no access to a key.",
    since: "2.2.3",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    match view.look_at(args.arg(2)) {
        None => Ok(Reply::Nil),
        Some(_) if view.state().options.policy().counts_uses() => Err(IS_LFU),
        Some(entry) => Ok(Reply::Int(entry.idle_s(view.now_ms()) as i64)),
    }
}
