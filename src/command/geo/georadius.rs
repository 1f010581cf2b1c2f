//! GEORADIUS

use super::docs::{
    COUNT, LATITUDE, LONGITUDE, ORDER, RADIUS, STORE, UNIT, WITHCOORD, WITHDIST, WITHHASH, stored_keys, stored_specs,
};
use super::search::{self, Form};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn};

pub static SPEC: Spec = Spec::write("georadius", -6, DOC, run)
    .event(Event::zset("georadiusstore"))
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::MOVABLEKEYS))
    .given_keys(|args| stored_keys(args, FORM.options()))
    .keys(&KEYS);

const FORM: Form = Form::Around { stores: true };
const KEYS: [KeySpec; 3] = stored_specs(FORM.options());

const DOC: Doc = Doc {
    summary: "Finds the members of a sorted set of places that are inside a circle around a place, or puts them into a key.",
    since: "3.2.0",
    group: Family::Geo,
    complexity: "O(N+log(M)) with the members around the shape, and all members",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        LONGITUDE,
        LATITUDE,
        RADIUS,
        UNIT,
        WITHCOORD,
        WITHDIST,
        WITHHASH,
        COUNT,
        ORDER,
        STORE,
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    search::write(txn, args, FORM)
}
