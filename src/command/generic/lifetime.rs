//! What TTL, PTTL, EXPIRETIME and PEXPIRETIME share.
//!
//! Invariant: PTTL never shows more than is left, nor less than 0 for a key that is there. The deadline less the estimate is never more,
//! because a key lives through the ms of its deadline; so in that ms 0 is shown, as by Redis. The estimate may be past the deadline:
//! only the log expires keys, and after a tick what it has not expired is shown.

use crate::protocol::Reply;
use crate::store::View;

/// Unit of a time argument or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// s
    Seconds,
    /// ms
    Milliseconds,
}

/// What is shown of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The time that is left.
    Left,
    /// The deadline itself.
    Deadline,
}

/// The reply: -2 without the key, -1 without a deadline. Seconds are rounded as in Redis, half a second up.
pub fn report(view: &View<'_>, key: &[u8], shown: Shown, unit: Unit) -> Reply {
    let Some(entry) = view.find(key) else { return Reply::Int(-2) };
    let Some(deadline_ms) = entry.value().shown_end_ms(view.now_ms()).or(entry.deadline_ms()) else {
        return Reply::Int(-1);
    };
    let ms = match shown {
        Shown::Left => deadline_ms.saturating_sub(view.now_ms()),
        Shown::Deadline => deadline_ms,
    };
    Reply::Int(match unit {
        Unit::Milliseconds => ms as i64,
        Unit::Seconds => (ms.saturating_add(500) / 1000) as i64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::testing::Bench;
    use crate::store::{Horizon, Rng};

    #[test]
    fn pttl_of_a_key_not_yet_expired_is_never_negative() {
        let mut bench = Bench::new();
        bench.run("SET key value PX 10");
        let applied_ms = bench.now_ms;
        for (passed_ms, left_ms) in [(0, 10), (9, 1), (10, 0), (11, 0)] {
            let horizon = Horizon { applied_ms, estimate_ms: applied_ms + passed_ms };
            let view = View::new(&bench.state, 0, horizon, Rng::of_command(9, 0)).hide_by_log_alone();
            assert_eq!(report(&view, b"key", Shown::Left, Unit::Milliseconds), Reply::Int(left_ms), "{passed_ms}");
        }
    }
}
