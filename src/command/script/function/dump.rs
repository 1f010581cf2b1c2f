//! FUNCTION DUMP: all libraries as FUNCTION RESTORE takes them, here and in Redis.

use super::{LEVEL, doc};
use crate::command::{Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::rdb::{payload, string};
use crate::store::View;

/// Stands before each library.
pub const LIBRARY: u8 = 245;

pub static SPEC: Spec = Spec::read(
    "function|dump",
    2,
    doc("7.0.0", "O(N) where N is the number of functions", "Returns all libraries as one payload."),
    run,
)
.without(Flags::READONLY)
.flags(Flags::NOSCRIPT)
.since(LEVEL);

fn run(view: &View<'_>, _: &Args) -> Outcome {
    let mut out = Vec::new();
    for library in view.state().libraries.iter() {
        out.push(LIBRARY);
        string::write(&library.code, &mut out);
    }
    payload::seal(&mut out);
    Ok(Reply::bulk(out))
}
