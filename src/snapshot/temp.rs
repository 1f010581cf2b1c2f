//! A file that is not a snapshot yet.

use std::io;
use std::sync::Arc;

use super::{Opened, SnapshotStore};

/// A file under way: removed when dropped, renamed by then if it was published.
pub(super) struct Temp {
    pub(super) store: Arc<dyn SnapshotStore>,
    pub(super) name: String,
}

impl Temp {
    /// The file from its start.
    pub fn open(&self) -> io::Result<Opened> {
        self.store.open(&self.name)
    }

    /// The file as messages name it.
    pub fn file(&self) -> String {
        self.store.describe(&self.name)
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        // The next start removes what cannot be removed now.
        let _ = self.store.remove(&self.name);
    }
}
