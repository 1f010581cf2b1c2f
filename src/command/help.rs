//! The form of what HELP subcommands answer.

use crate::protocol::Reply;

/// The lines of `container`'s HELP: the heading, its own lines, and HELP itself.
pub fn reply(container: &str, lines: &[&'static str]) -> Reply {
    let heading = format!("{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    let own = lines.iter().chain(&["HELP", "    Prints this help."]).map(|line| Reply::simple(line));
    Reply::Array(std::iter::once(Reply::Simple(heading.into_bytes().into())).chain(own).collect())
}
