//! A log entry with its commands read and looked up: all that needs no state, done before the gate is taken.
//!
//! Invariant: a [`PreparedEntry`] entry cannot be wrong any more. What cannot be read is found here, before the first change; a command that
//! must not run has its error as its result, on every node alike. What is looked up is what this binary knows; whether it exists yet is
//! the state's to say ([`Single::spec_at`]).

use bytes::Bytes;

use crate::command::once::Once;
use crate::command::{Caller, Family, Flags, KeyFlags, Run, Spec, check, check_at, keys_of, since};
use crate::error::ReplyError;
use crate::protocol::Args;
use crate::store::About;
use crate::sys::version::FIRST_LEVEL;

use super::entry::{Content, Corrupt, LogCommand, LogEntry, Stamp};
use super::{Asker, Watch};

/// Entries with more commands than this run where nothing of Raft waits.
const LIGHT_COMMANDS_MAX: usize = 5000;
/// Entries with scripts, however brief, and more bytes of arguments than this do too: some hundred locks that are released.
const LIGHT_SCRIPT_BYTES: usize = 64 << 10;

/// The command that arguments name, or what is answered in its place.
pub type Checked = Result<&'static Spec, ReplyError>;

/// A command of a transaction.
#[derive(Debug)]
pub struct Single {
    /// Index of the database.
    pub db: u8,
    /// Name and arguments.
    pub args: Args,
    /// What they name to this binary.
    pub spec: Checked,
    /// The feature level since which that is so.
    since: u32,
    /// What they are about to this binary: of ONCE, the command inside.
    about: Option<&'static Spec>,
    /// See [`super::Command::is_short_of_memory`].
    pub is_short_of_memory: bool,
    /// See [`super::Command::in_cluster`].
    pub in_cluster: bool,
    /// See [`super::Command::user`].
    pub user: Option<Bytes>,
    /// See [`super::Command::asker`].
    pub asker: Option<Asker>,
}

/// A command of a batch.
#[derive(Debug)]
pub enum Ready {
    /// One command.
    Plain(Single),
    /// MULTI … EXEC.
    Exec {
        /// What has to be as it was.
        watches: Vec<Watch>,
        /// In order.
        commands: Vec<Single>,
    },
}

/// See the module's header.
#[derive(Debug)]
pub struct PreparedEntry {
    /// The leader's stamp.
    pub stamp: Stamp,
    /// What the entry is.
    pub content: Content,
    /// The commands of a batch.
    pub commands: Vec<Ready>,
    /// Clients of this node are told of changes of keys.
    pub is_tracked: bool,
    /// What it does is told to an audit.
    pub is_audited: bool,
}

impl Single {
    fn new(db: u8, args: Args, (is_short_of_memory, in_cluster): (bool, bool)) -> Self {
        let spec = check(Caller::Log, &args);
        let since = spec.as_ref().map_or_else(|_| since(&args), |spec| spec.since);
        let about = spec.as_ref().ok().map(|&spec| Once::about(spec, &args));
        Self { db, args, spec, since, about, is_short_of_memory, in_cluster, user: None, asker: None }
    }

    /// What the arguments name on a state of this feature level.
    pub fn spec_at(&self, level: u32) -> Checked {
        if self.since <= level.max(FIRST_LEVEL) { self.spec.clone() } else { check_at(level, Caller::Log, &self.args) }
    }

    fn is_heavy(&self) -> bool {
        self.about.is_some_and(Spec::is_heavy)
    }

    /// True if it takes but a moment where the value at its key is small, and makes it no larger than its arguments do.
    fn is_short(&self) -> bool {
        self.spec.as_ref().is_ok_and(|spec| is_short(spec, keys_of(spec, &self.args).as_deref()))
    }

    /// True if what it is about runs a script.
    fn runs_script(&self) -> bool {
        self.about.is_some_and(|spec| matches!(spec.run, Run::Script(_)))
    }

    /// What the command may be about, as a hint.
    pub fn about(&self) -> Option<About<'_>> {
        self.spec.as_ref().ok()?.about(self.db, &self.args)
    }
}

impl PreparedEntry {
    /// Reads and looks up what `entry` holds.
    ///
    /// # Errors
    /// [`Corrupt`] if a command cannot be read.
    pub fn new(entry: LogEntry) -> Result<Self, Corrupt> {
        let LogEntry { stamp, content } = entry;
        let commands = match &content {
            Content::Batch(batch) => batch.read_all()?.into_iter().map(Ready::new).collect(),
            _ => Vec::new(),
        };
        Ok(Self { stamp, content, commands, is_tracked: false, is_audited: false })
    }

    /// All commands, those of transactions too.
    fn singles(&self) -> impl Iterator<Item = &Single> {
        self.commands.iter().flat_map(|command| match command {
            Ready::Plain(single) => std::slice::from_ref(single),
            Ready::Exec { commands, .. } => commands.as_slice(),
        })
    }

    /// True if one of its commands runs a script.
    pub fn runs_script(&self) -> bool {
        self.singles().any(Single::runs_script)
    }

    /// True if the entry may keep a thread busy for more than a moment. `is_brief` is asked of what runs a script: of the state in front of
    /// the entry, so beside brief scripts there may be nothing that makes the values large which they work on.
    pub fn is_heavy(&self, is_brief: impl Fn(&Single) -> bool) -> bool {
        let is_long =
            |command: &Ready| matches!(command, Ready::Exec { commands, .. } if commands.len() > LIGHT_COMMANDS_MAX);
        if self.commands.len() > LIGHT_COMMANDS_MAX || self.commands.iter().any(is_long) {
            return true;
        }
        if !self.runs_script() {
            return self.singles().any(Single::is_heavy);
        }
        let mut room = LIGHT_SCRIPT_BYTES;
        self.singles().any(|single| {
            let is_too_much = room.checked_sub(single.args.size()).map(|rest| room = rest).is_none();
            let is_brief = |single: &Single| if single.runs_script() { is_brief(single) } else { single.is_short() };
            is_too_much || !is_brief(single)
        })
    }
}

impl Ready {
    fn new(command: LogCommand) -> Self {
        match command {
            LogCommand::Plain { is_short_of_memory, in_cluster, user, db, asker, args } => {
                Self::Plain(Single { user, asker, ..Single::new(db, args, (is_short_of_memory, in_cluster)) })
            }
            LogCommand::Exec { is_short_of_memory, in_cluster, user, asker, watches, commands } => {
                let says = (is_short_of_memory, in_cluster);
                let single = |(db, args)| Single { user: user.clone(), asker, ..Single::new(db, args, says) };
                Self::Exec { watches, commands: commands.into_iter().map(single).collect() }
            }
        }
    }
}

/// True for a command that takes but a moment if the values at these keys of its are small, and makes none that is large out of small
/// arguments.
pub fn is_short(spec: &Spec, keys: Option<&[(usize, KeyFlags)]>) -> bool {
    matches!(spec.run, Run::Read(_) | Run::Pure(_) | Run::Write(_))
        && !spec.flags.intersects(Flags::UNBOUNDED.union(Flags::GROWS))
        && (has_no_keys(spec) || matches!(keys, Some([(1, _)])))
}

/// True for a command that has to do with no key, nor with all of them.
pub fn has_no_keys(spec: &Spec) -> bool {
    spec.keys.is_empty() && spec.given_keys.is_none() && (!spec.is_write() || spec.doc.group == Family::PubSub)
}
