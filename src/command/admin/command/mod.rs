//! COMMAND: what the specs say, in Redis's form. Commands that only log entries hold are not shown.

mod docs;
mod info;
mod keys;
mod list;
mod tips;

use super::{OPEN, doc};
use crate::command::context::{Answer, Call, Table};
use crate::command::{Arg, ArgKind, Categories, Flags, Spec, help};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec {
    subcommands: &[&COUNT, &docs::SPEC, &keys::GETKEYS, &keys::GETKEYSANDFLAGS, &HELP, &INFO, &list::SPEC],
    ..Spec::session("command", -1, OPEN, doc("2.8.13", "O(N)", "Describes all commands."), |call, _| {
        Reply::Array(visible(call.commands).map(info::info).collect()).into()
    })
    .categories(Categories::CONNECTION)
};
static COUNT: Spec =
    Spec::session("command|count", 2, OPEN, doc("2.8.13", "O(1)", "Returns the number of commands."), |call, _| {
        Reply::Int(visible(call.commands).count() as i64).into()
    })
    .categories(Categories::CONNECTION);
static INFO: Spec = Spec::session(
    "command|info",
    -2,
    OPEN,
    doc("2.8.13", "O(N)", "Describes commands.")
        .args(&[Arg::new("command-name", ArgKind::String).optional().multiple()]),
    run_info,
)
.categories(Categories::CONNECTION);
static HELP: Spec =
    Spec::session("command|help", 2, OPEN, doc("5.0.0", "O(1)", "Explains the subcommands of COMMAND."), |_, _| {
        help::reply("COMMAND", LINES).into()
    })
    .categories(Categories::CONNECTION);

const LINES: &[&str] = &[
    "(no subcommand)",
    "    Return details about all Redis commands.",
    "COUNT",
    "    Return the total number of commands in this Redis server.",
    "LIST",
    "    Return a list of all commands in this Redis server.",
    "INFO [<command-name> ...]",
    "    Return details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "DOCS [<command-name> ...]",
    "    Return documentation details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "GETKEYS <full-command>",
    "    Return the keys from a full Redis command.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys and the access flags from a full Redis command.",
];

fn visible(commands: &'static dyn Table) -> impl Iterator<Item = &'static Spec> {
    commands.all().iter().copied().filter(|spec| is_visible(spec))
}

fn is_visible(spec: &Spec) -> bool {
    !spec.flags.contains(Flags::INTERNAL)
}

/// The command that a name means, `container|subcommand` included.
fn by_name(commands: &dyn Table, name: &[u8]) -> Option<&'static Spec> {
    let mut parts = name.splitn(2, |byte| *byte == b'|');
    let spec = commands.lookup(parts.next()?).filter(|spec| is_visible(spec))?;
    match parts.next() {
        None => Some(spec),
        Some(sub) => {
            spec.subcommands.iter().copied().find(|spec| spec.short_name().as_bytes().eq_ignore_ascii_case(sub))
        }
    }
}

fn run_info(call: &mut Call<'_>, args: &Args) -> Answer {
    if args.len() == 2 {
        return Reply::Array(visible(call.commands).map(info::info).collect()).into();
    }
    Reply::Array(args.from(2).map(|name| by_name(call.commands, name).map_or(Reply::Nil, info::info)).collect()).into()
}
