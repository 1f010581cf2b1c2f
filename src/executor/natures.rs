//! What this node knows of scripts before they run: whether one only reads, so that it needs no entry of the log, and whether it is over in
//! a moment, so that its entry needs no other thread.
//!
//! Invariants
//! - Neither is guessed: both are properties of the text alone, whatever arguments and state are ([`crate::script::Calls`]). So they change
//!   where a script runs, never what it does.
//! - What a brief script touches is small: the values at its own keys are looked at before its entry is applied, it asks for no others, and
//!   nothing in the entry makes them large (`PreparedEntry::is_heavy`). It is told so from few arguments: naming a long text would take long
//!   itself.
//! - A script is read with only once this node has applied an entry with it: what is known depends on the node's log, and not on what else
//!   its process has compiled.
//! - A read notes no use of a script, and scripts that nobody uses are evicted by the log. So one in [`NOTED_EACH`] goes through the log.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use dashmap::DashMap;

use super::Command;
use super::prepare::{Single, has_no_keys, is_short};
use crate::command::{Run, ScriptNamed, ScriptRun, Spec, keys_of, lookup};
use crate::protocol::Args;
use crate::script::{Called, Calls, Declaration, Sha, Source, calls_of, parse_sha, source_of};
use crate::store::{ELEMENT_UNITS, State};

/// Scripts that are known at a time.
const KNOWN_MAX: usize = 1024;
/// Of so many reads with a script one goes through the log.
const NOTED_EACH: u32 = 256;
/// Arguments of a script that is looked at, bytes.
const ARGS_MAX: usize = 4 << 10;
/// What it may take to copy the value at a brief script's key: 64 KB of a string.
const BRIEF_VALUE: u64 = 256 * ELEMENT_UNITS;
/// Scripts of one entry that are looked at for the first time.
const LEARNED_MAX: usize = 8;

/// See the module's header.
#[derive(Debug, Default)]
pub struct Natures(DashMap<Sha, Nature>);

#[derive(Debug, Default)]
struct Nature {
    only_reads: bool,
    is_brief: bool,
    reads: AtomicU32,
}

impl Natures {
    /// For a look at the scripts of an entry, with the state in front of it.
    pub fn look<'a>(&'a self, state: &'a State) -> Look<'a> {
        Look { natures: self, state, learned: Cell::new(0) }
    }

    /// Keeps what is known of a script.
    fn keep(&self, sha: Sha, nature: Nature) {
        if self.0.len() >= KNOWN_MAX {
            self.0.clear();
        }
        self.0.insert(sha, nature);
    }

    /// The read that does the same as a client's EVAL or EVALSHA, if its script is known to do nothing else. One that may take long is none
    /// unless it `may_stand_alone`: it would part what stands behind it from what stands in front of it.
    pub fn as_read(&self, command: &Command, may_stand_alone: bool) -> Option<Command> {
        let Run::Script(run) = command.spec.run else { return None };
        if command.once.is_some() || !run.writes {
            return None;
        }
        let nature = self.0.get(&name_of(run, &command.args)?).filter(|nature| nature.only_reads)?;
        if !nature.is_brief && !may_stand_alone {
            return None;
        }
        if nature.reads.fetch_add(1, Relaxed) % NOTED_EACH == NOTED_EACH - 1 {
            return None;
        }
        let spec = lookup(if run.named == ScriptNamed::Text { b"eval_ro" } else { b"evalsha_ro" })?;
        Some(Command { spec, is_brief: nature.is_brief, ..command.clone() })
    }
}

/// A look at the scripts of one entry.
pub struct Look<'a> {
    natures: &'a Natures,
    state: &'a State,
    learned: Cell<usize>,
}

impl Look<'_> {
    /// True if the script that a committed command runs is over in a moment.
    pub fn is_brief(&self, single: &Single) -> bool {
        let Ok(spec) = &single.spec else { return false };
        let Run::Script(run) = spec.run else { return false };
        let args = &single.args;
        let Some(sha) = name_of(run, args) else { return false };
        let known = self.natures.0.get(&sha).map(|nature| nature.is_brief);
        known.unwrap_or_else(|| self.learn(sha, run, args)) && !has_large_value(spec, args, self.state, single.db)
    }

    /// Looks at a script for the first time; whether it is brief. One of many new ones is not looked at.
    fn learn(&self, sha: Sha, run: ScriptRun, args: &Args) -> bool {
        self.learned.set(self.learned.get() + 1);
        if self.learned.get() > LEARNED_MAX {
            return false;
        }
        let source = match run.named {
            ScriptNamed::Text => source_of(args.arg(1)).ok(),
            ScriptNamed::Sha => {
                let body = self.state.scripts.get(&sha).filter(|body| body.len() <= ARGS_MAX);
                body.and_then(|body| Source::named(sha, body.clone()).ok()).map(Arc::new)
            }
            ScriptNamed::Function => None,
        };
        let Some(source) = source else { return false };
        let nature = Nature::of(calls_of(&source).as_ref(), source.declaration());
        let is_brief = nature.is_brief;
        self.natures.keep(sha, nature);
        is_brief
    }
}

impl Nature {
    fn of(calls: Option<&Calls>, declared: Declaration) -> Self {
        let Some(calls) = calls else { return Self::default() };
        let all = |is: fn(&Spec, &Called) -> bool| {
            let mut commands = calls.commands.iter();
            commands
                .all(|called| lookup(&called.name).is_some_and(|spec| spec.subcommands.is_empty() && is(spec, called)))
        };
        Self {
            // One that says that it writes is refused where it may only read.
            only_reads: !declared.may_write() && all(|spec, _| matches!(spec.run, Run::Read(_) | Run::Pure(_))),
            is_brief: calls.is_brief && all(is_short_call),
            reads: AtomicU32::new(0),
        }
    }
}

/// True for a call that takes but a moment if the value at its key is small.
fn is_short_call(spec: &Spec, called: &Called) -> bool {
    // The words themselves are not known; where the keys stand may depend on them.
    let words = called.words.map(|words| Args::from_slices(std::iter::repeat_n("", words)));
    let keys = words.and_then(|words| keys_of(spec, &words));
    is_short(spec, keys.as_deref()) && (called.is_of_key || has_no_keys(spec))
}

/// The name of the script in a command's arguments; None: it is not looked at.
fn name_of(run: ScriptRun, args: &Args) -> Option<Sha> {
    match run.named {
        _ if args.size() > ARGS_MAX => None,
        ScriptNamed::Text => Some(source_of(args.arg(1)).ok()?.sha()),
        ScriptNamed::Sha => parse_sha(args.arg(1)),
        ScriptNamed::Function => None,
    }
}

/// True if one of the script's keys holds more than is looked at in a moment.
fn has_large_value(spec: &Spec, args: &Args, state: &State, db: u8) -> bool {
    keys_of(spec, args).unwrap_or_default().into_iter().any(|(at, _)| {
        let entry = state.db(db.into()).get(args.arg(at));
        entry.is_some_and(|entry| entry.value().copy_units() > BRIEF_VALUE)
    })
}

#[cfg(test)]
mod tests;
