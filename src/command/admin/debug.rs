//! DEBUG SLEEP and OBJECT; all else of DEBUG is unknown. SLEEP lets this connection wait, and nobody else: unlike Redis's it does not
//! stop the node.

use std::time::Duration;

use super::doc;
use crate::command::{Arg, ArgKind, Categories, Flags, KeyFlags, KeySpec, Outcome, Run, Spec, help};
use crate::error::{NO_SUCH_KEY, NOT_A_FLOAT};
use crate::protocol::{Args, Reply, parse_f64};
use crate::server::{Answer, Call};
use crate::store::View;

/// Longest sleep, s: a day.
const SLEEP_MAX_S: f64 = 86_400.0;

pub static SPEC: Spec =
    Spec::container("debug", doc("1.0.0", "Depends on the subcommand", "For tests."), &[&HELP, &OBJECT, &SLEEP]);
static SLEEP: Spec = Spec::session(
    "debug|sleep",
    3,
    super::ADMIN.union(Flags::BLOCKING).union(Flags::CUTS_GROUP),
    doc("1.0.0", "O(1)", "Lets the connection wait.").args(&[Arg::new("seconds", ArgKind::Double)]),
    sleep,
);
static OBJECT: Spec = Spec {
    name: "debug|object",
    arity: 3,
    flags: Flags::ADMIN.union(Flags::NOSCRIPT),
    categories: Categories::empty(),
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RO)],
    doc: doc("1.0.0", "O(1)", "Shows how a key is kept.").args(&[Arg::new("key", ArgKind::Key(0))]),
    run: Run::Read(object),
    subcommands: &[],
};
static HELP: Spec = Spec::session("debug|help", 2, super::OPEN, doc("1.0.0", "O(1)", "Explains DEBUG."), |_, _| {
    help::reply(
        "DEBUG",
        &[
            "OBJECT <key>",
            "    Show low level info about `key` and associated value.",
            "SLEEP <seconds>",
            "    Let this connection wait for <seconds>. Decimals allowed. Other connections go on.",
        ],
    )
    .into()
});

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
            "Value at:0x0 refcount:1 encoding:{} serializedlength:{} lru:0 lru_seconds_idle:{}",
            entry.value().encoding(),
            entry.value().memory(),
            entry.idle_s(view.now_ms())
        )
        .into(),
    ))
}
