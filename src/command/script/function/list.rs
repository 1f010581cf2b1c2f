//! FUNCTION LIST

use super::{LEVEL, doc};
use crate::command::glob::{Case, matches};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::script::library::ENGINE;
use crate::store::{Library, LibraryFunction, View};

pub static SPEC: Spec = Spec::read(
    "function|list",
    -2,
    doc("7.0.0", "O(N) where N is the number of functions", "Lists the libraries and their functions.").args(&[
        Arg::new("library-name-pattern", ArgKind::String).token("LIBRARYNAME").optional(),
        Arg::word("withcode", "WITHCODE").optional(),
    ]),
    run,
)
.without(Flags::READONLY)
.flags(Flags::NOSCRIPT)
.check(|args| Options::read(args).map(drop))
.since(LEVEL);

#[derive(Default)]
struct Options<'a> {
    pattern: Option<&'a [u8]>,
    with_code: bool,
}

impl<'a> Options<'a> {
    fn read(args: &'a Args) -> Result<Self, ReplyError> {
        let mut options = Self::default();
        let mut at = 2;
        while let Some(word) = args.opt(at) {
            if !options.with_code && args.is(at, "withcode") {
                options.with_code = true;
            } else if options.pattern.is_none() && args.is(at, "libraryname") {
                at += 1;
                let pattern = args.opt(at).ok_or(ReplyError::new("ERR library name argument was not given"))?;
                options.pattern = Some(pattern);
            } else {
                // Line ends at its end are shown too, which other texts leave out.
                let shown: Vec<u8> =
                    word.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect();
                return Err(ReplyError::about("ERR Unknown argument ", &shown, ""));
            }
            at += 1;
        }
        Ok(options)
    }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let options = Options::read(args)?;
    let is_meant = |library: &Library| match options.pattern {
        Some(pattern) => matches(pattern, &library.name, Case::Ignored),
        None => true,
    };
    let libraries = view.state().libraries.iter().filter(|library| is_meant(library));
    Ok(Reply::Array(libraries.map(|library| shown(library, options.with_code)).collect()))
}

fn shown(library: &Library, with_code: bool) -> Reply {
    let mut pairs = vec![
        (Reply::bulk("library_name"), Reply::Bulk(library.name.clone())),
        (Reply::bulk("engine"), Reply::bulk(ENGINE)),
        (Reply::bulk("functions"), Reply::Array(library.functions.iter().map(function).collect())),
    ];
    if with_code {
        pairs.push((Reply::bulk("library_code"), Reply::Bulk(library.code.clone())));
    }
    Reply::Map(pairs)
}

fn function(function: &LibraryFunction) -> Reply {
    let LibraryFunction { name, description, flags } = function;
    Reply::Map(vec![
        (Reply::bulk("name"), Reply::Bulk(name.clone())),
        (Reply::bulk("description"), description.clone().map_or(Reply::Nil, Reply::Bulk)),
        (Reply::bulk("flags"), Reply::Set(flags.names().map(Reply::simple).collect())),
    ])
}
