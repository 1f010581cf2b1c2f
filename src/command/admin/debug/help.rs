//! DEBUG HELP: what is not refused.

use super::{OPEN, doc};
use crate::command::{Flags, Spec, help};

pub static SPEC: Spec =
    Spec::session("debug|help", 2, OPEN.union(Flags::PROTECTED), doc("1.0.0", "O(1)", "Explains DEBUG."), |_, _| {
        help::reply("DEBUG", LINES).into()
    });

const LINES: &[&str] = &[
    "DICT-RESIZING <0|1>",
    "    Without an effect: there are no tables that are resized.",
    "DIGEST",
    "    Output a hex signature representing the current DB content.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Output a hex signature of the values of all the specified keys.",
    "ERROR <string>",
    "    Return a Redis protocol error with <string> as message.",
    "HTSTATS <dbid> [full]",
    "    Return how many keys a database has, and how many of them expire.",
    "HTSTATS-KEY <key> [full]",
    "    Return how many elements a large hash, set or sorted set has.",
    "LOADAOF",
    "    The same as RELOAD.",
    "LOG <message>",
    "    Write <message> to the server log.",
    "OBJECT <key>",
    "    Show low level info about `key` and associated value.",
    "PAUSE-CRON <0|1>",
    "    Without an effect: there is no such job.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Create <count> string keys named key:<num>, through the log, on every node.",
    "    If <prefix> is specified then it is used instead of the 'key' prefix.",
    "PROTOCOL <type>",
    "    Reply with a test value of the specified type.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Without an effect: no element of a list is kept apart from its node.",
    "RELOAD [MERGE|NOFLUSH ...]",
    "    Write this node's state as a snapshot and read it back, in memory, and verify",
    "    that nothing of it has changed. The state stays where it is.",
    "REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|time>, REPLYBUFFER RESIZING <0|1>",
    "    Without an effect: buffers of replies are given back when they are written.",
    "SDSLEN <key>",
    "    Show the lengths of a key and of its string value.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Without an effect: the log expires keys, on every node alike.",
    "SLEEP <seconds>",
    "    Let this connection wait for <seconds>. Decimals allowed. Other connections go on.",
    "STRUCTSIZE",
    "    Return the size of different core structures.",
];
