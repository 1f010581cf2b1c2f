//! What is known of a command without running it.

use bitflags::bitflags;

use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};
use crate::store::{Txn, View};

/// What a command returns.
pub type Outcome = Result<Reply, ReplyError>;

/// How a command runs. Whether it reads or writes is in the type: a read cannot mutate.
#[derive(Clone, Copy)]
pub enum Run {
    /// Looks at the state of one node.
    Read(fn(&View<'_>, &Args) -> Outcome),
    /// Goes through the log and runs on every node.
    Write(fn(&mut Txn<'_>, &Args) -> Outcome),
    /// Answers from its arguments alone: anywhere, and without a leader.
    Pure(fn(&Args) -> Outcome),
    /// Concerns the connection or the node that it is connected to; never in scripts.
    Session(fn(&mut Call<'_>, &Args) -> Answer),
    /// Only its subcommands run.
    Container,
}

bitflags! {
    /// Flags of a command: Redis's, in its order and meaning, then our own.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Flags: u32 {
        /// May change data.
        const WRITE = 1;
        /// Only reads.
        const READONLY = 1 << 1;
        /// Refused when `maxmemory` is reached.
        const DENYOOM = 1 << 2;
        /// For operators.
        const ADMIN = 1 << 3;
        /// Publish/subscribe.
        const PUBSUB = 1 << 4;
        /// Not from scripts.
        const NOSCRIPT = 1 << 5;
        /// May wait.
        const BLOCKING = 1 << 6;
        /// Answered while the node has no leader or has not applied its log yet.
        const LOADING = 1 << 7;
        /// As Redis shows it; without a meaning here.
        const STALE = 1 << 8;
        /// Not in SLOWLOG and MONITOR.
        const SKIP_MONITOR = 1 << 9;
        /// As Redis shows it.
        const SKIP_SLOWLOG = 1 << 10;
        /// As Redis shows it; without a meaning here.
        const ASKING = 1 << 11;
        /// O(1) or O(log n).
        const FAST = 1 << 12;
        /// Allowed before AUTH.
        const NO_AUTH = 1 << 13;
        /// As Redis shows it: may replicate although it is no write.
        const MAY_REPLICATE = 1 << 14;
        /// As Redis shows it.
        const NO_ASYNC_LOADING = 1 << 15;
        /// Not inside MULTI.
        const NO_MULTI = 1 << 16;
        /// Keys cannot be told from the key specs alone.
        const MOVABLEKEYS = 1 << 17;
        /// As Redis shows it.
        const ALLOW_BUSY = 1 << 18;
        /// May be called without a key.
        const NO_MANDATORY_KEYS = 1 << 19;

        /// Ours: a read that loads the script in its first argument: while that is not loaded, it goes through the log.
        const LOADS_SCRIPT = 1 << 20;
        /// Ours: the reply depends on the node that gives it; not from scripts, which run on all of them.
        const NODE_DEPENDENT = 1 << 23;
        /// Ours: runs although CLIENT PAUSE holds the others.
        const PAUSE_EXEMPT = 1 << 21;
        /// Ours: ends a transaction by running it (EXEC): refused, it discards the transaction.
        const EXECUTES = 1 << 22;
        /// Ours: executed at once inside MULTI instead of being queued (EXEC, DISCARD, MULTI, WATCH, RESET, QUIT).
        const IMMEDIATE = 1 << 24;
        /// Ours: takes longer than its arguments and reply say (KEYS, LCS); never runs where Raft's timers run.
        const UNBOUNDED = 1 << 25;
        /// Ours: only in log entries, unknown to clients.
        const INTERNAL = 1 << 26;
        /// Ours: runs a script: heavy work in apply.
        const SCRIPT = 1 << 27;
        /// Ours: what follows on the connection waits until this one is answered, because it depends on it.
        const CUTS_GROUP = 1 << 28;
        /// Ours: changes the database of the commands behind it in the same transaction (SELECT).
        const SELECTS = 1 << 29;
        /// Ours: frees memory or is needed to: passes `disk-reserve` until half of it.
        const FREES = 1 << 30;
        /// Ours: linearizable whatever level the connection has chosen.
        const ALWAYS_LINEARIZABLE = 1 << 31;
    }
}

bitflags! {
    /// ACL categories, those that do not follow from flags and group included.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Categories: u32 {
        /// @keyspace
        const KEYSPACE = 1;
        /// @read
        const READ = 1 << 1;
        /// @write
        const WRITE = 1 << 2;
        /// @set
        const SET = 1 << 3;
        /// @sortedset
        const SORTEDSET = 1 << 4;
        /// @list
        const LIST = 1 << 5;
        /// @hash
        const HASH = 1 << 6;
        /// @string
        const STRING = 1 << 7;
        /// @bitmap
        const BITMAP = 1 << 8;
        /// @hyperloglog
        const HYPERLOGLOG = 1 << 9;
        /// @geo
        const GEO = 1 << 10;
        /// @stream
        const STREAM = 1 << 11;
        /// @pubsub
        const PUBSUB = 1 << 12;
        /// @admin
        const ADMIN = 1 << 13;
        /// @fast
        const FAST = 1 << 14;
        /// @slow
        const SLOW = 1 << 15;
        /// @blocking
        const BLOCKING = 1 << 16;
        /// @dangerous
        const DANGEROUS = 1 << 17;
        /// @connection
        const CONNECTION = 1 << 18;
        /// @transaction
        const TRANSACTION = 1 << 19;
        /// @scripting
        const SCRIPTING = 1 << 20;
        /// @lock (ours)
        const LOCK = 1 << 21;
    }
}

/// Redis's groups of commands; COMMAND DOCS shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Any type.
    Generic,
    /// Strings.
    String,
    /// Hashes.
    Hash,
    /// MULTI and its kin.
    Transactions,
    /// The connection.
    Connection,
    /// The node.
    Server,
    /// Scripts.
    Scripting,
    /// Locks (ours).
    Lock,
    /// Membership (ours).
    Cluster,
}

/// Where the search for keys begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    /// At this argument.
    Index(i32),
    /// Behind this word, searched from argument `.1` on.
    Keyword(&'static str, i32),
}

/// Which arguments are keys from there on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    /// Up to `last` (relative to the first; negative: from the end), every `step`-th; `limit` as in Redis.
    Range {
        /// Last key, relative to the first; -1 = the last argument.
        last: i32,
        /// Distance between keys.
        step: i32,
        /// Divides the remaining arguments when `last` is -1.
        limit: i32,
    },
    /// A count, then keys.
    Keynum {
        /// The argument with the count, relative to the beginning.
        index: i32,
        /// The first key.
        first: i32,
        /// Distance between keys.
        step: i32,
    },
}

bitflags! {
    /// What a command does with a key.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct KeyFlags: u16 {
        /// Reads and writes it.
        const RW = 1;
        /// Reads it.
        const RO = 1 << 1;
        /// Overwrites it without reading.
        const OW = 1 << 2;
        /// Removes it.
        const RM = 1 << 3;
        /// Returns its content.
        const ACCESS = 1 << 4;
        /// Changes its content by it.
        const UPDATE = 1 << 5;
        /// Adds to it.
        const INSERT = 1 << 6;
        /// Deletes from it.
        const DELETE = 1 << 7;
        /// Not the name of a key that exists.
        const NOT_KEY = 1 << 8;
        /// Not all keys can be found.
        const INCOMPLETE = 1 << 9;
        /// Flags depend on the arguments.
        const VARIABLE_FLAGS = 1 << 10;
    }
}

/// Where keys stand among the arguments.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// Where to begin.
    pub begin: BeginSearch,
    /// What is a key from there on.
    pub find: FindKeys,
    /// What is done with them.
    pub flags: KeyFlags,
}

impl KeySpec {
    /// One key, the first argument.
    pub const fn first(flags: KeyFlags) -> Self {
        Self::range(1, 0, 1, flags)
    }

    /// Keys from argument `first` on.
    pub const fn range(first: i32, last: i32, step: i32, flags: KeyFlags) -> Self {
        Self { begin: BeginSearch::Index(first), find: FindKeys::Range { last, step, limit: 0 }, flags }
    }
}

/// The kind of an argument in COMMAND DOCS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// A string.
    String,
    /// An integer.
    Integer,
    /// A double.
    Double,
    /// A key; the number is its key spec.
    Key(u8),
    /// A glob pattern.
    Pattern,
    /// A time in Unix seconds or ms.
    UnixTime,
    /// A word that stands for itself.
    PureToken,
    /// One of the parts.
    OneOf(&'static [Arg]),
    /// All of the parts.
    Block(&'static [Arg]),
}

bitflags! {
    /// How often an argument may stand.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ArgFlags: u8 {
        /// May be left out.
        const OPTIONAL = 1;
        /// May be repeated.
        const MULTIPLE = 1 << 1;
        /// Its token is repeated with it.
        const MULTIPLE_TOKEN = 1 << 2;
    }
}

/// An argument in COMMAND DOCS; redis-cli makes its hints from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Name.
    pub name: &'static str,
    /// Kind.
    pub kind: ArgKind,
    /// The word before it; empty = none.
    pub token: &'static str,
    /// How often.
    pub flags: ArgFlags,
}

impl Arg {
    /// A plain argument.
    pub const fn new(name: &'static str, kind: ArgKind) -> Self {
        Self { name, kind, token: "", flags: ArgFlags::empty() }
    }

    /// A word that stands for itself.
    pub const fn word(name: &'static str, token: &'static str) -> Self {
        Self { name, kind: ArgKind::PureToken, token, flags: ArgFlags::empty() }
    }

    /// The same argument behind a word.
    pub const fn token(self, token: &'static str) -> Self {
        Self { token, ..self }
    }

    /// The same argument, which may be left out.
    pub const fn optional(self) -> Self {
        Self { flags: self.flags.union(ArgFlags::OPTIONAL), ..self }
    }

    /// The same argument, which may be repeated.
    pub const fn multiple(self) -> Self {
        Self { flags: self.flags.union(ArgFlags::MULTIPLE), ..self }
    }
}

/// The documentation of a command, in our own words.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// One sentence.
    pub summary: &'static str,
    /// The Redis version that brought it, or ours.
    pub since: &'static str,
    /// Its group.
    pub group: Group,
    /// `O(1)` and the like.
    pub complexity: &'static str,
    /// Its arguments.
    pub args: &'static [Arg],
}

impl Doc {
    /// Without arguments.
    pub const fn new(group: Group, since: &'static str, complexity: &'static str, summary: &'static str) -> Self {
        Self { summary, since, group, complexity, args: &[] }
    }

    /// The same with arguments.
    pub const fn args(self, args: &'static [Arg]) -> Self {
        Self { args, ..self }
    }
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
    /// Documentation.
    pub doc: Doc,
    /// How it runs.
    pub run: Run,
    /// Subcommands of a container.
    pub subcommands: &'static [&'static Spec],
}

impl Spec {
    /// A command of the connection or the node, without keys.
    pub const fn session(
        name: &'static str,
        arity: i32,
        flags: Flags,
        doc: Doc,
        run: fn(&mut Call<'_>, &Args) -> Answer,
    ) -> Self {
        let run = Run::Session(run);
        Self { name, arity, flags, categories: Categories::empty(), keys: &[], doc, run, subcommands: &[] }
    }

    /// A command that has only subcommands.
    pub const fn container(name: &'static str, doc: Doc, subcommands: &'static [&'static Self]) -> Self {
        let (flags, categories) = (Flags::empty(), Categories::empty());
        Self { name, arity: -2, flags, categories, keys: &[], doc, run: Run::Container, subcommands }
    }

    /// The same in more ACL categories.
    pub const fn categories(self, categories: Categories) -> Self {
        Self { categories, ..self }
    }

    /// True if it runs through the log.
    pub fn is_write(&self) -> bool {
        matches!(self.run, Run::Write(_))
    }

    /// True if it may keep a thread busy for more than a moment: it runs where nothing of Raft waits.
    pub fn is_heavy(&self) -> bool {
        self.flags.intersects(Flags::UNBOUNDED.union(Flags::SCRIPT))
    }

    /// The first key among the arguments, where it stands at a fixed place; a hint, also for wrong arguments.
    pub fn first_key<'a>(&self, args: &'a Args) -> Option<&'a [u8]> {
        let BeginSearch::Index(at) = self.keys.first()?.begin else { return None };
        args.opt(usize::try_from(at).ok()?)
    }

    /// True if `len` arguments are right.
    pub fn arity_ok(&self, len: usize) -> bool {
        let len = len as i32;
        if self.arity >= 0 { len == self.arity } else { len >= -self.arity }
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

#[cfg(test)]
mod tests {
    use super::Flags;

    #[test]
    fn no_two_flags_share_a_bit() {
        let mut seen = Flags::empty();
        for flag in <Flags as bitflags::Flags>::FLAGS {
            assert!(!seen.intersects(*flag.value()), "{}", flag.name());
            seen |= *flag.value();
        }
    }
}
