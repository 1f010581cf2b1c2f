//! BITFIELD_RO

use super::bitfield::GET;
use super::field::{Operation, all_bounded, operations};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Str, View};

pub static SPEC: Spec = Spec::read("bitfield_ro", -2, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| reads(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Reads integers of any width in the string that a key holds.",
    since: "6.0.0",
    group: Family::Bitmap,
    complexity: "O(1) for each operation",
    args: &[Arg::new("key", ArgKind::Key(0)), GET.optional().multiple()],
};

fn reads(args: &Args) -> Result<Vec<Operation>, ReplyError> {
    let operations = operations(args)?;
    if operations.iter().any(Operation::writes) {
        return Err(ReplyError::new("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    Ok(operations)
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let operations = reads(args)?;
    all_bounded(&operations, view.state().options.bulk_len_max)?;
    let held = view.typed::<Str>(args.arg(1))?.map_or(&[][..], Str::as_bytes);
    Ok(Reply::Array(operations.iter().map(|operation| Reply::Int(operation.get(held))).collect()))
}
