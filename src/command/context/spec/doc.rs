//! What COMMAND DOCS says of a command.

use bitflags::bitflags;

use super::Categories;

/// Redis's groups of commands; COMMAND DOCS shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Any type.
    Generic,
    /// Strings.
    String,
    /// Hashes.
    Hash,
    /// Lists.
    List,
    /// Sets.
    Set,
    /// Sorted sets.
    SortedSet,
    /// Strings as bits.
    Bitmap,
    /// Places on Earth in sorted sets.
    Geo,
    /// Estimated numbers of different things, in strings.
    HyperLogLog,
    /// Streams.
    Stream,
    /// MULTI and its kin.
    Transactions,
    /// The connection.
    Connection,
    /// The node.
    Server,
    /// Publish/subscribe.
    PubSub,
    /// Scripts.
    Scripting,
    /// Locks (ours).
    Lock,
    /// Membership (ours).
    Cluster,
}

impl Family {
    /// Its name in COMMAND DOCS.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// The ACL category that its commands are in.
    pub fn category(self) -> Categories {
        self.facts().1
    }

    fn facts(self) -> (&'static str, Categories) {
        match self {
            Self::Generic => ("generic", Categories::KEYSPACE),
            Self::String => ("string", Categories::STRING),
            Self::Hash => ("hash", Categories::HASH),
            Self::List => ("list", Categories::LIST),
            Self::Set => ("set", Categories::SET),
            Self::SortedSet => ("sorted-set", Categories::SORTEDSET),
            Self::Bitmap => ("bitmap", Categories::BITMAP),
            Self::Geo => ("geo", Categories::GEO),
            Self::HyperLogLog => ("hyperloglog", Categories::HYPERLOGLOG),
            Self::Stream => ("stream", Categories::STREAM),
            Self::Transactions => ("transactions", Categories::TRANSACTION),
            Self::Connection => ("connection", Categories::CONNECTION),
            Self::Server => ("server", Categories::empty()),
            Self::PubSub => ("pubsub", Categories::empty()),
            Self::Scripting => ("scripting", Categories::SCRIPTING),
            Self::Lock => ("lock", Categories::LOCK),
            Self::Cluster => ("cluster", Categories::empty()),
        }
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

    /// The same argument, whose word is repeated with it.
    pub const fn multiple_token(self) -> Self {
        Self { flags: self.flags.union(ArgFlags::MULTIPLE_TOKEN), ..self }
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
    pub group: Family,
    /// `O(1)` and the like.
    pub complexity: &'static str,
    /// Its arguments.
    pub args: &'static [Arg],
}

impl Doc {
    /// Without arguments.
    pub const fn new(group: Family, since: &'static str, complexity: &'static str, summary: &'static str) -> Self {
        Self { summary, since, group, complexity, args: &[] }
    }

    /// The same with arguments.
    pub const fn args(self, args: &'static [Arg]) -> Self {
        Self { args, ..self }
    }
}
