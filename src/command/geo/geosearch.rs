//! GEOSEARCH

use super::docs::{BY, COUNT, FROM, ORDER, WITHCOORD, WITHDIST, WITHHASH};
use super::search::{self, Form};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("geosearch", -7, DOC, run).since(3).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Finds the members of a sorted set of places that are inside a circle or a box.",
    since: "6.2.0",
    group: Family::Geo,
    complexity: "O(N+log(M)) with the members around the shape, and all members",
    args: &[Arg::new("key", ArgKind::Key(0)), FROM, BY, ORDER, COUNT, WITHCOORD, WITHDIST, WITHHASH],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    search::read(view, args, Form::Search)
}
