//! `script._give`: what a node sends through the log before it reads with a script that is not loaded.

use crate::command::{Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::script::{PreparedScript, source_of};
use crate::store::{GIVEN_SCRIPTS_LEVEL, Txn};

pub static SPEC: Spec = Spec::write(
    "script._give",
    2,
    Doc::new(
        Family::Scripting,
        "1.0.0",
        "O(N)",
        "Keeps a script that EVAL_RO brought, as EVAL does, without running it.",
    ),
    run,
)
.without(Flags::WRITE)
.flags(Flags::NOSCRIPT.union(Flags::INTERNAL))
.since(GIVEN_SCRIPTS_LEVEL);

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let source = source_of(args.arg(1))?;
    PreparedScript::new(&source, &txn.state().options)?;
    txn.give_script(source.sha(), source.body());
    Ok(Reply::Ok)
}
