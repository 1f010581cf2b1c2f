//! OBJECT FREQ

use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::View;

const NOT_LFU: ReplyError = ReplyError::new(
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between \
     policies at runtime LRU and LFU data will take some time to adjust.",
);

/// Each node counts for itself. (Without such a policy the answer is the same on all.)
const NOT_IN_SCRIPTS: ReplyError = ReplyError::new("ERR This Redis command is not allowed from script");

pub static SPEC: Spec = Spec::read("object|freq", 3, DOC, run).keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns how often a value was accessed, under an LFU eviction policy only.",
    since: "4.0.0",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some(entry) = view.look_at(args.arg(2)) else { return Ok(Reply::Nil) };
    if !view.state().options.policy().counts_uses() {
        return Err(NOT_LFU);
    }
    if !view.may_tell_of_node() {
        return Err(NOT_IN_SCRIPTS);
    }
    Ok(Reply::Int(view.state().uses_of(entry, view.now_ms()).into()))
}
