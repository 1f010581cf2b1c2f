//! What the subcommands of XINFO share.

use crate::command::{KeyFlags, KeySpec};
use crate::error::{NO_SUCH_KEY, ReplyError};
use crate::protocol::Args;
use crate::store::{Stream, View};

/// The key of the subcommands.
pub(super) const KEY: KeySpec = KeySpec::range(2, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS));

/// The stream.
///
/// # Errors
/// WRONGTYPE; or there is no such key.
pub(super) fn stream<'a>(view: &View<'a>, args: &Args) -> Result<&'a Stream, ReplyError> {
    view.typed::<Stream>(args.arg(2))?.ok_or(NO_SUCH_KEY)
}
