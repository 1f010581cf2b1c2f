//! GEOADD

use super::arguments::point;
use super::docs::{LATITUDE, LONGITUDE};
use crate::command::zset::{AddRequest, add_members};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::Args;
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("geoadd", -5, DOC, run)
    .since(3)
    .flags(Flags::DENYOOM)
    .find_name(|args, key| (args.opt(key + 3), point(args, key + 1).ok().map(|point| point.score())))
    .check(|args| request(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Adds places to a sorted set, or moves them.",
    since: "3.2.0",
    group: Family::Geo,
    complexity: "O(log(N)) for each place, with the number of members",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("condition", ArgKind::OneOf(&[Arg::word("nx", "NX"), Arg::word("xx", "XX")])).optional(),
        Arg::word("change", "CH").optional(),
        Arg::new("data", ArgKind::Block(&[LONGITUDE, LATITUDE, Arg::new("member", ArgKind::String)])).multiple(),
    ],
};

/// What ZADD would be asked for.
fn request(args: &Args) -> Result<AddRequest, ReplyError> {
    let mut request = AddRequest { first: 2, ..AddRequest::default() };
    while request.first < args.len() {
        if args.is(request.first, "NX") {
            request.nx = true;
        } else if args.is(request.first, "XX") {
            request.xx = true;
        } else if args.is(request.first, "CH") {
            request.ch = true;
        } else {
            break;
        }
        request.first += 1;
    }
    let rest = args.len() - request.first;
    if rest == 0 || !rest.is_multiple_of(3) || (request.nx && request.xx) {
        return Err(SYNTAX);
    }
    request.width = 2;
    let places = (request.first..args.len()).step_by(3).map(|at| point(args, at).map(|point| point.score()));
    request.scores = places.collect::<Result<_, _>>()?;
    Ok(request)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    add_members(txn, args, &request(args)?)
}
