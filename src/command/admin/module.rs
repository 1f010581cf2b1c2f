//! MODULE: there are none, and none is loaded. As in Redis where `enable-module-command` says no, which it always does here, the gate refuses to.

use super::{ADMIN, OPEN, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Flags, Spec, help};
use crate::error::MODULES_NOT_ALLOWED;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::container(
    "module",
    doc("4.0.0", "Depends on the subcommand", "Tells which modules are loaded: none."),
    &[&HELP, &LIST, &LOAD, &LOADEX, &UNLOAD],
);
static HELP: Spec =
    Spec::session("module|help", 2, OPEN, doc("5.0.0", "O(1)", "Explains the subcommands of MODULE."), |_, _| {
        help::reply("MODULE", LINES).into()
    })
    .since(3);
static LIST: Spec = Spec::session(
    "module|list",
    2,
    Flags::ADMIN.union(Flags::NOSCRIPT),
    doc("4.0.0", "O(1)", "Returns an empty list."),
    |_, _| Reply::Array(vec![]).into(),
);
static LOAD: Spec = Spec::session(
    "module|load",
    -3,
    REFUSED,
    doc("4.0.0", "O(1)", "Refused: there are no modules.")
        .args(&[Arg::new("path", ArgKind::String), Arg::new("arg", ArgKind::String).optional().multiple()]),
    refuse,
)
.since(3);
static LOADEX: Spec = Spec::session(
    "module|loadex",
    -3,
    REFUSED,
    doc("7.0.0", "O(1)", "Refused: there are no modules.").args(&[
        Arg::new("path", ArgKind::String),
        Arg::new("configs", ArgKind::Block(&[Arg::new("name", ArgKind::String), Arg::new("value", ArgKind::String)]))
            .token("CONFIG")
            .optional()
            .multiple()
            .multiple_token(),
        Arg::new("args", ArgKind::String).token("ARGS").optional().multiple(),
    ]),
    refuse,
)
.since(3);
static UNLOAD: Spec = Spec::session(
    "module|unload",
    3,
    REFUSED,
    doc("4.0.0", "O(1)", "Refused: there are no modules.").args(&[Arg::new("name", ArgKind::String)]),
    refuse,
)
.since(3);

const REFUSED: Flags =
    ADMIN.difference(OPEN).union(Flags::NO_ASYNC_LOADING).union(Flags::PROTECTED).union(Flags::LOADS_MODULES);

const LINES: &[&str] = &[
    "LIST",
    "    Return a list of loaded modules.",
    "LOAD <path> [<arg> ...]",
    "    Load a module library from <path>, passing to it any optional arguments.",
    "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
    "    Load a module library from <path>, while passing it module configurations and optional arguments.",
    "UNLOAD <name>",
    "    Unload a module.",
];

fn refuse(_call: &mut Call<'_>, _args: &Args) -> Answer {
    Reply::Error(MODULES_NOT_ALLOWED).into()
}
