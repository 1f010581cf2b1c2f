//! SCRIPT

use super::{debug, exists, flush, help, kill, load};
use crate::command::{Doc, Family, Spec};

pub static SPEC: Spec =
    Spec::container("script", DOC, &[&debug::SPEC, &exists::SPEC, &flush::SPEC, &help::SPEC, &kill::SPEC, &load::SPEC]);

const DOC: Doc = Doc {
    summary: "Loads, finds and forgets scripts.",
    since: "2.6.0",
    group: Family::Scripting,
    complexity: "Depends on subcommand.",
    args: &[],
};
