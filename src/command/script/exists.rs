//! SCRIPT EXISTS

use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::script::source::parse_sha;
use crate::store::View;

pub static SPEC: Spec = Spec::read("script|exists", -3, DOC, run).without(Flags::READONLY).flags(Flags::NOSCRIPT);

const DOC: Doc = Doc {
    summary: "Tells which scripts are loaded.",
    since: "2.6.0",
    group: Family::Scripting,
    complexity: "O(N) with N being the number of scripts to check.",
    args: &[Arg::new("sha1", ArgKind::String).multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let scripts = &view.state().scripts;
    let is_loaded = |name: &[u8]| parse_sha(name).is_some_and(|sha| scripts.contains(&sha));
    Ok(Reply::Array(args.from(2).map(|name| Reply::Int(i64::from(is_loaded(name)))).collect()))
}
