//! FUNCTION LOAD

use super::{LEVEL, doc};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::script::library::{Header, load};
use crate::store::{Libraries, Library, Options, Taken, Txn};

pub static SPEC: Spec = Spec::write(
    "function|load",
    -3,
    doc("7.0.0", "O(1) (considering compilation time is redundant)", "Loads a library of functions on every node.")
        .args(&[Arg::word("replace", "REPLACE").optional(), Arg::new("function-code", ArgKind::String)]),
    run,
)
// Its code runs once: heavy work in apply.
.flags(Flags::NOSCRIPT.union(Flags::DENYOOM).union(Flags::UNBOUNDED))
.check(|args| read(args).map(drop))
.since(LEVEL);

/// What the arguments ask for: whether to replace, the code and what its first line says.
fn read(args: &Args) -> Result<(bool, &[u8], Header), ReplyError> {
    let code_at = args.len() - 1;
    if let Some(word) = (2..code_at).find(|at| !args.is(*at, "replace")) {
        return Err(ReplyError::about("ERR Unknown option given: ", args.arg(word), ""));
    }
    let code = args.arg(code_at);
    Ok((code_at > 2, code, Header::read(code)?))
}

/// Loads a library in front of its place among these, within `budget` units.
///
/// # Errors
/// Its name is taken; those of [`load`].
pub fn loaded(
    libraries: &Libraries,
    code: &[u8],
    replace: bool,
    budget: u64,
    options: &Options,
) -> Result<Library, ReplyError> {
    let header = Header::read(code)?;
    if !replace && libraries.get(&header.name).is_some() {
        return Err(ReplyError::about("ERR Library '", &header.name, "' already exists"));
    }
    load(header, code, budget, options)
}

/// What is answered where a name is taken.
pub fn taken(taken: Taken) -> ReplyError {
    match taken {
        Taken::Library(name) => ReplyError::about("ERR Library ", &name, " already exists"),
        Taken::Function(name) => ReplyError::about("ERR Function ", &name, " already exists"),
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (replace, code, header) = read(args)?;
    let state = txn.state_mut();
    let library = loaded(&state.libraries, code, replace, state.options.script_budget, &state.options)?;
    state.libraries.add(library, replace).map_err(taken)?;
    txn.note(b"function load");
    txn.note(code);
    Ok(Reply::Bulk(header.name))
}
