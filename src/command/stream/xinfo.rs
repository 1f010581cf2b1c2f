//! XINFO

use super::{xinfo_consumers, xinfo_groups, xinfo_help, xinfo_stream};
use crate::command::{Doc, Family, Spec};

pub static SPEC: Spec = Spec::container(
    "xinfo",
    Doc::new(Family::Stream, "5.0.0", "Depends on the subcommand", "Shows streams, their groups and consumers."),
    &[&xinfo_consumers::SPEC, &xinfo_groups::SPEC, &xinfo_help::SPEC, &xinfo_stream::SPEC],
)
.since(3);
