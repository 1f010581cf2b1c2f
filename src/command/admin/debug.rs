//! DEBUG ERROR, OBJECT, PROTOCOL, SET-ACTIVE-EXPIRE and SLEEP; all else of DEBUG is unknown. SLEEP lets this connection wait, and nobody
//! else: unlike Redis's it does not stop the node. SET-ACTIVE-EXPIRE changes nothing: the log expires keys, on every node alike.
//!
//! Invariant: the gate lets none of them pass, known or unknown, unless `enable-debug-command` allows it.

use super::PROTECTED;
use std::time::Duration;

use super::doc;
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Flags, KeyFlags, KeySpec, Outcome, Spec, help};
use crate::error::{NO_SUCH_KEY, NOT_A_FLOAT, ReplyError};
use crate::protocol::{Args, Reply, parse_f64};
use crate::store::View;

/// Longest sleep, s: a day.
const SLEEP_MAX_S: f64 = 86_400.0;

pub static SPEC: Spec = Spec {
    flags: PROTECTED,
    ..Spec::container(
        "debug",
        doc("1.0.0", "Depends on the subcommand", "For tests."),
        &[&ERROR, &HELP, &OBJECT, &super::debug_protocol::SPEC, &SET_ACTIVE_EXPIRE, &SLEEP],
    )
};
static ERROR: Spec = Spec::session(
    "debug|error",
    3,
    PROTECTED,
    doc("1.0.0", "O(1)", "Answers an error of this text.").args(&[Arg::new("text", ArgKind::String)]),
    |_, args| Reply::Error(ReplyError::text(args.arg(2))).into(),
);
static SET_ACTIVE_EXPIRE: Spec = Spec::session(
    "debug|set-active-expire",
    3,
    PROTECTED,
    doc("1.0.0", "O(1)", "Answers OK; the log expires keys whatever is asked for.")
        .args(&[Arg::new("value", ArgKind::Integer)]),
    |_, _| Reply::Ok.into(),
);
static SLEEP: Spec = Spec::session(
    "debug|sleep",
    3,
    PROTECTED.union(Flags::BLOCKING).union(Flags::CUTS_GROUP),
    doc("1.0.0", "O(1)", "Lets the connection wait.").args(&[Arg::new("seconds", ArgKind::Double)]),
    sleep,
);
static OBJECT: Spec = Spec::read(
    "debug|object",
    3,
    doc("1.0.0", "O(1)", "Shows how a key is kept.").args(&[Arg::new("key", ArgKind::Key(0))]),
    object,
)
.without(Flags::READONLY)
.flags(Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::PROTECTED))
.keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);
static HELP: Spec = Spec::session(
    "debug|help",
    2,
    super::OPEN.union(Flags::PROTECTED),
    doc("1.0.0", "O(1)", "Explains DEBUG."),
    |_, _| {
        help::reply(
            "DEBUG",
            &[
                "ERROR <string>",
                "    Return a Redis protocol error with <string> as message.",
                "OBJECT <key>",
                "    Show low level info about `key` and associated value.",
                "PROTOCOL <type>",
                "    Reply with a test value of the specified type.",
                "SET-ACTIVE-EXPIRE <0|1>",
                "    Without an effect: the log expires keys, on every node alike.",
                "SLEEP <seconds>",
                "    Let this connection wait for <seconds>. Decimals allowed. Other connections go on.",
            ],
        )
        .into()
    },
);

fn sleep(_call: &mut Call<'_>, args: &Args) -> Answer {
    let Some(seconds) = parse_f64(args.arg(2)) else { return Reply::Error(NOT_A_FLOAT).into() };
    let length = Duration::from_secs_f64(seconds.clamp(0.0, SLEEP_MAX_S));
    Answer::later(async move {
        tokio::time::sleep(length).await;
        Reply::Ok
    })
}

fn object(view: &View<'_>, args: &Args) -> Outcome {
    let entry = view.peek(args.arg(2)).ok_or(NO_SUCH_KEY)?;
    Ok(Reply::Simple(
        format!(
            "Value at:0x0 refcount:1 encoding:{} serializedlength:{} lru:0 lru_seconds_idle:{}{}",
            entry.value().encoding(),
            entry.value().memory(),
            entry.idle_s(view.now_ms()),
            if entry.is_made_by_nx() { " made_by:nx" } else { "" }
        )
        .into_bytes()
        .into(),
    ))
}
