//! DEBUG ERROR and LOG: a text for the client, and one for the log.

use super::{PROTECTED, doc};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::ReplyError;
use crate::protocol::Reply;

pub static ERROR: Spec = Spec::session(
    "debug|error",
    3,
    PROTECTED,
    doc("1.0.0", "O(1)", "Answers an error of this text.").args(&[Arg::new("text", ArgKind::String)]),
    |_, args| Reply::Error(ReplyError::text(args.arg(2))).into(),
);
pub static LOG: Spec = Spec::session(
    "debug|log",
    3,
    PROTECTED,
    doc("1.0.0", "O(1)", "Writes this text among the node's log lines.").args(&[Arg::new("message", ArgKind::String)]),
    |_, args| {
        tracing::warn!("DEBUG LOG: {}", String::from_utf8_lossy(args.arg(2)));
        Reply::Ok.into()
    },
)
.since(3);
