//! How often a leader is heard, and how long the others wait for it: what Raft is told, and what follows from it elsewhere.

use std::time::Duration;

/// How often a leader is heard, if all is well.
pub const HEARTBEAT: Duration = Duration::from_millis(50);
/// A voter that has heard no leader for this long, and for the time that it owes to the last one, begins an election.
pub const ELECTION_TIMEOUT_MIN: Duration = Duration::from_millis(200);
/// At the latest after this; and this is the time that it owes to a leader that it has heard.
pub const ELECTION_TIMEOUT_MAX: Duration = Duration::from_millis(300);
