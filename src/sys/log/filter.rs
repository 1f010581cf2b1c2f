//! Which events are shown: `loglevel` for all of lockstep, `log-filter` for single modules, whatever is larger.
//!
//! Levels have Redis's names: `debug` is tracing's TRACE, `verbose` DEBUG, `notice` INFO, `warning` WARN and what is worse. Of other
//! crates only errors are shown, unless the filter names the crate: openraft warns 56 times a second while a peer cannot be reached,
//! and of the first term of a new cluster; `openraft=warning` shows that.

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;

/// Names of levels, from the one that shows most.
pub const LEVELS: [&str; 5] = ["debug", "verbose", "notice", "warning", "nothing"];

/// What a filter may name, and the target that it stands for.
const MODULES: [(&str, &str); 16] = [
    ("command", "lockstep::command"),
    ("config", "lockstep::config"),
    ("error", "lockstep::error"),
    ("executor", "lockstep::executor"),
    ("join", "lockstep::node::join"),
    ("node", "lockstep::node"),
    ("openraft", "openraft"),
    ("peer", "lockstep::replication::peer"),
    ("protocol", "lockstep::protocol"),
    ("rdb", "lockstep::rdb"),
    ("replication", "lockstep::replication"),
    ("script", "lockstep::script"),
    ("server", "lockstep::server"),
    ("snapshot", "lockstep::snapshot"),
    ("store", "lockstep::store"),
    ("sys", "lockstep::sys"),
];

/// Which events are shown.
#[derive(Clone, Debug)]
pub struct Filter(Targets);

impl Filter {
    /// `level` is one of [`LEVELS`], `modules` as [`Self::check`] takes it.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub fn new(level: &str, modules: &str) -> Result<Self, String> {
        let level = parse_level(level)?;
        let all = Targets::new().with_default(level.min(LevelFilter::ERROR)).with_target("lockstep", level);
        Ok(Self(parse_modules(modules)?.into_iter().fold(all, |all, (target, level)| all.with_target(target, level))))
    }

    /// Checks a `log-filter`: `module=level` with commas between. A module is one of the table's, or a part of one
    /// (`replication::membership`).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(modules: &str) -> Result<(), String> {
        parse_modules(modules).map(drop)
    }

    /// The answer is the same whenever it is asked of one place in the code. No span is shown.
    fn shows(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.0.would_enable(metadata.target(), metadata.level())
    }
}

impl<S: Subscriber> Layer<S> for Filter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.shows(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.shows(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Layer::<S>::max_level_hint(&self.0)
    }
}

fn parse_modules(text: &str) -> Result<Vec<(String, LevelFilter)>, String> {
    let mut all: Vec<(String, LevelFilter)> = Vec::new();
    if text.trim().is_empty() {
        return Ok(all);
    }
    for part in text.split(',').map(str::trim) {
        let (module, level) = part.split_once('=').ok_or_else(|| format!("'{part}' is not module=level"))?;
        let (module, level) = (module.trim(), level.trim());
        let target = target(module).ok_or_else(|| {
            format!("there is no module '{module}': modules are {}", MODULES.map(|(name, _)| name).join(", "))
        })?;
        if all.iter().any(|(known, _)| *known == target) {
            return Err(format!("module '{module}' is named twice"));
        }
        all.push((target, parse_level(level)?));
    }
    Ok(all)
}

fn parse_level(name: &str) -> Result<LevelFilter, String> {
    match name.to_ascii_lowercase().as_str() {
        "debug" => Ok(LevelFilter::TRACE),
        "verbose" => Ok(LevelFilter::DEBUG),
        "notice" => Ok(LevelFilter::INFO),
        "warning" => Ok(LevelFilter::WARN),
        "nothing" => Ok(LevelFilter::OFF),
        _ => Err(format!("there is no level '{name}': levels are {}", LEVELS.join(", "))),
    }
}

/// The target of a module or of a part of it.
fn target(module: &str) -> Option<String> {
    let (first, rest) = module.split_once("::").map_or((module, None), |(first, rest)| (first, Some(rest)));
    let (_, target) = MODULES.iter().find(|(name, _)| *name == first)?;
    let Some(rest) = rest else { return Some((*target).into()) };
    let is_name = |part: &str| !part.is_empty() && part.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    rest.split("::").all(is_name).then(|| format!("{target}::{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_those_of_the_source() {
        let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for (name, target) in MODULES.iter().filter(|(name, _)| *name != "openraft") {
            let path = src.join(target.strip_prefix("lockstep::").unwrap().replace("::", "/"));
            assert!(path.is_dir() || path.with_extension("rs").is_file(), "{name} stands for {}", path.display());
        }
        let lib = include_str!("../../lib.rs");
        let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
        // Of the planted bugs none says anything, and a certificate goes to stdout.
        for name in modules.filter(|name| !["planted", "verify"].contains(name)) {
            assert!(MODULES.iter().any(|(known, _)| *known == name), "{name} cannot be filtered");
        }
    }

    #[test]
    fn a_bad_filter_is_refused_with_words() {
        for (text, why) in [
            ("replication", "'replication' is not module=level"),
            ("replication=debug,", "'' is not module=level"),
            ("=debug", "there is no module '': modules are command, "),
            ("raft=debug", "there is no module 'raft': modules are command, "),
            ("replication::=debug", "there is no module 'replication::'"),
            ("replication::Peer=debug", "there is no module 'replication::Peer'"),
            ("peer=info", "there is no level 'info': levels are debug, verbose, notice, warning, nothing"),
            ("peer=", "there is no level ''"),
            ("peer=debug,node=notice,peer=verbose", "module 'peer' is named twice"),
            ("peer=debug,replication::peer=verbose", "module 'replication::peer' is named twice"),
        ] {
            let told = Filter::check(text).unwrap_err();
            assert!(told.starts_with(why), "{text}: {told}");
        }
        for text in ["", " ", "peer=debug", " peer = VERBOSE , openraft::core=nothing,replication::log=notice"] {
            assert_eq!(Filter::check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_module_that_is_named_closest_counts() {
        let filter = Filter::new("notice", "replication=debug,peer=warning,openraft::core=verbose").unwrap();
        let shows = |target, level| filter.0.would_enable(target, &level);
        use tracing::Level as L;
        assert!(shows("lockstep", L::INFO) && !shows("lockstep", L::DEBUG));
        assert!(shows("lockstep::node", L::INFO) && !shows("lockstep::node", L::DEBUG));
        assert!(shows("lockstep::replication::propose", L::TRACE));
        assert!(shows("lockstep::replication::peer::link", L::WARN));
        assert!(!shows("lockstep::replication::peer::link", L::INFO));
        assert!(shows("openraft::core::tick", L::DEBUG) && !shows("openraft::core::tick", L::TRACE));
        assert!(shows("openraft::engine", L::ERROR) && !shows("openraft::engine", L::WARN));
        let nothing = Filter::new("nothing", "").unwrap();
        assert!(!nothing.0.would_enable("lockstep", &L::ERROR) && !nothing.0.would_enable("openraft", &L::ERROR));
        let all = Filter::new("debug", "").unwrap();
        assert!(all.0.would_enable("lockstep::sys", &L::TRACE) && !all.0.would_enable("openraft", &L::WARN));
        let warns = Filter::new("nothing", "openraft=warning").unwrap();
        assert!(warns.0.would_enable("openraft", &L::WARN) && !warns.0.would_enable("lockstep", &L::ERROR));
    }
}
