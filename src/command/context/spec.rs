//! What is known of a command without running it.

mod blocking;
mod categories;
mod channels;
mod doc;
mod flags;
mod guarded;
mod keys;

pub use blocking::{Blocking, Wait};
pub use channels::ChannelNames;
pub use doc::{Arg, ArgFlags, ArgKind, Doc, Family};
pub use flags::{Categories, Flags};
pub use guarded::{Guarded, ONCE_COMMAND_AT};
pub use keys::{BeginSearch, FindKeys, KeyFlags, KeySpec};

use super::{Answer, Call};
use crate::error::ReplyError;
use crate::protocol::{Args, Outcome};
use crate::store::{About, Event, Txn, View};
use crate::sys::version::FIRST_LEVEL;

/// Finds what is wrong with a command's arguments, whatever the state, the clock and the connection are: see [`Spec::check`].
pub type Check = fn(&Args) -> Result<(), ReplyError>;

/// True if the argument at this place is a password, which is shown nowhere.
pub type IsSecret = fn(&Args, usize) -> bool;

/// What a command is probably about in its key's value, and the score that this is to have; the key stands at the place given. See
/// [`Spec::about`].
pub type FindName = for<'a> fn(&'a Args, usize) -> (Option<&'a [u8]>, Option<f64>);

/// Says of which form arguments are that their command has not had from its beginning: see [`Spec::newer_form`].
pub type FindNewerForm = fn(&Args) -> Option<NewerForm>;

/// A form of a command's arguments that came later than the command: an option, say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewerForm {
    /// The feature level since which it exists.
    pub since: u32,
    /// What a binary that does not know it answers, on every state.
    pub before: ReplyError,
}

/// The refusal of arguments that lead to keys which they do not name: see [`Spec::reads_any`].
pub type ReadsAny = fn(&Args) -> Option<ReplyError>;

/// Finds the keys among arguments, and what is done with each: see [`Spec::given_keys`].
pub type GivenKeys = fn(&Args) -> Vec<(usize, KeyFlags)>;

/// The form of a command that waits, where it is one of several: it has the same name, keys and documentation, and another way to run.
/// A script's call is never one of it, because nothing waits there.
#[derive(Clone, Copy)]
pub struct WaitingForm {
    /// True if the arguments ask for it.
    pub is_asked: fn(&Args) -> bool,
    /// How it runs.
    pub spec: &'static Spec,
}

/// How a command runs. Whether it reads or writes is in the type: a read cannot mutate.
#[derive(Clone, Copy)]
pub enum Run {
    /// Looks at the state of one node.
    Read(fn(&View<'_>, &Args) -> Outcome),
    /// Goes through the log and runs on every node.
    Write(fn(&mut Txn<'_>, &Args) -> Outcome),
    /// Goes through the log, and waits there if it cannot do its work yet.
    Blocking(Blocking),
    /// Goes through the log, and runs another command there, if it may.
    Guarded(Guarded),
    /// Runs a script: reads, or goes through the log.
    Script(ScriptRun),
    /// Answers from its arguments alone: anywhere, and without a leader.
    Pure(fn(&Args) -> Outcome),
    /// Concerns the connection or the node that it is connected to; never in scripts.
    Session(fn(&mut Call<'_>, &Args) -> Answer),
    /// Runs the command among its arguments, once for each id.
    Once,
    /// Only its subcommands run.
    Container,
}

/// A command that runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptRun {
    /// How its first argument names the script.
    pub named: ScriptNamed,
    /// The script may write; one that only reads runs on one node.
    pub writes: bool,
}

/// How a script is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptNamed {
    /// By its text: it is loaded by being run.
    Text,
    /// By its SHA1: it is loaded already.
    Sha,
    /// It is a function of a library.
    Function,
}

/// A command.
pub struct Spec {
    /// Lower case; a subcommand is called `container|subcommand`.
    pub name: &'static str,
    /// Number of arguments with the name (and the subcommand); negative: at least.
    pub arity: i32,
    /// Flags.
    pub flags: Flags,
    /// ACL categories beyond those that flags and group give.
    pub categories: Categories,
    /// Where its keys stand.
    pub keys: &'static [KeySpec],
    /// Where they stand among given arguments, and what is done with them, if the key specs cannot say it: an option names one, or the
    /// arguments say whether one is written.
    pub given_keys: Option<GivenKeys>,
    /// Which of its arguments are channels, if there are any.
    pub channels: Option<ChannelNames>,
    /// What it answers whom the rules do not let read every key, if its arguments lead it to others than they name.
    pub reads_any: Option<ReadsAny>,
    /// Documentation.
    pub doc: Doc,
    /// The feature level since which it exists. Below it the gate refuses the command, and whatever comes to it by the log or a script
    /// does not know it: see `executor/apply.rs`. A container's subcommand is never older than the container.
    pub since: u32,
    /// Which forms of its arguments came later, if there are any.
    pub newer_form: Option<FindNewerForm>,
    /// How it runs.
    pub run: Run,
    /// What the gate asks before anything is read or logged. Its refusal is the reply that [`Spec::run`] would give on every
    /// state at every time, so an error that comes behind a look at a key, as WRONGTYPE does in front of some, is none of
    /// its. `run` finds all errors by itself too: a script and a log entry come to it without the gate.
    pub check: Option<Check>,
    /// Refuses arguments where Redis Cluster's protocol is spoken: they name another database than 0, or may lead to keys of other slots.
    pub cluster_check: Option<Check>,
    /// Its form that waits, if others do not.
    pub waiting_form: Option<WaitingForm>,
    /// What the changes that it makes are called among keyspace events: see `store/telling.rs`.
    pub event: Option<Event>,
    /// What it is about besides its key.
    pub find_name: FindName,
    /// Which of its arguments SLOWLOG must not show, if there are any.
    pub is_secret: Option<IsSecret>,
    /// Subcommands of a container.
    pub subcommands: &'static [&'static Spec],
}

impl Spec {
    /// A command that reads the state.
    pub const fn read(name: &'static str, arity: i32, doc: Doc, run: fn(&View<'_>, &Args) -> Outcome) -> Self {
        Self::new(name, arity, doc, Run::Read(run)).flags(Flags::READONLY)
    }

    /// A command that goes through the log.
    pub const fn write(name: &'static str, arity: i32, doc: Doc, run: fn(&mut Txn<'_>, &Args) -> Outcome) -> Self {
        Self::new(name, arity, doc, Run::Write(run)).flags(Flags::WRITE)
    }

    /// A command that may wait.
    pub const fn blocking(name: &'static str, arity: i32, doc: Doc, run: Blocking) -> Self {
        let flags = Flags::WRITE.union(Flags::BLOCKING).union(Flags::CUTS_GROUP);
        Self::new(name, arity, doc, Run::Blocking(run)).flags(flags)
    }

    /// A command that runs another one on a condition.
    pub const fn guarded(name: &'static str, arity: i32, doc: Doc, run: Guarded) -> Self {
        let flags = Flags::WRITE.union(Flags::NOSCRIPT).union(Flags::MOVABLEKEYS);
        Self::new(name, arity, doc, Run::Guarded(run)).flags(flags)
    }

    /// A command that runs a script.
    pub const fn script(name: &'static str, arity: i32, doc: Doc, run: ScriptRun) -> Self {
        Self::new(name, arity, doc, Run::Script(run))
    }

    /// A command that runs another.
    pub const fn once(name: &'static str, arity: i32, doc: Doc) -> Self {
        Self::new(name, arity, doc, Run::Once).flags(Flags::WRITE)
    }

    /// A command that needs nothing but its arguments.
    pub const fn pure(name: &'static str, arity: i32, doc: Doc, run: fn(&Args) -> Outcome) -> Self {
        Self::new(name, arity, doc, Run::Pure(run))
    }

    /// A command of the connection or the node.
    pub const fn session(
        name: &'static str,
        arity: i32,
        flags: Flags,
        doc: Doc,
        run: fn(&mut Call<'_>, &Args) -> Answer,
    ) -> Self {
        Self::new(name, arity, doc, Run::Session(run)).flags(flags)
    }

    /// A command that has only subcommands.
    pub const fn container(name: &'static str, doc: Doc, subcommands: &'static [&'static Self]) -> Self {
        Self { subcommands, ..Self::new(name, -2, doc, Run::Container) }
    }

    const fn new(name: &'static str, arity: i32, doc: Doc, run: Run) -> Self {
        Self {
            name,
            arity,
            flags: Flags::empty(),
            categories: Categories::empty(),
            keys: &[],
            given_keys: None,
            channels: None,
            reads_any: None,
            doc,
            since: FIRST_LEVEL,
            newer_form: None,
            run,
            check: None,
            cluster_check: None,
            waiting_form: None,
            event: None,
            find_name: |args, key| (args.opt(key + 1), None),
            is_secret: None,
            subcommands: &[],
        }
    }

    /// The same since a later feature level than the first.
    pub const fn since(self, level: u32) -> Self {
        Self { since: level, ..self }
    }

    /// The same with forms of its arguments that came later.
    pub const fn newer_form(self, find: FindNewerForm) -> Self {
        Self { newer_form: Some(find), ..self }
    }

    /// The same with more flags.
    pub const fn flags(self, flags: Flags) -> Self {
        Self { flags: self.flags.union(flags), ..self }
    }

    /// The same without these flags: what Redis counts neither among the commands that write nor among those that only read.
    pub const fn without(self, flags: Flags) -> Self {
        Self { flags: self.flags.difference(flags), ..self }
    }

    /// The same in more ACL categories.
    pub const fn categories(self, categories: Categories) -> Self {
        Self { categories: self.categories.union(categories), ..self }
    }

    /// The same with keys among its arguments.
    pub const fn keys(self, keys: &'static [KeySpec]) -> Self {
        Self { keys, ..self }
    }

    /// The same with keys that the specs alone cannot tell.
    pub const fn given_keys(self, find: GivenKeys) -> Self {
        Self { given_keys: Some(find), ..self }
    }

    /// The same with channels among its arguments.
    pub const fn channels(self, names: ChannelNames) -> Self {
        Self { channels: Some(names), ..self }
    }

    /// The same that may read keys which its arguments do not name.
    pub const fn reads_any(self, refuse: ReadsAny) -> Self {
        Self { reads_any: Some(refuse), ..self }
    }

    /// The same with a check of its arguments.
    pub const fn check(self, check: Check) -> Self {
        Self { check: Some(check), ..self }
    }

    /// The same with a check of what is refused where Redis Cluster's protocol is spoken, besides keys in several slots.
    pub const fn cluster_check(self, check: Check) -> Self {
        Self { cluster_check: Some(check), ..self }
    }

    /// The same with a form that waits.
    pub const fn waiting_form(self, is_asked: fn(&Args) -> bool, spec: &'static Self) -> Self {
        Self { waiting_form: Some(WaitingForm { is_asked, spec }), ..self }
    }

    /// The same, of which this is told where it changes a value.
    pub const fn event(self, event: Event) -> Self {
        Self { event: Some(event), ..self }
    }

    /// The same with another argument than the one behind the key as a name in its value.
    pub const fn find_name(self, find_name: FindName) -> Self {
        Self { find_name, ..self }
    }

    /// The same with passwords among its arguments.
    pub const fn secrets(self, is_secret: IsSecret) -> Self {
        Self { is_secret: Some(is_secret), ..self }
    }

    /// True if it runs through the log.
    pub fn is_write(&self) -> bool {
        matches!(
            self.run,
            Run::Write(_)
                | Run::Blocking(_)
                | Run::Guarded(_)
                | Run::Once
                | Run::Script(ScriptRun { writes: true, .. })
        )
    }

    /// True if it is a write once it is in the log: a read that loads its script is one there.
    pub fn is_write_in_log(&self) -> bool {
        self.is_write() || self.flags.contains(Flags::LOADS_SCRIPT)
    }

    /// True if these arguments make it wait where it finds nothing to do.
    pub fn may_wait(&self, args: &Args) -> bool {
        matches!(self.run, Run::Blocking(blocking) if (blocking.wait)(args).is_ok_and(|wait| !wait.keys.is_empty()))
    }

    /// True if it concerns the connection or the node, and is no business of the store.
    pub fn is_session(&self) -> bool {
        matches!(self.run, Run::Session(_))
    }

    /// True if it may keep a thread busy for more than a moment: it runs where nothing of Raft waits.
    pub fn is_heavy(&self) -> bool {
        self.flags.intersects(Flags::UNBOUNDED.union(Flags::SCRIPT))
    }

    /// The first key among the arguments, where it stands at a fixed place, and what may be a name in its value; a hint, also for wrong
    /// arguments.
    pub fn about<'a>(&self, db: u8, args: &'a Args) -> Option<About<'a>> {
        let BeginSearch::Index(at) = self.keys.first()?.begin else { return None };
        let at = usize::try_from(at).ok()?;
        let (name, score) = (self.find_name)(args, at);
        Some(About { db: db.into(), key: args.opt(at)?, name, score })
    }

    /// True if `len` arguments are right.
    pub fn arity_ok(&self, len: usize) -> bool {
        let len = len as i32;
        if self.arity >= 0 { len == self.arity } else { len >= -self.arity }
    }

    /// True if a binary that knows this feature level, and no more, has the command.
    pub fn is_known_at(&self, level: u32) -> bool {
        // A state without a cluster has no level yet; what exists from the beginning exists there.
        self.since <= level.max(FIRST_LEVEL)
    }

    /// Refuses a client's call that cluster, whose state is of this feature level, is not ready for.
    ///
    /// # Errors
    /// What it waits for.
    pub fn check_available(&self, level: u32, args: &Args) -> Result<(), ReplyError> {
        let form = self.newer_form.and_then(|find| find(args)).map_or(FIRST_LEVEL, |form| form.since);
        let since = self.since.max(form);
        if since <= level.max(FIRST_LEVEL) {
            return Ok(());
        }
        let what = if form == since && self.since < since { "this form of " } else { "" };
        Err(ReplyError::text(format!(
            "ERR {what}'{}' is not available until every node of the cluster knows it (feature level {since}, the cluster is at {level}; \
             RAFT.NODES shows each node's)",
            self.name
        )))
    }

    /// Answers arguments of a form that a binary which knows this feature level, and no more, does not have.
    ///
    /// # Errors
    /// What such a binary answers.
    pub fn check_form_at(&self, level: u32, args: &Args) -> Result<(), ReplyError> {
        match self.newer_form.and_then(|find| find(args)) {
            Some(form) if form.since > level.max(FIRST_LEVEL) => Err(form.before),
            _ => Ok(()),
        }
    }

    /// The last part of the name.
    pub fn short_name(&self) -> &'static str {
        self.name.rsplit('|').next().unwrap_or(self.name)
    }
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
