//! Nodes that are gone: the leader ends the boot of a node that it has heard nothing of for `node-timeout-ms` (design 3, Who is gone), and with
//! it what its clients wait for.
//!
//! Invariant: a leader counts from its election at the earliest: what another one has heard it does not know. A node that comes back finds
//! its boot ended in the log, and makes a new one.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Group;
use crate::executor::apply::WAITERS_LEVEL;
use crate::executor::entry::{Content, encode};

const EVERY_MIN: Duration = Duration::from_millis(20);
const EVERY_MAX: Duration = Duration::from_millis(500);

/// Ends the boots of absent nodes while this node leads, until the future is dropped.
pub async fn watch_absence(group: Arc<Group>) {
    let mut led = None;
    loop {
        let timeout = group.node_timeout();
        tokio::time::sleep((timeout / 20).clamp(EVERY_MIN, EVERY_MAX)).await;
        let Some(leader) = group.leader().filter(|_| group.leads()) else {
            led = None;
            continue;
        };
        let since = match led {
            Some((known, since)) if known == leader => since,
            _ => {
                led = Some((leader, Instant::now()));
                continue;
            }
        };
        if since.elapsed() < timeout || group.level() < WAITERS_LEVEL {
            continue;
        }
        for (boot, node) in group.executor.boots().await {
            let is_heard = group.links.silence(node).is_some_and(|silence| silence < timeout);
            if node == group.node || is_heard {
                continue;
            }
            tracing::warn!(node = group.node, peer = node, boot, "a node is absent: what its clients wait for ends");
            group.propose_own(encode(&Content::Absent { boot })).await;
        }
    }
}
