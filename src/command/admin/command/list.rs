//! COMMAND LIST

use super::{info::categories, shown};
use crate::command::{Spec, glob};
use crate::error::SYNTAX;
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

pub fn run(_call: &mut Call<'_>, args: &Args) -> Answer {
    let all = || shown().flat_map(|spec| std::iter::once(spec).chain(spec.subcommands.iter().copied()));
    let list = |wanted: &dyn Fn(&Spec) -> bool| {
        Reply::Array(all().filter(|spec| wanted(spec)).map(|spec| Reply::bulk(spec.name)).collect())
    };
    match args.len() {
        2 => Reply::Array(shown().map(|spec| Reply::bulk(spec.name)).collect()).into(),
        5 if args.is(2, "FILTERBY") => {
            let value = args.arg(4);
            if args.is(3, "MODULE") {
                Reply::Array(vec![]).into()
            } else if args.is(3, "ACLCAT") {
                let name = value.to_ascii_uppercase();
                let Some(category) = std::str::from_utf8(&name).ok().and_then(crate::command::Categories::from_name)
                else {
                    return Reply::Array(vec![]).into();
                };
                list(&|spec| categories(spec).contains(category)).into()
            } else if args.is(3, "PATTERN") {
                list(&|spec| glob::matches(value, spec.name.as_bytes(), glob::Case::Ignored)).into()
            } else {
                Reply::Error(SYNTAX).into()
            }
        }
        _ => Reply::Error(SYNTAX).into(),
    }
}
