//! `cmsgpack`: MessagePack (lua-cmsgpack 0.4.0, as Redis has it).

mod pack;
mod unpack;

use super::Field;
use crate::script::vm::machine::Native;

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("cmsgpack.pack", pack::pack),
    ("cmsgpack.unpack", unpack::unpack),
    ("cmsgpack.unpack_limit", unpack::unpack_limit),
    ("cmsgpack.unpack_one", unpack::unpack_one),
];

pub(super) const FIELDS: &[(&str, &str, Field)] = &[
    ("cmsgpack", "_COPYRIGHT", Field::Text("Copyright (C) 2012, Salvatore Sanfilippo")),
    ("cmsgpack", "_DESCRIPTION", Field::Text("MessagePack C implementation for Lua")),
    ("cmsgpack", "_NAME", Field::Text("cmsgpack")),
    ("cmsgpack", "_VERSION", Field::Text("lua-cmsgpack 0.4.0")),
];
