//! ACL CAT

use super::super::doc;
use super::{LEVEL, PLAIN};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Categories, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

/// Bytes of an unknown name that are shown.
const SHOWN: usize = 128;

pub static SPEC: Spec = Spec::session(
    "acl|cat",
    -2,
    PLAIN,
    doc("6.0.0", "O(1)", "Returns the categories, or the commands of one.").args(&[Arg::new(
        "category",
        ArgKind::String,
    )
    .optional()]),
    run,
)
.since(LEVEL);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    match args.len() {
        2 => Reply::Array(Categories::all().names().map(Reply::bulk).collect()).into(),
        3 => commands(call, args.arg(2)).into(),
        _ => Reply::Error(crate::error::wrong_subcommand_arguments("ACL", args.arg(1))).into(),
    }
}

fn commands(call: &Call<'_>, name: &[u8]) -> Result<Reply, ReplyError> {
    let shown = name.get(..SHOWN).unwrap_or(name);
    let category = Categories::named(name).ok_or_else(|| ReplyError::about("ERR Unknown category '", shown, "'"))?;
    let is_shown = |spec: &&&Spec| !spec.flags.contains(Flags::INTERNAL) && spec.all_categories().contains(category);
    Ok(Reply::Array(call.commands.runnable().iter().filter(is_shown).map(|spec| Reply::bulk(spec.name)).collect()))
}
