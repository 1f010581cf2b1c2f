//! What MIGRATE does: see `migrate.rs`.

use std::future::Future;
use std::io;
use std::time::Duration;

use super::{del, dump, pttl};
use crate::command::Spec;
use crate::command::context::{Node, Transaction, Watch};
use crate::config::Address;
use crate::error::ReplyError;
use crate::protocol::client::Conversation;
use crate::protocol::{Args, Reply};
use crate::store::Mark;

/// Keys that are sent together, and bytes from which no more are.
const TOGETHER_KEYS: usize = 64;
const TOGETHER_BYTES: usize = 4 << 20;
/// How often a key is read that others write to meanwhile.
const READS_MAX: usize = 5;

const CONNECTING: ReplyError = ReplyError::new("IOERR error or timeout connecting to the client");
const WRITING: ReplyError = ReplyError::new("IOERR error or timeout writing to target instance");
const READING: ReplyError = ReplyError::new("IOERR error or timeout reading to target instance");
const WRITTEN_TO: ReplyError = ReplyError::new(
    "ERR a key was written to while it was on its way: it stays here, and the target has what it was before; MIGRATE it again with REPLACE",
);

/// Where keys go, and how.
pub struct Target {
    /// Host of the other server.
    pub host: String,
    /// Its port; 0: there is none.
    pub port: u16,
    /// Its database.
    pub db: i64,
    /// How long each step may take.
    pub timeout: Duration,
    /// Arguments of AUTH.
    pub auth: Option<Vec<Vec<u8>>>,
    /// Keys stay here too.
    pub copies: bool,
    /// Keys of the same names there are replaced.
    pub replaces: bool,
}

/// A key as it was read.
struct Taken {
    watch: Watch,
    payload: bytes::Bytes,
    /// What it has left to live, ms; 0: for ever.
    ttl_ms: i64,
}

/// Moves keys of a database.
///
/// # Errors
/// Redis's texts for what the network and the target refuse; ours for a key that was written to meanwhile. The first counts; what could
/// be moved is.
pub async fn migrate(node: &dyn Node, db: usize, keys: Vec<Vec<u8>>, target: Target) -> Result<Reply, ReplyError> {
    let mut keys = keys.into_iter().peekable();
    let mut open: Option<Conversation> = None;
    let mut first_error = None;
    while keys.peek().is_some() {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < TOGETHER_KEYS && bytes < TOGETHER_BYTES {
            let Some(key) = keys.next() else { break };
            if let Some(one) = take(node, db, key).await? {
                bytes += one.payload.len();
                taken.push(one);
            }
        }
        if taken.is_empty() {
            continue;
        }
        let conversation = match &mut open {
            Some(conversation) => conversation,
            None => open.insert(connect(node, &target).await?),
        };
        if let Err(error) = hand_over(node, db, conversation, &target, taken).await? {
            first_error.get_or_insert(error);
        }
    }
    match (first_error, open) {
        (Some(error), _) => Err(error),
        (None, Some(_)) => Ok(Reply::Ok),
        // None of the keys is there.
        (None, None) => Ok(Reply::simple("NOKEY")),
    }
}

/// Reads a key as it is at one moment, with the mark of that; None if it is not there.
async fn take(node: &dyn Node, db: usize, key: Vec<u8>) -> Result<Option<Taken>, ReplyError> {
    for _ in 0..READS_MAX {
        let asked = Watch::unread(db as u8, key.clone().into());
        let Some(watch) = node.watch(vec![asked]).await?.pop() else { return Ok(None) };
        if !matches!(watch.mark, Mark::Present { .. }) {
            return Ok(None);
        }
        let queue = [&dump::SPEC, &pttl::SPEC].map(|spec| (spec, of_key(spec, &key)));
        match node.transact(db, Transaction { queue: queue.to_vec(), watches: vec![watch.clone()] }).await {
            // Another write came between.
            Reply::NilArray => {}
            Reply::Error(error) => return Err(error),
            Reply::Array(replies) => match replies.as_slice() {
                [Reply::Error(error), ..] => return Err(error.clone()),
                [Reply::Bulk(payload), Reply::Int(left_ms)] => {
                    let ttl_ms = if *left_ms < 0 { 0 } else { (*left_ms).max(1) };
                    return Ok(Some(Taken { watch, payload: payload.clone(), ttl_ms }));
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        }
    }
    Err(ReplyError::new("ERR a key is written to so often that it cannot be read in peace"))
}

fn of_key(spec: &'static Spec, key: &[u8]) -> Args {
    Args::from_slices([spec.name.as_bytes(), key])
}

/// Of a step that takes no longer than it may.
async fn in_time<T>(
    timeout: Duration,
    what: impl Future<Output = io::Result<T>>,
    otherwise: &ReplyError,
) -> Result<T, ReplyError> {
    match tokio::time::timeout(timeout, what).await {
        Ok(Ok(done)) => Ok(done),
        _ => Err(otherwise.clone()),
    }
}

async fn connect(node: &dyn Node, target: &Target) -> Result<Conversation, ReplyError> {
    // Redis finds out that nobody listens when it writes.
    let addr = Address::at(&target.host, target.port).ok_or(WRITING)?.to_string();
    let stream = match tokio::time::timeout(target.timeout, node.connect(&addr)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => return Err(WRITING),
        _ => return Err(CONNECTING),
    };
    let mut conversation = Conversation::new(stream);
    let select = vec![b"SELECT".to_vec(), target.db.to_string().into_bytes()];
    let auth = target.auth.iter().map(|auth| [vec![b"AUTH".to_vec()], auth.clone()].concat());
    for command in auth.chain([select]) {
        conversation.add(&command);
        in_time(target.timeout, conversation.send(), &WRITING).await?;
        if let Reply::Error(error) = in_time(target.timeout, conversation.answer(), &READING).await? {
            return Err(of_target(&error));
        }
    }
    Ok(conversation)
}

fn of_target(error: &ReplyError) -> ReplyError {
    ReplyError::text([b"ERR Target instance replied with error: ", error.as_bytes()].concat())
}

/// Sends keys, and deletes here what has arrived. The inner error is about single keys, and those behind them may still go; after the outer
/// one nothing more is sent.
async fn hand_over(
    node: &dyn Node,
    db: usize,
    conversation: &mut Conversation,
    target: &Target,
    taken: Vec<Taken>,
) -> Result<Result<(), ReplyError>, ReplyError> {
    let restore: &[u8] = if node.settings().cluster_enabled { b"RESTORE-ASKING" } else { b"RESTORE" };
    for Taken { watch, payload, ttl_ms } in &taken {
        let ttl = ttl_ms.to_string();
        let mut command = vec![restore, &watch.key, ttl.as_bytes(), payload];
        command.extend(target.replaces.then_some(&b"REPLACE"[..]));
        conversation.add(&command);
    }
    in_time(target.timeout, conversation.send(), &WRITING).await?;
    let mut outcome = Ok(());
    for Taken { watch, .. } in taken {
        if let Reply::Error(error) = in_time(target.timeout, conversation.answer(), &READING).await? {
            outcome = outcome.and(Err(of_target(&error)));
        } else if !target.copies {
            outcome = outcome.and(delete(node, db, watch).await);
        }
    }
    Ok(outcome)
}

/// Deletes a key if it is as it was.
async fn delete(node: &dyn Node, db: usize, watch: Watch) -> Result<(), ReplyError> {
    let del = (&del::SPEC, of_key(&del::SPEC, &watch.key));
    match node.transact(db, Transaction { queue: vec![del], watches: vec![watch] }).await {
        Reply::Array(_) => Ok(()),
        Reply::Error(error) => Err(error),
        _ => Err(WRITTEN_TO),
    }
}
