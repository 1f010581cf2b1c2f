//! The options of the node.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::config::Settings;
use crate::store::Options;

/// Options of this node, and the replicated ones.
pub trait Configuration: Send + Sync {
    /// The node's own options as they are now.
    fn settings(&self) -> Arc<Settings>;
    /// Takes changed options into use, all at once.
    fn change_settings(&self, settings: Settings);
    /// Makes room for so many clients; how many there is room for.
    fn make_room(&self, clients: usize) -> usize;
    /// The replicated options, as far as the log is applied here.
    fn options(&self) -> BoxFuture<'_, Options>;
    /// Writes the settings that differ into the file.
    ///
    /// # Errors
    /// Why it cannot be read or written.
    fn rewrite(&self, path: PathBuf, settings: Arc<Settings>) -> BoxFuture<'_, Result<(), String>>;
}
