//! Classes of keyspace events (`notify-keyspace-events`): a bit each, as Redis numbers them, and a letter.

/// Events are published on `__keyspace@<db>__:<key>`.
pub const BY_KEY: u64 = 1 << 0;
/// Events are published on `__keyevent@<db>__:<event>`.
pub const BY_EVENT: u64 = 1 << 1;
/// Of whatever type the key is: DEL, EXPIRE, RENAME …
pub const GENERIC: u64 = 1 << 2;
/// Of strings.
pub const STRING: u64 = 1 << 3;
/// Of lists.
pub const LIST: u64 = 1 << 4;
/// Of sets.
pub const SET: u64 = 1 << 5;
/// Of hashes.
pub const HASH: u64 = 1 << 6;
/// Of sorted sets.
pub const ZSET: u64 = 1 << 7;
/// A key has expired.
pub const EXPIRED: u64 = 1 << 8;
/// A key was evicted.
pub const EVICTED: u64 = 1 << 9;
/// Of streams.
pub const STREAM: u64 = 1 << 10;
/// A read has not found its key.
pub const MISS: u64 = 1 << 11;
/// Of types that Redis itself has not (modules): of locks.
pub const OF_OTHER_TYPES: u64 = 1 << 13;
/// A key has come to be.
pub const NEW: u64 = 1 << 14;

/// Letters in the order in which they are shown, behind the `A` that stands for [`ALL`].
const LETTERS: [(char, u64); 14] = [
    ('g', GENERIC),
    ('$', STRING),
    ('l', LIST),
    ('s', SET),
    ('h', HASH),
    ('z', ZSET),
    ('x', EXPIRED),
    ('e', EVICTED),
    ('t', STREAM),
    ('d', OF_OTHER_TYPES),
    ('n', NEW),
    ('K', BY_KEY),
    ('E', BY_EVENT),
    ('m', MISS),
];
const ALL: u64 = GENERIC | STRING | LIST | SET | HASH | ZSET | EXPIRED | EVICTED | STREAM | OF_OTHER_TYPES;

/// The classes that letters name.
///
/// # Errors
/// Redis's words.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let class = |letter: char| match letter {
        'A' => Some(ALL),
        _ => LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, class)| *class),
    };
    let classes: Option<Vec<u64>> = text.chars().map(class).collect();
    let classes = classes.ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?;
    Ok(classes.into_iter().fold(0, std::ops::BitOr::bitor))
}

/// Their letters, as CONFIG GET shows them.
pub(super) fn show(classes: u64) -> String {
    let all = classes & ALL == ALL;
    // Redis shows `n` only where it writes the classes one by one.
    let hidden = if all { ALL | NEW } else { 0 };
    let shown = LETTERS.iter().filter(|(_, class)| classes & class != 0 && hidden & class == 0);
    all.then_some('A').into_iter().chain(shown.map(|(letter, _)| *letter)).collect()
}
