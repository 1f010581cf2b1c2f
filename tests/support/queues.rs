//! Whether locks go to those who wait for them in the order in which they came.
//!
//! An observer reads queues (LOCK.INFO). Of two owners of which one stands before the other there, both exclusive, and who are both granted the lock
//! by that very request, the first one's token is the lower. Those whose request was sent again may have lost their place, and are not judged.

use std::collections::BTreeMap;

/// A queue as it was seen: the lock, and its owners from first to last.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The lock.
    pub name: String,
    /// Those who waited.
    pub owners: Vec<String>,
}

/// The token that a request which was sent once was granted, by lock and owner.
pub type Granted = BTreeMap<(String, String), i64>;

/// Checks all queues that were seen. How many pairs were compared.
///
/// # Errors
/// The first two of whom the later one was served first.
pub fn check(queues: &[Queue], granted: &Granted) -> Result<usize, String> {
    let mut compared = 0;
    for queue in queues {
        let mut served = Vec::new();
        for owner in &queue.owners {
            served.extend(granted.get(&(queue.name.clone(), owner.clone())).map(|token| (owner, *token)));
        }
        for pair in served.windows(2) {
            compared += 1;
            if pair[0].1 >= pair[1].1 {
                return Err(format!("{} was served before {}, who stood before it: {queue:?}", pair[1].0, pair[0].0));
            }
        }
    }
    Ok(compared)
}

/// A fencing token, by one clock: (asked, answered, token).
pub type Token = (u64, u64, i64);

/// Whether the fencing tokens of a name rise.
///
/// # Errors
/// Two of which the later one has no higher token.
pub fn check_tokens(name: &str, tokens: &[Token]) -> Result<(), String> {
    for first in tokens {
        for second in tokens {
            if first.1 < second.0 && second.2 <= first.2 {
                return Err(format!("{name}: token {} at {}, and then {} at {}", first.2, first.1, second.2, second.0));
            }
        }
    }
    Ok(())
}
