//! A node with an empty directory asks a member for a place in its cluster, as any client would, until it succeeds.

use std::io;
use std::time::Duration;

use tokio::sync::watch;

use super::{addresses, not_understood, text};
use crate::node::ports::Addresses;
use crate::protocol::Reply;
use crate::protocol::client::ask;
use crate::sys::env::Env;

/// Pause between two tries.
const RETRY: Duration = Duration::from_millis(500);

/// What a node says of itself to a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Applicant<'a> {
    /// Of its directory.
    pub nonce: u64,
    /// Where it is.
    pub addrs: &'a Addresses,
}

/// What a member says to a node that joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Admission {
    /// Cluster id.
    pub cluster: u128,
    /// The node's id; 0 = it gets none, because it does not know the level.
    pub node: u64,
    /// Feature level of the state.
    pub level: u32,
    /// (id, peer address) of the members.
    pub peers: Vec<(u64, String)>,
}

/// Asks the member whose client address `through` gives, the latest one there, until it admits this node; the log says why it does not.
pub(super) async fn ask_until_admitted(
    env: &Env,
    mut through: watch::Receiver<Option<String>>,
    password: &str,
    applicant: Applicant<'_>,
) -> Admission {
    let mut told = (String::new(), String::new());
    loop {
        // The sender lives as long as the server, or has left the one address that there is.
        let at = through.wait_for(Option::is_some).await.ok().and_then(|addr| addr.clone()).unwrap_or_default();
        match ask_once(env, &at, password, applicant).await {
            Ok(admission) => return admission,
            Err(error) => {
                let now = (at, error.to_string());
                if now != told {
                    tracing::warn!(addr = now.0, error = now.1, "cannot join yet, asking again");
                    told = now;
                }
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

async fn ask_once(env: &Env, through: &str, password: &str, applicant: Applicant<'_>) -> io::Result<Admission> {
    let Applicant { nonce, addrs } = applicant;
    let (nonce, level) = (nonce.to_string(), env.level.to_string());
    let command = ["RAFT.JOIN".to_owned(), nonce, addrs.peer.clone(), addrs.client.clone(), level];
    admission(&ask(env, through, password, &command).await?).ok_or_else(not_understood)
}

fn admission(reply: &Reply) -> Option<Admission> {
    let Reply::Array(items) = reply else { return None };
    Some(Admission {
        cluster: u128::from_str_radix(&text(items.first()?)?, 16).ok()?,
        node: text(items.get(1)?)?.parse().ok()?,
        level: text(items.get(2)?)?.parse().ok()?,
        peers: addresses(items.get(3)?)?,
    })
}
