//! Options from flags, environment and file, in this order of precedence, then the defaults.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use super::{Kind, Opt, Place, ReplicatedOptions, Settings, file, nearest, options};

const WRONG_USE: u8 = 2;
const PREFIX: &str = "LOCKSTEP_";

/// What flags, environment and file say.
#[derive(Debug)]
pub struct Loaded {
    /// Options of the node.
    pub settings: Settings,
    /// Replicated options, for a new cluster: (name, value).
    pub replicated: Vec<(String, u64)>,
}

/// Settings from flags, environment and file.
///
/// # Errors
/// The exit code, after the message was printed: 0 for `--help` and `--version`, 2 for a wrong flag or value.
pub fn from_command_line() -> Result<Loaded, u8> {
    let matches = match command().try_get_matches_from(std::env::args_os()) {
        Ok(matches) => matches,
        Err(error) if error.use_stderr() => return Err(wrong_use(&in_a_line(&error))),
        Err(help) => {
            // A closed output changes nothing of the exit code.
            let _ = help.print();
            return Err(0);
        }
    };
    let flags = |name: &str| matches.get_one::<OsString>(name).cloned();
    load(flags, |name| std::env::var_os(name)).map_err(|why| wrong_use(&why))
}

fn wrong_use(why: &str) -> u8 {
    let stop = if why.ends_with('?') { "" } else { ";" };
    crate::sys::log::fatal(&format!("{why}{stop} lockstep --help explains every option"));
    WRONG_USE
}

/// What is wrong with the flags, and the flag that was probably meant.
fn in_a_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let why = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let meant = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) if error.kind() == ErrorKind::UnknownArgument => {
            nearest(flag.trim_start_matches('-'), &["config", "help", "version"])
        }
        _ => None,
    };
    meant.map_or_else(|| why.to_owned(), |meant| format!("{why}; did you mean '--{meant}'?"))
}

/// Puts together what flags (by the option's name) and environment (by the variable's) give, and the file that one of them names.
///
/// # Errors
/// Where the wrong value stands, the value, and what it has to be.
pub fn load(
    flag: impl Fn(&str) -> Option<OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Loaded, String> {
    let path =
        flag("config").or_else(|| variable("LOCKSTEP_CONFIG")).filter(|path| !path.is_empty()).map(PathBuf::from);
    let from_file = match &path {
        Some(path) => file::read(path)?,
        None => BTreeMap::new(),
    };
    let mut settings = Settings { file: path.clone(), ..Settings::default() };
    let mut replicated = Vec::new();
    for opt in options().filter(|opt| opt.is_in_file()) {
        let Some((origin, text)) = given(opt, &flag, &variable, path.as_deref(), &from_file)? else { continue };
        let value = opt.kind.parse(&text).map_err(|why| format!("{origin} '{text}': {why}"))?;
        match (opt.place, opt.kind.number(&value)) {
            (Place::Replicated, Some(number)) => replicated.push((opt.name.to_owned(), number as u64)),
            _ => opt.set(&mut settings, value),
        }
    }
    Ok(Loaded { settings, replicated })
}

/// The value that counts for an option, and where it stands.
fn given(
    opt: &Opt,
    flag: &impl Fn(&str) -> Option<OsString>,
    variable: &impl Fn(&str) -> Option<OsString>,
    path: Option<&Path>,
    from_file: &BTreeMap<String, String>,
) -> Result<Option<(String, String)>, String> {
    let text = |origin: &str, value: OsString| value.into_string().map_err(|_| format!("{origin} is not UTF-8"));
    if let Some(value) = opt.is_given().then(|| flag(opt.name)).flatten() {
        let origin = format!("--{}", opt.name);
        return text(&origin, value).map(|value| Some((origin, value)));
    }
    let name = variable_name(opt.name);
    if let Some(value) = opt.is_given().then(|| variable(&name)).flatten() {
        let origin = format!("environment variable {name}");
        return text(&origin, value).map(|value| Some((origin, value)));
    }
    let path = path.map(|path| path.display().to_string()).unwrap_or_default();
    Ok(from_file.get(opt.name).map(|value| (format!("{path}: {}", opt.name), value.clone())))
}

fn variable_name(option: &str) -> String {
    format!("{PREFIX}{}", option.to_ascii_uppercase().replace('-', "_"))
}

/// The flags, as clap wants them.
fn command() -> Command {
    let defaults = (Settings::default(), ReplicatedOptions::default());
    let mut command = Command::new("lockstep")
        .version(format!("{} (compatible with Redis {})", crate::sys::version::VERSION, crate::sys::version::REDIS_VERSION))
        .about("A Redis-protocol server whose every write goes through a Raft log")
        .override_usage("lockstep [--option value]…")
        .after_help(
            "Every option can also be an environment variable (LOCKSTEP_PORT for --port) and a line of a TOML file (--config). A \
             flag counts more than a variable, a variable more than the file. Bytes take kb, mb, gb (1024) and k, m, g (1000).\n\n\
             Three nodes:\n  lockstep --dir n1 --port 7101\n  lockstep --dir n2 --port 7102 --join 127.0.0.1:7101\n  \
             lockstep --dir n3 --port 7103 --join 127.0.0.1:7101\n\n\
             A certificate over the directory of a node that is stopped, or a copy:\n  lockstep verify n1\n\n\
             Exit codes: 0 stopped as asked, 1 could not run or go on, 2 wrong flag or value.",
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("file")
                .value_parser(clap::value_parser!(OsString))
                .help("TOML file with options; CONFIG REWRITE writes it"),
        );
    for opt in options().filter(|opt| opt.is_given()) {
        let default = opt.get(&defaults.0, &defaults.1);
        let mut arg = Arg::new(opt.name)
            .long(opt.name)
            .value_name(opt.kind.placeholder())
            .value_parser(clap::value_parser!(OsString))
            .allow_hyphen_values(matches!(opt.kind, Kind::Int { min: ..0, .. }))
            .action(ArgAction::Set)
            .help_heading(opt.section.title())
            .help(help(opt, &default));
        if opt.kind == Kind::YesNo {
            arg = arg.num_args(0..=1).default_missing_value("yes");
        }
        command = command.arg(arg);
    }
    command
}

fn help(opt: &Opt, default: &str) -> StyledStr {
    let default = match opt.kind {
        Kind::Bytes { .. } => default.parse().map_or_else(|_| default.to_owned(), short_bytes),
        _ => default.to_owned(),
    };
    if default.is_empty() { opt.doc.into() } else { format!("{} [{default}]", opt.doc).into() }
}

fn short_bytes(bytes: u64) -> String {
    match bytes {
        0 => "0".into(),
        n if n.is_multiple_of(1 << 30) => format!("{}gb", n >> 30),
        n if n.is_multiple_of(1 << 20) => format!("{}mb", n >> 20),
        n if n.is_multiple_of(1 << 10) => format!("{}kb", n >> 10),
        n => n.to_string(),
    }
}
