//! Subcommands of DEBUG that change nothing here, because there is nothing that they could change, and say OK. Their arguments are
//! looked at as Redis looks at them.

use super::{PROTECTED, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Spec};
use crate::config::Kind;
use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, Reply, parse_i64};

/// No table of keys is resized: it is a tree.
pub static DICT_RESIZING: Spec =
    switch("debug|dict-resizing", "Answers OK; there are no tables that are resized.").since(3);
/// What a node does from time to time belongs to what it promises.
pub static PAUSE_CRON: Spec =
    switch("debug|pause-cron", "Answers OK; there is no such job, and nothing of what the node does stands still.")
        .since(3);
pub static SET_ACTIVE_EXPIRE: Spec =
    switch("debug|set-active-expire", "Answers OK; the log expires keys whatever is asked for.");
pub static QUICKLIST_PACKED_THRESHOLD: Spec = Spec::session(
    "debug|quicklist-packed-threshold",
    3,
    PROTECTED,
    doc("7.0.0", "O(1)", "Answers OK; no element of a list is kept apart from its node, however long it is.")
        .args(&[Arg::new("size", ArgKind::String)]),
    threshold,
)
.since(3);
pub static REPLYBUFFER: Spec = Spec::session(
    "debug|replybuffer",
    4,
    PROTECTED,
    doc("7.0.0", "O(1)", "Answers OK; buffers of replies are given back when they are written, whatever is asked for.")
        .args(&[
            Arg::new(
                "option",
                ArgKind::OneOf(&[Arg::word("peak-reset-time", "PEAK-RESET-TIME"), Arg::word("resizing", "RESIZING")]),
            ),
            Arg::new("value", ArgKind::String),
        ]),
    replybuffer,
)
.since(3);

const SWITCH: &[Arg] = &[Arg::new("value", ArgKind::Integer)];

const fn switch(name: &'static str, summary: &'static str) -> Spec {
    Spec::session(name, 3, PROTECTED, doc("1.0.0", "O(1)", summary).args(SWITCH), |_, _| Reply::Ok.into())
}

/// Redis's bound is below 4 gb.
fn threshold(_call: &mut Call<'_>, args: &Args) -> Answer {
    let size = std::str::from_utf8(args.arg(2)).ok();
    let size = size.and_then(|size| Kind::Bytes { min: 0, max: (4 << 30) - 1 }.parse(size).ok());
    match size {
        Some(_) => Reply::Ok,
        None => ReplyError::new("ERR argument must be a memory value bigger than 1 and smaller than 4gb").into(),
    }
    .into()
}

fn replybuffer(_call: &mut Call<'_>, args: &Args) -> Answer {
    let is_known = args.is(2, "resizing") || args.is(2, "peak-reset-time");
    let is_word = args.is(2, "resizing") || args.is(3, "never") || args.is(3, "reset");
    match (is_known, is_word || parse_i64(args.arg(3)).is_some()) {
        (true, true) => Reply::Ok,
        (true, false) => NOT_AN_INTEGER.into(),
        (false, _) => {
            ReplyError::new("ERR unknown subcommand or wrong number of arguments for 'replybuffer'. Try DEBUG HELP.")
                .into()
        }
    }
    .into()
}
