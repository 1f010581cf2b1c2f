//! SLOWLOG.

use super::{OPEN, doc};
use crate::command::context::{Answer, Call, SlowEntry};
use crate::command::{Arg, ArgKind, Flags, Spec, help};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply, parse_i64};

const ADMIN: Flags = OPEN.union(Flags::ADMIN);

pub static SPEC: Spec = Spec::container(
    "slowlog",
    doc("2.2.12", "Depends on the subcommand", "Shows commands that took long."),
    &[&GET, &HELP, &LEN, &RESET],
);
static GET: Spec = Spec::session(
    "slowlog|get",
    -2,
    ADMIN,
    doc("2.2.12", "O(N) with the number of entries", "Returns the newest entries.").args(&[Arg::new(
        "count",
        ArgKind::Integer,
    )
    .optional()]),
    get,
);
static LEN: Spec =
    Spec::session("slowlog|len", 2, ADMIN, doc("2.2.12", "O(1)", "Returns the number of entries."), |call, _| {
        Reply::Int(call.node.slow_commands_len() as i64).into()
    });
static RESET: Spec =
    Spec::session("slowlog|reset", 2, ADMIN, doc("2.2.12", "O(N)", "Removes all entries."), |call, _| {
        call.node.clear_slow_commands();
        Reply::Ok.into()
    });
static HELP: Spec =
    Spec::session("slowlog|help", 2, OPEN, doc("6.2.0", "O(1)", "Explains the subcommands of SLOWLOG."), |_, _| {
        help::reply("SLOWLOG", LINES).into()
    });

const LINES: &[&str] = &[
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
];

fn get(call: &mut Call<'_>, args: &Args) -> Answer {
    if args.len() > 3 {
        return Reply::Error(ReplyError::new(
            "ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.",
        ))
        .into();
    }
    let count = match args.opt(2).map(parse_i64) {
        None => 10,
        Some(Some(-1)) => usize::MAX,
        Some(Some(count @ 0..)) => count as usize,
        Some(_) => {
            return Reply::Error(ReplyError::new("ERR count should be greater than or equal to -1")).into();
        }
    };
    Reply::Array(call.node.slow_commands(count).into_iter().map(show).collect()).into()
}

fn show(entry: SlowEntry) -> Reply {
    Reply::Array(vec![
        Reply::Int(entry.id as i64),
        Reply::Int(entry.at_s as i64),
        Reply::Int(entry.took_us as i64),
        Reply::Array(entry.args.into_iter().map(Reply::Bulk).collect()),
        Reply::bulk(entry.addr),
        Reply::Bulk(entry.name),
    ])
}
