//! Whether holds of locks, as their holders believed in them, go together.
//!
//! A holder believes in its hold from the reply to the end of the validity that it was told, counted from when it sent the command, or to when
//! it sent the release. The server's hold lasts longer at both ends. So, by one clock for all:
//! - of two holds that do not go together, one is over when the other begins;
//! - those that go together are at most as many as their limit;
//! - a token belongs to one hold, and grows from each hold to one that was asked for when the first was known, and to one that came later and
//!   does not go with it.

use std::collections::BTreeMap;

use super::value::Value;

/// How holds of a lock go together: at most so many at a time; None: as many as like.
pub type Limit = Option<usize>;

/// Locks for random holders, and how each is held; both ways, where two are said.
pub const LOCKS: [(&str, &[Limit]); 4] =
    [("first", &[Some(1)]), ("second", &[Some(1)]), ("mixed", &[Some(1), None]), ("pair", &[Some(2)])];

/// What lock libraries release locks with that are strings.
pub const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
/// And extend them.
pub const EXTEND: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

/// For how long a holder may believe in a hold of this time, from when it asked for it.
pub const fn validity_ms(ttl_ms: u64) -> u64 {
    ttl_ms.saturating_sub(ttl_ms.div_ceil(1000) + 1)
}

/// LOCK.ACQUIRE, with a wait of so many ms at most, or none.
pub fn acquire(name: &str, owner: &str, ttl_ms: u64, wait_ms: Option<u64>, limit: Limit) -> Vec<String> {
    let mut words = vec!["LOCK.ACQUIRE".to_owned(), name.into(), owner.into(), "PX".into(), ttl_ms.to_string()];
    words.extend(wait_ms.into_iter().flat_map(|wait_ms| ["WAIT".to_owned(), wait_ms.to_string()]));
    match limit {
        None => words.push("SHARED".into()),
        Some(1) => {}
        Some(limit) => words.extend(["LIMIT".into(), limit.to_string()]),
    }
    words
}

/// The token and the validity, ms, of a hold. None: it is none.
pub fn granted(reply: &Value) -> Option<(i64, u64)> {
    match reply.items() {
        Some([Value::Int(token), Value::Int(validity_ms)]) => Some((*token, (*validity_ms).try_into().ok()?)),
        _ => None,
    }
}

/// See the module's header. All times by one clock.
#[derive(Clone, Debug)]
pub struct Hold {
    /// The lock.
    pub name: String,
    /// Nobody else's, and of no other hold of this lock.
    pub owner: String,
    /// The fencing token.
    pub token: i64,
    /// With which others it goes.
    pub limit: Limit,
    /// When it was asked for, the first time.
    pub asked: u64,
    /// When the first reply with it had come.
    pub from: u64,
    /// The last moment at which the holder believed in it.
    pub until: u64,
}

impl Hold {
    /// Not if its reply came too late.
    fn is_believed(&self) -> bool {
        self.from < self.until
    }

    fn goes_with(&self, other: &Self) -> bool {
        self.limit == other.limit && self.limit != Some(1)
    }
}

/// Checks all holds that there were.
///
/// # Errors
/// The first two that contradict each other.
pub fn check(holds: &[Hold]) -> Result<(), String> {
    let mut by_name: BTreeMap<&str, Vec<&Hold>> = BTreeMap::new();
    for hold in holds {
        by_name.entry(&hold.name).or_default().push(hold);
    }
    by_name.into_values().try_for_each(|mut holds| {
        holds.sort_by_key(|hold| (hold.from, hold.until));
        for (at, first) in holds.iter().enumerate() {
            for second in &holds[at + 1..] {
                let both = || format!("{first:?}\n{second:?}");
                if first.token == second.token {
                    return Err(format!("one token for two holds:\n{}", both()));
                }
                let overlap = second.from < first.until && second.is_believed();
                if overlap && !first.goes_with(second) {
                    return Err(format!("two holders at once:\n{}", both()));
                }
                let follows = first.is_believed() && second.is_believed() && !first.goes_with(second);
                let is_later = first.from < second.asked || follows;
                if is_later && second.token < first.token {
                    return Err(format!("a later hold with a lower token:\n{}", both()));
                }
            }
            // Those that were believed in when this one began.
            let before =
                holds[..at].iter().filter(|other| first.from < other.until && other.limit == first.limit).count();
            let together = before + usize::from(first.is_believed());
            if first.limit.is_some_and(|limit| together > limit) {
                return Err(format!("{together} holders of a lock for {:?}: {first:?}", first.limit));
            }
        }
        Ok(())
    })
}
