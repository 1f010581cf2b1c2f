//! FUNCTION KILL

use super::{LEVEL, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Flags, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "function|kill",
    2,
    Flags::NOSCRIPT.union(Flags::ALLOW_BUSY),
    doc("7.0.0", "O(1)", "Stops the functions that run on this node and only read."),
    run,
)
.since(LEVEL);

fn run(call: &mut Call<'_>, _: &Args) -> Answer {
    call.node.stop_scripts(true).map_or_else(Reply::Error, |()| Reply::Ok).into()
}
