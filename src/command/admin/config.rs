//! CONFIG GET, RESETSTAT, REWRITE, HELP; SET is in `config_set.rs`.

use super::{ADMIN, OPEN, doc};
use crate::command::context::{Answer, Call};
use crate::command::glob::{Case, matches};
use crate::command::{Arg, ArgKind, Flags, Spec, help};
use crate::config::{Opt, is_hidden, options};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::container(
    "config",
    doc("2.0.0", "Depends on the subcommand", "Looks at options and changes them."),
    &[&GET, &HELP, &RESETSTAT, &REWRITE, &super::config_set::SPEC],
);
static GET: Spec = Spec::session(
    "config|get",
    -3,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("2.0.0", "O(N) with the number of options", "Returns options by name or pattern.").args(&[Arg::new(
        "parameter",
        ArgKind::String,
    )
    .multiple()]),
    get,
);
static RESETSTAT: Spec =
    Spec::session("config|resetstat", 2, ADMIN, doc("2.0.0", "O(1)", "Sets the counters of INFO to zero."), reset);
static REWRITE: Spec = Spec::session(
    "config|rewrite",
    2,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("2.8.0", "O(N) with the size of the file", "Writes changed options of this node into its --config file."),
    rewrite_file,
);
static HELP: Spec =
    Spec::session("config|help", 2, OPEN, doc("5.0.0", "O(1)", "Explains the subcommands of CONFIG."), |_, _| {
        help::reply("CONFIG", LINES).into()
    });

const LINES: &[&str] = &[
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Rewrite the configuration file.",
];

fn get(call: &mut Call<'_>, args: &Args) -> Answer {
    let patterns: Vec<Vec<u8>> = args.from(2).map(<[u8]>::to_vec).collect();
    let node = call.node.clone();
    Answer::later(async move {
        let replicated = node.options().await;
        let settings = node.settings();
        let mut found = Vec::new();
        for (name, opt) in options().flat_map(names) {
            if let Some(shown) = patterns.iter().find_map(|pattern| shown_as(pattern, name, is_hidden(opt))) {
                found.push((Reply::bulk(shown), Reply::bulk(opt.get(&settings, &replicated))));
            }
        }
        Reply::Map(found)
    })
}

fn names(opt: &'static Opt) -> impl Iterator<Item = (&'static str, &'static Opt)> {
    std::iter::once(&opt.name).chain(opt.aliases).map(move |name| (*name, opt))
}

/// How an option is named in the answer: as it was asked for, or its own name if that was a pattern.
fn shown_as(pattern: &[u8], name: &str, hides: bool) -> Option<Vec<u8>> {
    if pattern.iter().any(|byte| b"*?[".contains(byte)) {
        return (!hides && matches(pattern, name.as_bytes(), Case::Ignored)).then(|| name.as_bytes().to_vec());
    }
    pattern.eq_ignore_ascii_case(name.as_bytes()).then(|| pattern.to_vec())
}

fn reset(call: &mut Call<'_>, _args: &Args) -> Answer {
    call.node.reset_statistics();
    Reply::Ok.into()
}

fn rewrite_file(call: &mut Call<'_>, _args: &Args) -> Answer {
    let settings = call.node.settings();
    let Some(path) = settings.file.clone() else {
        return Reply::Error(ReplyError::new("ERR The server is running without a config file")).into();
    };
    let node = call.node.clone();
    Answer::later(async move {
        match node.rewrite(path, settings).await {
            Ok(()) => Reply::Ok,
            Err(why) => Reply::Error(ReplyError::text(format!("ERR Rewriting config file: {why}"))),
        }
    })
}
