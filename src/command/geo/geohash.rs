//! GEOHASH

use super::hash::Point;
use crate::command::zset;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("geohash", -2, DOC, run).since(3).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the places of members of a sorted set in the letters of geohash.org.",
    since: "3.2.0",
    group: Family::Geo,
    complexity: "O(1) for each member",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("member", ArgKind::String).optional().multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let set = zset::find(view, args.arg(1), args.len() - 2)?;
    let place = |member: &[u8]| set.and_then(|set| set.get(member)).map(Point::of_score);
    let shown = args.from(2).map(|member| place(member).map_or(Reply::Nil, |place| Reply::bulk(place.letters())));
    Ok(Reply::Array(shown.collect()))
}
