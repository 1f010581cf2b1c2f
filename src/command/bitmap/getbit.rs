//! GETBIT

use super::offset::{bounded, offset};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Str, View};

pub static SPEC: Spec = Spec::read("getbit", 3, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| offset(args.arg(2), None).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns a bit of the string that a key holds; behind its end there are zeros.",
    since: "2.2.0",
    group: Family::Bitmap,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("offset", ArgKind::Integer)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let offset = offset(args.arg(2), None)?;
    bounded(offset, view.state().options.bulk_len_max)?;
    let value = view.typed::<Str>(args.arg(1))?;
    let byte = value.and_then(|value| value.as_bytes().get((offset / 8) as usize)).copied().unwrap_or(0);
    Ok(Reply::Int((byte >> (7 - offset % 8) & 1).into()))
}
