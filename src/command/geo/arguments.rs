//! Places, distances and units among arguments.

use super::hash::Point;
use crate::error::{NOT_A_FLOAT, ReplyError};
use crate::protocol::{Args, Reply, parse_double};

/// Longitude and latitude, the first at argument `at`.
///
/// # Errors
/// One is no number, or the place is not on the map.
pub(super) fn point(args: &Args, at: usize) -> Result<Point, ReplyError> {
    let degrees = |at: usize| parse_double(args.arg(at)).ok_or(NOT_A_FLOAT);
    let point = Point { longitude: degrees(at)?, latitude: degrees(at + 1)? };
    if point.is_on_map() {
        return Ok(point);
    }
    let Point { longitude, latitude } = point;
    Err(ReplyError::text(format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}")))
}

/// How many metres the unit at argument `at` has.
///
/// # Errors
/// There is no such unit.
pub(super) fn unit(args: &Args, at: usize) -> Result<f64, ReplyError> {
    let units = [("m", 1.0), ("km", 1000.0), ("ft", 0.3048), ("mi", 1609.34)];
    let found = units.into_iter().find(|(name, _)| args.is(at, name));
    found.map(|(_, metres)| metres).ok_or(ReplyError::new("ERR unsupported unit provided. please use M, KM, FT, MI"))
}

/// A distance at argument `at`, in whatever unit stands behind it.
///
/// # Errors
/// `wrong` if it is no number.
pub(super) fn length(args: &Args, at: usize, wrong: &'static str) -> Result<f64, ReplyError> {
    parse_double(args.arg(at)).ok_or(ReplyError::new(wrong))
}

/// A distance as a reply: four decimals, a half to the even one.
pub(super) fn distance_reply(distance: f64) -> Reply {
    let parts = (distance * 10_000.0).round_ties_even() as i64;
    Reply::bulk(format!("{}.{:04}", parts / 10_000, parts % 10_000))
}

/// A place as a reply.
pub(super) fn point_reply(point: Point) -> Reply {
    Reply::Array(vec![Reply::Decimal(point.longitude), Reply::Decimal(point.latitude)])
}
