//! COMMAND: what the server knows of its commands, all from their specs.

mod docs;
mod getkeys;
mod info;
mod list;

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Run, Spec, all, lookup};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

const FLAGS: Flags = Flags::LOADING.union(Flags::STALE);

pub static SPEC: Spec = Spec {
    name: "command",
    arity: -1,
    flags: FLAGS,
    categories: Categories::CONNECTION,
    keys: &[],
    doc: Doc {
        summary: "Tells what is known of every command.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(N) with the number of commands",
        args: &[],
    },
    run: Run::Session(run),
    subcommands: &[
        &sub("command|count", 2, "Counts the commands.", "2.8.13", &[], count),
        &sub("command|docs", -2, "Documents commands.", "7.0.0", NAMES, docs::run),
        &sub("command|getkeys", -3, "Finds the keys in a command line.", "2.8.13", LINE, getkeys::keys),
        &sub(
            "command|getkeysandflags",
            -3,
            "Finds the keys in a command line and what is done to them.",
            "7.0.0",
            LINE,
            getkeys::keys_and_flags,
        ),
        &sub("command|help", 2, "Lists the subcommands.", "5.0.0", &[], help),
        &sub("command|info", -2, "Describes commands.", "2.8.13", NAMES, info::run),
        &sub("command|list", -2, "Lists the names of commands.", "7.0.0", &[], list::run),
    ],
};

const NAMES: &[Arg] = &[Arg::new("command-name", ArgKind::String).optional().multiple()];
const LINE: &[Arg] = &[Arg::new("command", ArgKind::String), Arg::new("arg", ArgKind::String).optional().multiple()];

const fn sub(
    name: &'static str,
    arity: i32,
    summary: &'static str,
    since: &'static str,
    args: &'static [Arg],
    run: fn(&mut Call<'_>, &Args) -> Answer,
) -> Spec {
    Spec {
        name,
        arity,
        flags: FLAGS,
        categories: Categories::CONNECTION,
        keys: &[],
        doc: Doc { summary, since, group: Group::Server, complexity: "O(N) with the number of commands", args },
        run: Run::Session(run),
        subcommands: &[],
    }
}

/// The commands that clients are told of.
fn shown() -> impl Iterator<Item = &'static Spec> {
    all().filter(|spec| !spec.flags.contains(Flags::INTERNAL))
}

/// The command or subcommand (`config|get`) that a client asks for by name.
fn named(name: &[u8]) -> Option<&'static Spec> {
    let mut parts = name.splitn(2, |byte| *byte == b'|');
    let spec = lookup(parts.next()?).filter(|spec| !spec.flags.contains(Flags::INTERNAL))?;
    match parts.next() {
        None => Some(spec),
        Some(sub) => {
            spec.subcommands.iter().copied().find(|spec| spec.short_name().as_bytes().eq_ignore_ascii_case(sub))
        }
    }
}

fn run(_call: &mut Call<'_>, args: &Args) -> Answer {
    if args.len() > 1 {
        // A subcommand that there is was found before.
        return crate::command::check(crate::command::Caller::Client, args).map(|_| Reply::Nil).into();
    }
    Reply::Array(shown().map(info::describe).collect()).into()
}

fn count(_call: &mut Call<'_>, _args: &Args) -> Answer {
    Reply::Int(shown().count() as i64).into()
}

fn help(_call: &mut Call<'_>, _args: &Args) -> Answer {
    crate::command::help::reply(
        "COMMAND",
        &[
            "(no subcommand)",
            "    Return details about all commands.",
            "COUNT",
            "    Return the number of commands.",
            "LIST [FILTERBY MODULE <name>|ACLCAT <category>|PATTERN <pattern>]",
            "    Return the names of commands.",
            "INFO [<command-name> ...]",
            "    Return details about the given commands, or all.",
            "DOCS [<command-name> ...]",
            "    Return the documentation of the given commands, or all.",
            "GETKEYS <full-command>",
            "    Return the keys of a full command.",
            "GETKEYSANDFLAGS <full-command>",
            "    Return the keys of a full command and what is done to each.",
        ],
    )
    .into()
}
