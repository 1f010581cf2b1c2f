//! DEBUG SLEEP

use std::time::Duration;

use super::{PROTECTED, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Flags, Spec};
use crate::error::NOT_A_FLOAT;
use crate::protocol::{Args, Reply, parse_f64};

/// Longest sleep, s: a day.
const SLEEP_MAX_S: f64 = 86_400.0;

pub static SPEC: Spec = Spec::session(
    "debug|sleep",
    3,
    PROTECTED.union(Flags::BLOCKING).union(Flags::TIMED).union(Flags::CUTS_GROUP),
    doc("1.0.0", "O(1)", "Lets the connection wait.").args(&[Arg::new("seconds", ArgKind::Double)]),
    run,
);

fn run(_call: &mut Call<'_>, args: &Args) -> Answer {
    let Some(seconds) = parse_f64(args.arg(2)) else { return Reply::Error(NOT_A_FLOAT).into() };
    let length = Duration::from_secs_f64(seconds.clamp(0.0, SLEEP_MAX_S));
    Answer::later(async move {
        tokio::time::sleep(length).await;
        Reply::Ok
    })
}
