//! GEODIST

use super::arguments::{distance_reply, unit};
use super::docs::UNIT;
use super::earth::distance;
use super::hash::Point;
use crate::command::zset;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("geodist", -4, DOC, run)
    .since(3)
    .check(|args| metres(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the distance of two members of a sorted set of places.",
    since: "3.2.0",
    group: Family::Geo,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("member1", ArgKind::String),
        Arg::new("member2", ArgKind::String),
        UNIT.optional(),
    ],
};

/// Of the unit of the reply.
fn metres(args: &Args) -> Result<f64, ReplyError> {
    match args.len() {
        4 => Ok(1.0),
        5 => unit(args, 4),
        _ => Err(SYNTAX),
    }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let metres = metres(args)?;
    let Some(set) = zset::find(view, args.arg(1), 2)? else { return Ok(Reply::Nil) };
    let place = |at: usize| set.get(args.arg(at)).map(Point::of_score);
    let (Some(from), Some(to)) = (place(2), place(3)) else { return Ok(Reply::Nil) };
    Ok(distance_reply(distance(from, to) / metres))
}
