//! COMMAND DOCS

use super::super::{OPEN, doc};
use super::{by_name, visible};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgFlags, ArgKind, Categories, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "command|docs",
    -2,
    OPEN,
    doc("7.0.0", "O(N)", "Returns the documentation of commands.")
        .args(&[Arg::new("command-name", ArgKind::String).optional().multiple()]),
    run,
)
.categories(Categories::CONNECTION);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let entry = |spec: &'static Spec| (Reply::bulk(spec.name), docs(spec));
    if args.len() == 2 {
        return Reply::Map(visible(call.commands).map(entry).collect()).into();
    }
    Reply::Map(args.from(2).filter_map(|name| by_name(call.commands, name)).map(entry).collect()).into()
}

fn docs(spec: &'static Spec) -> Reply {
    let text = |name: &'static str, value: &'static str| (Reply::bulk(name), Reply::bulk(value));
    let mut fields = vec![
        text("summary", spec.doc.summary),
        text("since", spec.doc.since),
        text("group", spec.doc.group.name()),
        text("complexity", spec.doc.complexity),
    ];
    if !spec.doc.args.is_empty() {
        fields.push((Reply::bulk("arguments"), arguments(spec.doc.args)));
    }
    if !spec.subcommands.is_empty() {
        let subcommands = spec.subcommands.iter().map(|spec| (Reply::bulk(spec.name), docs(spec)));
        fields.push((Reply::bulk("subcommands"), Reply::Map(subcommands.collect())));
    }
    Reply::Map(fields)
}

fn arguments(args: &[Arg]) -> Reply {
    Reply::Array(args.iter().map(argument).collect())
}

fn argument(arg: &Arg) -> Reply {
    let text = |name: &'static str, value: &'static str| (Reply::bulk(name), Reply::bulk(value));
    let (kind, parts): (_, &[Arg]) = match arg.kind {
        ArgKind::String => ("string", &[]),
        ArgKind::Integer => ("integer", &[]),
        ArgKind::Double => ("double", &[]),
        ArgKind::Key(_) => ("key", &[]),
        ArgKind::Pattern => ("pattern", &[]),
        ArgKind::UnixTime => ("unix-time", &[]),
        ArgKind::PureToken => ("pure-token", &[]),
        ArgKind::OneOf(parts) => ("oneof", parts),
        ArgKind::Block(parts) => ("block", parts),
    };
    let mut fields = vec![text("name", arg.name), text("type", kind)];
    if parts.is_empty() {
        fields.push(text("display_text", arg.name));
    }
    if let ArgKind::Key(spec) = arg.kind {
        fields.push((Reply::bulk("key_spec_index"), Reply::Int(spec.into())));
    }
    if !arg.token.is_empty() {
        fields.push(text("token", arg.token));
    }
    let flags: Vec<Reply> = [
        (ArgFlags::OPTIONAL, "optional"),
        (ArgFlags::MULTIPLE, "multiple"),
        (ArgFlags::MULTIPLE_TOKEN, "multiple_token"),
    ]
    .iter()
    .filter(|(flag, _)| arg.flags.contains(*flag))
    .map(|(_, name)| Reply::simple(name))
    .collect();
    if !flags.is_empty() {
        fields.push((Reply::bulk("flags"), Reply::Set(flags)));
    }
    if !parts.is_empty() {
        fields.push((Reply::bulk("arguments"), arguments(parts)));
    }
    Reply::Map(fields)
}
