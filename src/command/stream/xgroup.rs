//! XGROUP

use super::{xgroup_create, xgroup_createconsumer, xgroup_delconsumer, xgroup_destroy, xgroup_help, xgroup_setid};
use crate::command::{Doc, Family, Spec};

pub static SPEC: Spec = Spec::container(
    "xgroup",
    Doc::new(Family::Stream, "5.0.0", "Depends on the subcommand", "Manages the consumer groups of a stream."),
    &[
        &xgroup_create::SPEC,
        &xgroup_createconsumer::SPEC,
        &xgroup_delconsumer::SPEC,
        &xgroup_destroy::SPEC,
        &xgroup_help::SPEC,
        &xgroup_setid::SPEC,
    ],
)
.since(3);
