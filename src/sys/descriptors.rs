//! File descriptors: clients never take those that the node itself needs, because a log file or a snapshot that cannot be created
//! stops it.
//!
//! Invariant: `maxclients` and [`RESERVED`] together are within the process's limit. As in Redis the limit is raised where the
//! system lets it be, and where not, `maxclients` is lowered, or a higher one is refused.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::Fatal;

/// What the node itself may have open: log files (of 64 MB, so 10 GB of log are 160), snapshots, peers, and connections that are
/// accepted only to be told that there are too many (a hundred, before the first of them is closed).
const RESERVED: u64 = 320;

/// Raises the limit of open files for so many clients, if it has to be; how many of them it allows.
pub fn make_room(clients: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let Some(raised) = raised(limit, clients) else { return allowed_by(limit.current, clients) };
    match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }) {
        Ok(()) => {
            let was = limit.current.unwrap_or_default();
            tracing::info!("Increased maximum number of open files to {raised} (it was originally set to {was}).");
            allowed_by(Some(raised), clients)
        }
        Err(error) => {
            tracing::warn!("Server can't set maximum open files to {raised} because of OS error: {error}.");
            allowed_by(limit.current, clients)
        }
    }
}

/// At the start: [`make_room`], and a warning if not all are allowed.
///
/// # Errors
/// The limit allows none.
pub fn make_room_at_start(clients: usize) -> Result<usize, Fatal> {
    let allowed = make_room(clients);
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if allowed == 0 {
        return Err(Fatal(format!(
            "Your current 'ulimit -n' of {limit} is not enough for the server to start. Please increase your open file limit to \
             at least {}",
            RESERVED + 1
        )));
    }
    if allowed < clients {
        tracing::warn!(
            "You requested maxclients of {clients} requiring at least {} max file descriptors. Current maximum open files is \
             {limit}. maxclients has been reduced to {allowed} to compensate for low ulimit. If you need higher maxclients \
             increase 'ulimit -n'.",
            needed(clients)
        );
    }
    Ok(allowed)
}

fn needed(clients: usize) -> u64 {
    (clients as u64).saturating_add(RESERVED)
}

/// The soft limit to ask for; None if the present one is enough, or cannot be raised.
fn raised(limit: Rlimit, clients: usize) -> Option<u64> {
    let current = limit.current?;
    let raised = needed(clients).min(limit.maximum.unwrap_or(u64::MAX));
    (raised > current).then_some(raised)
}

/// How many of so many clients a soft limit allows.
fn allowed_by(limit: Option<u64>, clients: usize) -> usize {
    let Some(limit) = limit else { return clients };
    usize::try_from(limit.saturating_sub(RESERVED)).unwrap_or(usize::MAX).min(clients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_needed_and_allowed() {
        let limit = |current, maximum| Rlimit { current, maximum };
        let needed = 1000 + RESERVED;
        for (current, maximum, expected) in [
            (Some(1024), None, Some(needed)),
            (Some(1024), Some(1 << 20), Some(needed)),
            (Some(1024), Some(1100), Some(1100)),
            (Some(1024), Some(1024), None),
            (Some(needed), Some(1 << 20), None),
            (None, None, None),
        ] {
            assert_eq!(raised(limit(current, maximum), 1000), expected, "{current:?} of {maximum:?}");
        }
    }

    #[test]
    fn descriptors_of_the_node_are_not_counted_for_clients() {
        for (limit, allowed) in
            [(None, 1000), (Some(5000), 1000), (Some(RESERVED + 9), 9), (Some(RESERVED), 0), (Some(3), 0)]
        {
            assert_eq!(allowed_by(limit, 1000), allowed, "{limit:?}");
        }
    }
}
