//! LOLWUT

use super::doc;
use crate::command::{Arg, ArgKind, Flags, Spec};
use crate::protocol::Reply;

pub static SPEC: Spec = Spec::session(
    "lolwut",
    -1,
    Flags::READONLY.union(Flags::FAST),
    doc("5.0.0", "O(1)", "Shows who marches.")
        .args(&[Arg::new("version", ArgKind::Integer).token("VERSION").optional()]),
    |_, _| {
        let step = "  o     o     o     o  \n /|\\   /|\\   /|\\   /|\\\n / \\   / \\   / \\   / \\\n";
        let text = format!("{step}\nleft, right, left: nobody moves before a quorum has heard it.\n\nLockstep ver. ");
        Reply::Verbatim(*b"txt", (text + crate::sys::version::VERSION + "\n").into()).into()
    },
);
