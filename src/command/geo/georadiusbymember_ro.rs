//! GEORADIUSBYMEMBER_RO

use super::docs::{COUNT, ORDER, RADIUS, UNIT, WITHCOORD, WITHDIST, WITHHASH};
use super::search::{self, Form};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec::read("georadiusbymember_ro", -5, DOC, run)
    .since(3)
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Finds the members of a sorted set of places that are inside a circle around a member.",
    since: "3.2.10",
    group: Family::Geo,
    complexity: "O(N+log(M)) with the members around the shape, and all members",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("member", ArgKind::String),
        RADIUS,
        UNIT,
        WITHCOORD,
        WITHDIST,
        WITHHASH,
        COUNT,
        ORDER,
    ],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    search::read(view, args, Form::AroundMember { stores: false })
}
