//! What this binary is.

/// The Redis version whose behaviour clients find here.
pub const REDIS_VERSION: &str = "7.2.4";
/// Our own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The feature level of the first binaries: what has no other exists since then.
pub const FIRST_LEVEL: u32 = 1;
/// The feature level that this binary knows (design 3): that of the newest command, form of a command, or meaning.
/// 2: EXEC notices that a key which WATCH saw absent was created and removed again (`store::ABSENCE_LEVEL`);
/// RAFT.ADD records which node it means by its nonce.
/// 3: lists, sets, sorted sets and what blocks on them, streams with consumer groups, bitmaps, places, sketches (HyperLogLog), SORT, DUMP and
/// RESTORE; DELEX, MSETEX, ONCE and their kin; functions, pub/sub; native locks, sessions.
pub const FEATURE_LEVEL: u32 = 3;

/// Why a binary that knows `known` may have nothing to do with `what`, which is of feature level `level`; None if it may.
pub fn objection(what: &str, level: u32, known: u32) -> Option<String> {
    (level > known).then(|| format!("{what} is of feature level {level}, this binary knows {known}: start a newer one"))
}
