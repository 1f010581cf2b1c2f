//! SCRIPT LOAD

use bytes::Bytes;

use super::request::check_shebang;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::script::{PreparedScript, Source};
use crate::store::{LOADED_BYTES_MAX, Txn};

pub static SPEC: Spec = Spec::write("script|load", 3, DOC, run)
    .without(Flags::WRITE)
    .flags(Flags::NOSCRIPT.union(Flags::STALE))
    .check(|args| check_shebang(args.arg(2)));

const DOC: Doc = Doc {
    summary: "Loads a Lua script into the replicated state and returns its name.",
    since: "2.6.0",
    group: Family::Scripting,
    complexity: "O(N) with N being the length in bytes of the script body.",
    args: &[Arg::new("script", ArgKind::String)],
};

fn full() -> ReplyError {
    let bytes = LOADED_BYTES_MAX;
    ReplyError::text(format!("LIMIT loaded scripts may take {bytes} bytes together; SCRIPT FLUSH forgets them"))
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let source = Source::new(Bytes::copy_from_slice(args.arg(2)))?;
    PreparedScript::new(&source, &txn.state().options)?;
    txn.load_script(source.sha(), source.body()).map_err(|_| full())?;
    Ok(Reply::bulk(source.sha()))
}
