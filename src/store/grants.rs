//! Which hold of a lock each request was granted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::WaiterId;

/// Of each request that was granted a hold, and holds it still: its database and key.
pub(super) type Grants = BTreeMap<WaiterId, (u8, Arc<[u8]>)>;
