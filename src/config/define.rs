//! How an option is defined: what its line in a table is made of.

use super::{Change, Kind, Opt, Place, Section};

/// Units of bytes.
pub const KB: i64 = 1 << 10;
/// See [`KB`].
pub const MB: i64 = 1 << 20;
/// See [`KB`].
pub const GB: i64 = 1 << 30;
/// See [`KB`].
pub const TB: i64 = 1 << 40;

/// Any text.
pub const TEXT: Kind = Kind::Text { len_min: 0 };
/// A port; 0 is for what says so.
pub const PORT: Kind = Kind::Int { min: 0, max: 65_535 };

/// A number of bytes.
pub const fn bytes(min: i64, max: i64) -> Kind {
    Kind::Bytes { min, max }
}

/// An integer.
pub const fn int(min: i64, max: i64) -> Kind {
    Kind::Int { min, max }
}

/// An option that is read once.
pub const fn opt(name: &'static str, section: Section, kind: Kind, place: Place, doc: &'static str) -> Opt {
    Opt { name, aliases: &[], section, kind, place, change: Change::Start, doc }
}

/// An option that CONFIG SET may change.
pub const fn live(name: &'static str, section: Section, kind: Kind, place: Place, doc: &'static str) -> Opt {
    Opt { name, aliases: &[], section, kind, place, change: Change::Live, doc }
}
