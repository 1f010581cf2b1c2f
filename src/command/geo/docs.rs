//! Arguments that several commands document.

use crate::command::{Arg, ArgKind, BeginSearch, FindKeys, KeyFlags, KeySpec};
use crate::protocol::Args;

const SEARCHED: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);
const STORED: KeyFlags = KeyFlags::OW.union(KeyFlags::UPDATE);

/// M, KM, FT or MI.
pub(super) const UNIT: Arg = Arg::new("unit", UNITS);

/// The units.
pub(super) const UNITS: ArgKind =
    ArgKind::OneOf(&[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")]);

pub(super) const LONGITUDE: Arg = Arg::new("longitude", ArgKind::Double);
pub(super) const LATITUDE: Arg = Arg::new("latitude", ArgKind::Double);
pub(super) const RADIUS: Arg = Arg::new("radius", ArgKind::Double);

/// COUNT, ANY
pub(super) const COUNT: Arg = Arg::new(
    "count-block",
    ArgKind::Block(&[Arg::new("count", ArgKind::Integer).token("COUNT"), Arg::word("any", "ANY").optional()]),
)
.optional();

/// ASC, DESC
pub(super) const ORDER: Arg =
    Arg::new("order", ArgKind::OneOf(&[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")])).optional();

pub(super) const WITHCOORD: Arg = Arg::word("withcoord", "WITHCOORD").optional();
pub(super) const WITHDIST: Arg = Arg::word("withdist", "WITHDIST").optional();
pub(super) const WITHHASH: Arg = Arg::word("withhash", "WITHHASH").optional();

/// STORE, STOREDIST
pub(super) const STORE: Arg = Arg::new(
    "store",
    ArgKind::OneOf(&[
        Arg::new("storekey", ArgKind::Key(1)).token("STORE"),
        Arg::new("storedistkey", ArgKind::Key(2)).token("STOREDIST"),
    ]),
)
.optional();

/// The middle of a search.
pub(super) const FROM: Arg = Arg::new(
    "from",
    ArgKind::OneOf(&[
        Arg::new("member", ArgKind::String).token("FROMMEMBER"),
        Arg::new("fromlonlat", ArgKind::Block(&[LONGITUDE, LATITUDE])).token("FROMLONLAT"),
    ]),
);

/// Its shape.
pub(super) const BY: Arg = Arg::new(
    "by",
    ArgKind::OneOf(&[
        Arg::new("circle", ArgKind::Block(&[RADIUS.token("BYRADIUS"), UNIT])),
        Arg::new(
            "box",
            ArgKind::Block(&[
                Arg::new("width", ArgKind::Double).token("BYBOX"),
                Arg::new("height", ArgKind::Double),
                UNIT,
            ]),
        ),
    ]),
);

/// What GEORADIUS and GEORADIUSBYMEMBER, whose options begin at argument `options`, say of their keys.
pub(super) const fn stored_specs(options: usize) -> [KeySpec; 3] {
    [KeySpec::first(SEARCHED), stored_spec("STORE", options), stored_spec("STOREDIST", options)]
}

const fn stored_spec(word: &'static str, options: usize) -> KeySpec {
    KeySpec {
        begin: BeginSearch::Keyword(word, options as i32),
        find: FindKeys::Range { last: 0, step: 1, limit: 0 },
        flags: STORED,
    }
}

/// The keys of GEORADIUS and GEORADIUSBYMEMBER, whose options begin at argument `options`: each that any STORE names.
pub(super) fn stored_keys(args: &Args, options: usize) -> Vec<(usize, KeyFlags)> {
    let named = (options..args.len().saturating_sub(1)).filter(|at| args.is(*at, "STORE") || args.is(*at, "STOREDIST"));
    let stored = named.map(|at| (at + 1, STORED));
    std::iter::once((1, SEARCHED)).chain(stored).collect()
}
