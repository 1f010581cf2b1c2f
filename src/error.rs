//! The two families of errors: what a client reads ([`ReplyError`], its connection lives on) and what
//! stops the node ([`Fatal`]).
//!
//! Clients match on the texts of the first family, so all that are used in more than one place are
//! constants here, in Redis's wording where Redis has one.

use std::borrow::Cow;
use std::fmt;

/// An error reply: code and text, without the leading `-` and the line end.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyError(Cow<'static, [u8]>);

impl ReplyError {
    /// An error whose text is known at build time, code included: `ERR syntax error`.
    pub const fn new(text: &'static str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }

    /// An error with a text made at run time. Line ends around it go and those in it become spaces, as in Redis.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        let mut bytes = text.into();
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        bytes.truncate(bytes.iter().rposition(|byte| !is_line_end(byte)).map_or(0, |last| last + 1));
        for byte in &mut bytes {
            if *byte == b'\r' || *byte == b'\n' {
                *byte = b' ';
            }
        }
        Self(Cow::Owned(bytes))
    }

    /// Says something about an argument, which is shown as Redis shows it.
    pub fn about(before: &str, arg: &[u8], after: &str) -> Self {
        Self::text([before.as_bytes(), c_string(arg), after.as_bytes()].concat())
    }

    /// Code and text as sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first word: `ERR`, `WRONGTYPE`, …
    pub fn code(&self) -> &[u8] {
        self.0.split(|b| *b == b' ').next().unwrap_or_default()
    }
}

impl fmt::Debug for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-{}", String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl From<String> for ReplyError {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// An argument where Redis takes it for a C string: up to its first zero byte.
pub fn c_string(arg: &[u8]) -> &[u8] {
    arg.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// `-ERR syntax error`
pub const SYNTAX: ReplyError = ReplyError::new("ERR syntax error");
/// An argument that should be a 64-bit integer is not.
pub const NOT_AN_INTEGER: ReplyError = ReplyError::new("ERR value is not an integer or out of range");
/// An argument that should be a float is not.
pub const NOT_A_FLOAT: ReplyError = ReplyError::new("ERR value is not a valid float");
/// The key holds a value of another type.
pub const WRONG_TYPE: ReplyError = ReplyError::new("WRONGTYPE Operation against a key holding the wrong kind of value");
/// RENAME, OBJECT and others on an absent key.
pub const NO_SUCH_KEY: ReplyError = ReplyError::new("ERR no such key");
/// RESTORE and FUNCTION RESTORE of what nobody has dumped, or somebody has changed.
pub const BAD_PAYLOAD: ReplyError = ReplyError::new("ERR DUMP payload version or checksum are wrong");
/// INCR and its kin would leave the range of i64.
pub const OVERFLOW: ReplyError = ReplyError::new("ERR increment or decrement would overflow");
/// INCRBYFLOAT and HINCRBYFLOAT would leave the range of finite numbers.
pub const NOT_FINITE: ReplyError = ReplyError::new("ERR increment would produce NaN or Infinity");
/// MODULE LOAD and its kin, as Redis refuses them where `enable-module-command` does not allow them.
pub const MODULES_NOT_ALLOWED: ReplyError = ReplyError::new(
    "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it from a local \
     connection, otherwise you need to set this option in the configuration file, and then restart the server.",
);
/// SETRANGE and APPEND beyond `proto-max-bulk-len`.
pub const STRING_TOO_LONG: ReplyError = ReplyError::new("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
/// A database index outside 0..16.
pub const DB_OUT_OF_RANGE: ReplyError = ReplyError::new("ERR DB index is out of range");
/// CLUSTER and ASKING without `cluster-enabled`.
pub const CLUSTER_DISABLED: ReplyError = ReplyError::new("ERR This instance has cluster support disabled");
/// With `cluster-enabled`: the keys of a request are in several slots.
pub const CROSS_SLOT: ReplyError = ReplyError::new("CROSSSLOT Keys in request don't hash to the same slot");
/// A scan cursor that is no number.
pub const INVALID_CURSOR: ReplyError = ReplyError::new("ERR invalid cursor");
/// EVALSHA of an unknown script.
pub const NO_SCRIPT: ReplyError = ReplyError::new("NOSCRIPT No matching script. Please use EVAL.");
/// A command before AUTH.
pub const NO_AUTH: ReplyError = ReplyError::new("NOAUTH Authentication required.");
/// EXEC after a command that was refused while queueing.
pub const EXEC_ABORT: ReplyError = ReplyError::new("EXECABORT Transaction discarded because of previous errors.");
/// No quorum within the deadline, never proposed (design 9): certainly not applied.
pub const LOADING: ReplyError =
    ReplyError::new("LOADING no Raft leader elected, READONLY until then; command was not executed");
/// Handed to a leader, no result within the deadline (design 9).
pub const INDETERMINATE: ReplyError =
    ReplyError::new("INDETERMINATE the outcome of this command is unknown: it may or may not be applied");
/// Applied, but this node learned of it through a snapshot (design 2).
pub const REPLY_LOST: ReplyError = ReplyError::new("INDETERMINATE applied, but its reply was lost");
/// CLIENT UNBLOCK ERROR.
pub const UNBLOCKED: ReplyError = ReplyError::new("UNBLOCKED client unblocked via CLIENT UNBLOCK");
/// The wait ended with the boot of its node; Redis's text for what ends all waits of a node.
pub const UNBLOCKED_BY_CHANGE: ReplyError =
    ReplyError::new("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)");
/// `maxmemory` reached.
pub const OUT_OF_MEMORY: ReplyError = ReplyError::new("OOM command not allowed when used memory > 'maxmemory'.");
/// The disk is nearly full (design 7): refused before the log.
pub const DISK_FULL: ReplyError = ReplyError::new(
    "MISCONF Errors writing to the log: No space left on device (below disk-reserve); command was not executed",
);

/// `-ERR wrong number of arguments for 'get' command`; `name` in lower case.
pub fn wrong_arity(name: &str) -> ReplyError {
    ReplyError::text(format!("ERR wrong number of arguments for '{name}' command"))
}

/// `-ERR unknown subcommand 'x'. Try CLIENT HELP.`; `container` in upper case.
pub fn unknown_subcommand(container: &str, given: &[u8]) -> ReplyError {
    let shown = given.get(..128).unwrap_or(given);
    ReplyError::about("ERR unknown subcommand '", shown, &format!("'. Try {container} HELP."))
}

/// `-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.`; `container` in upper case.
pub fn wrong_subcommand_arguments(container: &str, given: &[u8]) -> ReplyError {
    let shown = given.get(..128).unwrap_or(given);
    let before = "ERR unknown subcommand or wrong number of arguments for '";
    ReplyError::about(before, shown, &format!("'. Try {container} HELP."))
}

/// `-ERR invalid expire time in 'set' command`
pub fn invalid_expire(name: &str) -> ReplyError {
    ReplyError::text(format!("ERR invalid expire time in '{name}' command"))
}

/// An error that stops the node: what is wrong and what to do, in one message.
#[derive(Debug)]
pub struct Fatal(pub String);

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fatal {}

impl From<std::io::Error> for Fatal {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}
