//! The replicated state, as session commands reach it.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{Client, Spec, Tracked, TrackingFigures, Transaction, Watch};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::SubscriptionKind;

/// See the module's header.
pub trait Data: Send + Sync {
    /// Runs a command of the log or the store for the node itself, as if a client had sent it.
    fn execute(&self, spec: &'static Spec, args: Args) -> BoxFuture<'_, Reply>;
    /// Runs a command on a database, as if a client had sent it there: refused as the gate would, for want of memory or disk too.
    fn execute_on(&self, db: usize, spec: &'static Spec, args: Args) -> BoxFuture<'_, Reply>;
    /// Runs commands of the store on a database as one transaction: an array of replies; the null array if a watched key has changed.
    fn transact(&self, db: usize, transaction: Transaction) -> BoxFuture<'_, Reply>;
    /// The marks that WATCH remembers of keys, read linearizably.
    ///
    /// # Errors
    /// LOADING if there is no leader within the deadline.
    fn watch(&self, keys: Vec<Watch>) -> BoxFuture<'_, Result<Vec<Watch>, ReplyError>>;
    /// Of each set of watched keys, whether one has changed since as far as the log is applied here.
    fn have_changed(&self, watched: Vec<Arc<[Watch]>>) -> BoxFuture<'_, Vec<bool>>;
    /// The databases that hold keys.
    fn databases(&self) -> BoxFuture<'_, Vec<DatabaseFacts>>;
    /// How many scripts are loaded, and their bytes.
    fn scripts(&self) -> BoxFuture<'_, (usize, usize)>;
    /// How many libraries of functions there are, how many functions, and their bytes.
    fn libraries(&self) -> BoxFuture<'_, (usize, usize, usize)>;
    /// How many keys clients of any node wait for, and of how many of those an end would be told too.
    fn waited_keys(&self) -> BoxFuture<'_, (usize, usize)>;
    /// Ends all subscriptions of a connection of this node, by its command of this number.
    fn end_subscriptions(&self, connection: u64, number: u64) -> BoxFuture<'_, Reply>;
    /// Ends what is bound to a connection of this node, by its command of this number.
    fn leave(&self, connection: u64, number: u64) -> BoxFuture<'_, Reply>;
    /// Whether a connection of this node is told from now on when its holds of locks end.
    fn notify_of_locks(&self, client: &Arc<Client>, is_notified: bool);
    /// Whether a connection of this node is shown the commands of its clients from now on.
    ///
    /// # Errors
    /// LOADING while the node has no place in a group.
    fn monitor(&self, client: &Arc<Client>, is_monitoring: bool) -> Result<(), ReplyError>;
    /// How a connection of this node is told from now on when keys change; None: it is not. False: there is no client at this node that was to be told in its
    /// place.
    fn track(&self, client: &Arc<Client>, tracked: Option<Tracked>) -> bool;
    /// How many do, and of what.
    fn tracking_figures(&self) -> TrackingFigures;
    /// How many channels, patterns and shard channels anybody is subscribed to.
    fn subscriptions(&self) -> BoxFuture<'_, [usize; SubscriptionKind::ALL.len()]>;
    /// Stops the functions, or else the scripts, that read on this node.
    ///
    /// # Errors
    /// None runs that can be stopped so.
    fn stop_scripts(&self, functions: bool) -> Result<(), ReplyError>;
    /// The function that reads on this node, and has run for longest: its command, and for how many ms.
    fn running_function(&self) -> Option<(Args, u64)>;
    /// How far the log is applied here, and the digest of the state there.
    ///
    /// # Errors
    /// LOADING without a group.
    fn digest(&self) -> BoxFuture<'_, Result<(u64, u64), ReplyError>>;
}

/// What INFO keyspace shows of a database.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseFacts {
    /// Its index.
    pub index: usize,
    /// Keys.
    pub keys: usize,
    /// Keys with a deadline.
    pub expires: usize,
    /// What those have left on average, ms.
    pub average_ttl_ms: u64,
    /// Hashes with fields that end.
    pub timed_hashes: usize,
}
