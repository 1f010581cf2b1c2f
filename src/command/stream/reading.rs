//! The arguments of XREAD and XREADGROUP.

use super::ids;
use crate::command::{BeginSearch, FindKeys, KeyFlags, KeySpec, Wait};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, parse_i64};
use crate::store::StreamId;

const GROUP_IN_XREAD: ReplyError =
    ReplyError::new("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
const NOACK_IN_XREAD: ReplyError =
    ReplyError::new("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
const NO_GROUP_OPTION: ReplyError = ReplyError::new("ERR Missing GROUP option for XREADGROUP");
const NEW_IN_XREAD: ReplyError = ReplyError::new(
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
);
const LAST_IN_XREADGROUP: ReplyError = ReplyError::new(
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a \
     proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.",
);
const NEWEST_IN_XREADGROUP: ReplyError = ReplyError::new(
    "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a \
     proper ID, or use the > ID to get new messages. The + ID would just return an empty result set.",
);
const NO_TIMEOUT: ReplyError = ReplyError::new("ERR timeout is not an integer or out of range");
const NEGATIVE_TIMEOUT: ReplyError = ReplyError::new("ERR timeout is negative");

/// Keys from `STREAMS` on, and as many ids behind them. `from` is where the word may stand first.
pub(super) const fn keys(from: i32) -> KeySpec {
    KeySpec {
        begin: BeginSearch::Keyword("STREAMS", from),
        find: FindKeys::Range { last: -1, step: 1, limit: 2 },
        flags: KeyFlags::RO.union(KeyFlags::ACCESS),
    }
}

/// What is read of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// What is behind this id; by a group's consumer: what it has not acknowledged of that.
    Behind(StreamId),
    /// `$`: what will be added.
    Last,
    /// `+`: the last entry alone, or the first that will be added where there is none.
    Newest,
    /// `>`: what the group has not delivered yet.
    New,
}

/// A group and its consumer.
#[derive(Clone, Copy, Debug)]
pub(super) struct By<'a> {
    pub group: &'a [u8],
    pub consumer: &'a [u8],
}

/// See the module's header.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    args: &'a Args,
    /// Most entries of each stream.
    pub count: usize,
    /// How long to wait, ms; 0 = for ever, None = not at all.
    timeout_ms: Option<u64>,
    /// For XREADGROUP.
    pub by: Option<By<'a>>,
    /// What is delivered needs no acknowledgement.
    pub is_noack: bool,
    first: usize,
    len: usize,
}

impl<'a> Reading<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// Redis's texts, but for what is wrong with the ids.
    pub(super) fn parse(args: &'a Args, name: &str) -> Result<Self, ReplyError> {
        let is_group = name == "xreadgroup";
        let mut reading =
            Self { args, count: usize::MAX, timeout_ms: None, by: None, is_noack: false, first: 0, len: 0 };
        let mut at = 1;
        while at < args.len() {
            let more = args.len() - 1 - at;
            if more > 0 && args.is(at, "BLOCK") {
                let timeout = parse_i64(args.arg(at + 1)).ok_or(NO_TIMEOUT)?;
                reading.timeout_ms = Some(u64::try_from(timeout).map_err(|_| NEGATIVE_TIMEOUT)?);
                at += 2;
            } else if more > 0 && args.is(at, "COUNT") {
                let count = parse_i64(args.arg(at + 1)).ok_or(NOT_AN_INTEGER)?;
                reading.count = usize::try_from(count).ok().filter(|count| *count > 0).unwrap_or(usize::MAX);
                at += 2;
            } else if more > 0 && args.is(at, "STREAMS") {
                if !more.is_multiple_of(2) {
                    return Err(unbalanced(name, if is_group { '>' } else { '$' }));
                }
                (reading.first, reading.len) = (at + 1, more / 2);
                break;
            } else if more > 1 && args.is(at, "GROUP") {
                if !is_group {
                    return Err(GROUP_IN_XREAD);
                }
                reading.by = Some(By { group: args.arg(at + 1), consumer: args.arg(at + 2) });
                at += 3;
            } else if args.is(at, "NOACK") {
                if !is_group {
                    return Err(NOACK_IN_XREAD);
                }
                reading.is_noack = true;
                at += 1;
            } else {
                return Err(SYNTAX);
            }
        }
        match reading.by {
            _ if reading.len == 0 => Err(SYNTAX),
            None if is_group => Err(NO_GROUP_OPTION),
            _ => Ok(reading),
        }
    }

    /// The keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let args = self.args;
        (self.first..self.first + self.len).map(move |at| args.arg(at))
    }

    /// Where the id of a key stands.
    pub(super) fn id_at(&self, place: usize) -> usize {
        self.first + self.len + place
    }

    /// What is read of the stream at this place.
    ///
    /// # Errors
    /// It is no id, or one of the other command.
    pub(super) fn from(&self, place: usize) -> Result<From, ReplyError> {
        let arg = self.args.arg(self.id_at(place));
        if ids::is(arg, b'$') {
            return if self.by.is_none() { Ok(From::Last) } else { Err(LAST_IN_XREADGROUP) };
        }
        if ids::is(arg, b'+') {
            return if self.by.is_none() { Ok(From::Newest) } else { Err(NEWEST_IN_XREADGROUP) };
        }
        if ids::is(arg, b'>') {
            return if self.by.is_some() { Ok(From::New) } else { Err(NEW_IN_XREAD) };
        }
        match ids::strict(arg)? {
            // Redis keeps `>` so.
            StreamId::MAX if self.by.is_some() => Ok(From::New),
            id => Ok(From::Behind(id)),
        }
    }

    /// The wait that it asks for.
    pub(super) fn wait(&self) -> Wait {
        Wait::new(self.keys(), self.timeout_ms.unwrap_or(0))
    }
}

/// True if the arguments ask for waiting, as far as they can be read.
pub(super) fn is_waiting(args: &Args) -> bool {
    let mut at = 1;
    while at < args.len() && !args.is(at, "STREAMS") {
        if args.is(at, "BLOCK") {
            return at + 1 < args.len();
        }
        at += if args.is(at, "GROUP") {
            3
        } else if args.is(at, "COUNT") {
            2
        } else if args.is(at, "NOACK") {
            1
        } else {
            return false;
        };
    }
    false
}

fn unbalanced(name: &str, symbol: char) -> ReplyError {
    ReplyError::text(format!(
        "ERR Unbalanced '{name}' list of streams: for each stream key an ID or '{symbol}' must be specified."
    ))
}
