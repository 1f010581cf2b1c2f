//! COMMAND LIST

use super::super::{OPEN, doc};
use super::visible;
use crate::command::context::{Answer, Call};
use crate::command::glob::{Case, matches};
use crate::command::{Arg, ArgKind, Categories, Spec};
use crate::error::SYNTAX;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "command|list",
    -2,
    OPEN,
    doc("7.0.0", "O(N)", "Returns the names of commands.").args(&[Arg::new(
        "filterby",
        ArgKind::OneOf(&[
            Arg::new("module-name", ArgKind::String).token("MODULE"),
            Arg::new("category", ArgKind::String).token("ACLCAT"),
            Arg::new("pattern", ArgKind::Pattern).token("PATTERN"),
        ]),
    )
    .token("FILTERBY")
    .optional()]),
    run,
)
.categories(Categories::CONNECTION);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let visible = || visible(call.commands);
    let with_subcommands = || visible().flat_map(|spec| std::iter::once(spec).chain(spec.subcommands.iter().copied()));
    let names = match args.len() {
        2 => with_subcommands().map(|spec| Reply::bulk(spec.name)).collect(),
        5 if args.is(2, "filterby") && args.is(3, "module") => vec![],
        5 if args.is(2, "filterby") && args.is(3, "aclcat") => {
            let wanted = Categories::named(args.arg(4));
            with_subcommands()
                .filter(|spec| wanted.is_some_and(|wanted| spec.all_categories().contains(wanted)))
                .map(|spec| Reply::bulk(spec.name))
                .collect()
        }
        5 if args.is(2, "filterby") && args.is(3, "pattern") => with_subcommands()
            .filter(|spec| matches(args.arg(4), spec.name.as_bytes(), Case::Ignored))
            .map(|spec| Reply::bulk(spec.name))
            .collect(),
        _ => return Reply::Error(SYNTAX).into(),
    };
    Reply::Array(names).into()
}
