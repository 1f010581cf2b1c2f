//! OBJECT

use super::{object_encoding, object_freq, object_help, object_idletime, object_refcount};
use crate::command::{Doc, Family, Spec};

pub static SPEC: Spec = Spec::container(
    "object",
    DOC,
    &[&object_encoding::SPEC, &object_freq::SPEC, &object_help::SPEC, &object_idletime::SPEC, &object_refcount::SPEC],
);

const DOC: Doc = Doc {
    summary: "Looks at how values are kept.",
    since: "2.2.3",
    group: Family::Generic,
    complexity: "Depends on the subcommand",
    args: &[],
};
