//! How a node that waits (`--must-join`) is called into a cluster, and how the member that RAFT.ADD was given to finds out which node
//! that is.
//!
//! Invariant: a node is known by the nonce of its directory, whatever name it was reached by. What RAFT.ADD records and waits for goes by
//! it, so it cannot mean another node, nor miss this one.

use std::sync::OnceLock;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::command::context::Found;
use crate::protocol::Reply;
use crate::protocol::client::ask;
use crate::sys::env::Env;

const COMMAND: &str = "RAFT.INVITE";

/// The calls that reach this node. The last one counts: the member that called before may be gone.
#[derive(Debug, Default)]
pub struct Invitations {
    nonce: OnceLock<u64>,
    calls: Mutex<Option<watch::Sender<Option<String>>>>,
}

impl Invitations {
    /// Makes known which node this is, once.
    pub fn set_nonce(&self, nonce: u64) {
        // A node's nonce never changes.
        let _ = self.nonce.set(nonce);
    }

    /// The nonce of this node's directory, once it is known.
    pub fn nonce(&self) -> Option<u64> {
        self.nonce.get().copied()
    }

    /// Takes calls from now on, until the receiver is dropped: client addresses of members to join through.
    pub fn wait(&self) -> watch::Receiver<Option<String>> {
        let (sender, receiver) = watch::channel(None);
        *self.calls.lock() = Some(sender);
        receiver
    }

    /// True while somebody waits for a call.
    pub fn are_awaited(&self) -> bool {
        self.calls.lock().as_ref().is_some_and(|calls| !calls.is_closed())
    }

    /// Takes a call to join through the member at a client address; false if nobody waits for one.
    pub fn called(&self, through: &str) -> bool {
        self.calls.lock().as_ref().is_some_and(|calls| calls.send(Some(through.into())).is_ok())
    }

    /// Asks which node is at a client address.
    ///
    /// # Errors
    /// The network's, or what is there does not say.
    pub async fn ask_who(env: &Env, addr: &str, password: &str) -> Result<Found, String> {
        let reply = ask(env, addr, password, &[COMMAND.to_owned()]).await.map_err(|error| error.to_string())?;
        found(&reply).ok_or_else(|| "its answer cannot be understood".into())
    }

    /// Tells the node that waits at `addr` to join through the member at `own_addr`.
    ///
    /// # Errors
    /// The network's, or the node's refusal.
    pub async fn call(env: &Env, addr: &str, password: &str, own_addr: &str) -> Result<(), String> {
        let command = [COMMAND.to_owned(), own_addr.to_owned()];
        ask(env, addr, password, &command).await.map(drop).map_err(|error| error.to_string())
    }
}

fn found(reply: &Reply) -> Option<Found> {
    let Reply::Array(items) = reply else { return None };
    let text = |at: usize| match items.get(at) {
        Some(Reply::Bulk(bytes)) => std::str::from_utf8(bytes).ok(),
        _ => None,
    };
    Some(Found { nonce: text(0)?.parse().ok()?, cluster: text(1)?.into() })
}
