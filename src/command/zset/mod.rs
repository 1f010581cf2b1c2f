//! Sorted sets.

mod add;
mod block;
mod bzmpop;
mod bzpopmax;
mod bzpopmin;
mod combine;
mod member_work;
mod numbers;
mod pop;
mod pop_end;
mod rank;
mod removal;
mod replies;
mod span;
#[cfg(test)]
mod tests;
mod zadd;
mod zcard;
mod zcount;
mod zdiff;
mod zdiffstore;
mod zincrby;
mod zinter;
mod zintercard;
mod zinterstore;
mod zlexcount;
mod zmpop;
mod zmscore;
mod zpopmax;
mod zpopmin;
mod zrandmember;
mod zrange;
mod zrangebylex;
mod zrangebyscore;
mod zrangestore;
mod zrank;
mod zrem;
mod zremrangebylex;
mod zremrangebyrank;
mod zremrangebyscore;
mod zrevrange;
mod zrevrangebylex;
mod zrevrangebyscore;
mod zrevrank;
mod zscan;
mod zscore;
mod zunion;
mod zunionstore;

use super::Spec;
// Sorted sets of places are added to and searched as well.
pub(super) use add::{Request as AddRequest, apply as add_members};
pub(super) use member_work::find;

/// The family.
pub static SPECS: &[&Spec] = &[
    &zadd::SPEC,
    &zincrby::SPEC,
    &zrem::SPEC,
    &zcard::SPEC,
    &zscore::SPEC,
    &zmscore::SPEC,
    &zrank::SPEC,
    &zrevrank::SPEC,
    &zrange::SPEC,
    &zrangestore::SPEC,
    &zrevrange::SPEC,
    &zrangebyscore::SPEC,
    &zrevrangebyscore::SPEC,
    &zrangebylex::SPEC,
    &zrevrangebylex::SPEC,
    &zcount::SPEC,
    &zlexcount::SPEC,
    &zremrangebyrank::SPEC,
    &zremrangebyscore::SPEC,
    &zremrangebylex::SPEC,
    &zpopmin::SPEC,
    &zpopmax::SPEC,
    &zmpop::SPEC,
    &bzpopmin::SPEC,
    &bzpopmax::SPEC,
    &bzmpop::SPEC,
    &zrandmember::SPEC,
    &zunion::SPEC,
    &zunionstore::SPEC,
    &zinter::SPEC,
    &zinterstore::SPEC,
    &zintercard::SPEC,
    &zdiff::SPEC,
    &zdiffstore::SPEC,
    &zscan::SPEC,
];
