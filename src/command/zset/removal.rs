//! Removing a range: ZREMRANGEBYRANK and its kin.

use std::ops::Range;

use super::member_work;
use crate::command::Outcome;
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, ELEMENT_UNITS, Txn, ZSet};

/// Removes what stands at the ranks that `ranks` finds.
pub(super) fn run(txn: &mut Txn<'_>, args: &Args, ranks: impl Fn(&ZSet) -> Range<usize>) -> Outcome {
    member_work::announce(txn, args.arg(1), |set| set.lookup_units() + ranks(set).len() as u64 * ELEMENT_UNITS)?;
    // The whole of a large set goes with its key: it is freed in the background.
    let whole = |set: &&ZSet| set.is_large() && ranks(set).len() == set.len();
    if let Some(len) = txn.typed::<ZSet>(args.arg(1))?.filter(whole).map(ZSet::len) {
        txn.tell_of(args.arg(1));
        txn.remove(args.arg(1));
        return Ok(Reply::Int(len as i64));
    }
    let removed = txn.edit(args.arg(1), Create::No, |set: &mut ZSet| {
        let ranks = ranks(set);
        let removed = ranks.len();
        set.remove_range(ranks);
        Ok((removed as i64, Changed(removed > 0)))
    })?;
    Ok(Reply::Int(removed.unwrap_or_default()))
}
