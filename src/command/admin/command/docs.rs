//! COMMAND DOCS

use super::{named, shown};
use crate::command::{Arg, ArgFlags, ArgKind, Group, Spec};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

pub fn run(_call: &mut Call<'_>, args: &Args) -> Answer {
    let entry = |spec: &'static Spec| (Reply::bulk(spec.name), document(spec));
    let all = match args.len() {
        2 => shown().map(entry).collect(),
        _ => args.from(2).filter_map(named).map(entry).collect(),
    };
    Reply::Map(all).into()
}

fn document(spec: &'static Spec) -> Reply {
    let field = |name: &'static str, value: Reply| (Reply::bulk(name), value);
    let group = match spec.doc.group {
        Group::Generic => "generic",
        Group::String => "string",
        Group::Hash => "hash",
        Group::Transactions => "transactions",
        Group::Connection => "connection",
        Group::Server => "server",
        Group::Scripting => "scripting",
        Group::Lock => "lock",
        Group::Cluster => "cluster",
    };
    let mut fields = vec![
        field("summary", Reply::bulk(spec.doc.summary)),
        field("since", Reply::bulk(spec.doc.since)),
        field("group", Reply::bulk(group)),
        field("complexity", Reply::bulk(spec.doc.complexity)),
    ];
    if !spec.doc.args.is_empty() {
        fields.push(field("arguments", Reply::Array(spec.doc.args.iter().map(argument).collect())));
    }
    if !spec.subcommands.is_empty() {
        let all = spec.subcommands.iter().copied().map(|sub| (Reply::bulk(sub.name), document(sub))).collect();
        fields.push(field("subcommands", Reply::Map(all)));
    }
    Reply::Map(fields)
}

fn argument(arg: &Arg) -> Reply {
    let field = |name: &'static str, value: Reply| (Reply::bulk(name), value);
    let kind = match arg.kind {
        ArgKind::String => "string",
        ArgKind::Integer => "integer",
        ArgKind::Double => "double",
        ArgKind::Key(_) => "key",
        ArgKind::Pattern => "pattern",
        ArgKind::UnixTime => "unix-time",
        ArgKind::PureToken => "pure-token",
        ArgKind::OneOf(_) => "oneof",
        ArgKind::Block(_) => "block",
    };
    let mut fields = vec![field("name", Reply::bulk(arg.name)), field("type", Reply::bulk(kind))];
    if !matches!(arg.kind, ArgKind::OneOf(_) | ArgKind::Block(_)) {
        fields.push(field("display_text", Reply::bulk(arg.name)));
    }
    if let ArgKind::Key(index) = arg.kind {
        fields.push(field("key_spec_index", Reply::Int(index.into())));
    }
    if !arg.token.is_empty() {
        fields.push(field("token", Reply::bulk(arg.token)));
    }
    let flags: Vec<Reply> = [
        (ArgFlags::OPTIONAL, "optional"),
        (ArgFlags::MULTIPLE, "multiple"),
        (ArgFlags::MULTIPLE_TOKEN, "multiple_token"),
    ]
    .into_iter()
    .filter(|(flag, _)| arg.flags.contains(*flag))
    .map(|(_, name)| Reply::simple(name))
    .collect();
    if !flags.is_empty() {
        fields.push(field("flags", Reply::Array(flags)));
    }
    if let ArgKind::OneOf(parts) | ArgKind::Block(parts) = arg.kind {
        fields.push(field("arguments", Reply::Array(parts.iter().map(argument).collect())));
    }
    Reply::Map(fields)
}
