//! Redis Cluster's rule that all keys of a request are in one slot, which holds with `cluster-enabled`.

use super::{BeginSearch, FindKeys, Spec, keys_of};
use crate::error::{CROSS_SLOT, ReplyError};
use crate::protocol::Args;
use crate::store::slot;

/// The slot of the commands looked at so far; None: they have no keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OneSlot(pub Option<u16>);

impl OneSlot {
    /// Looks at the keys of one more command.
    ///
    /// # Errors
    /// CROSSSLOT if one is in another slot than those before it.
    pub fn add(&mut self, spec: &Spec, args: &Args) -> Result<(), ReplyError> {
        if spec.keys.is_empty() && spec.given_keys.is_none() {
            return Ok(());
        }
        // Arguments that do not fit are refused by the command itself.
        for (at, _) in keys_of(spec, args).unwrap_or_default() {
            let slot = slot(args.arg(at));
            if *self.0.get_or_insert(slot) != slot {
                return Err(CROSS_SLOT);
            }
        }
        Ok(())
    }
}

/// Refuses what Redis Cluster refuses of a command that stands alone.
///
/// # Errors
/// CROSSSLOT, or [`Spec::cluster_check`]'s.
pub fn check_in_cluster(spec: &Spec, args: &Args) -> Result<(), ReplyError> {
    if !has_one_key(spec) {
        OneSlot::default().add(spec, args)?;
    }
    spec.cluster_check.map_or(Ok(()), |check| check(args))
}

/// True if its keys are the same one argument, whatever its arguments are: most commands are so.
fn has_one_key(spec: &Spec) -> bool {
    spec.given_keys.is_none()
        && matches!(
            spec.keys,
            [one] if matches!((one.begin, one.find), (BeginSearch::Index(_), FindKeys::Range { last: 0, .. }))
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Caller, check};

    fn told(line: &str) -> String {
        let args = Args::from_slices(crate::protocol::parse::split_inline(line.as_bytes()).unwrap());
        let spec = check(Caller::Client, &args).unwrap();
        check_in_cluster(spec, &args).map_or_else(|error| error.to_string(), |()| "passes".into())
    }

    #[test]
    fn keys_of_several_slots_are_refused_wherever_they_stand() {
        for command in [
            "MGET a b",
            "MSET a 1 b 2",
            "DEL {a}1 {b}1",
            "RENAME a b",
            "LMOVE a b LEFT RIGHT",
            "BLPOP a b 0",
            "ZUNIONSTORE a 2 {a}1 b",
            "EVAL x 2 a b",
            "FCALL f 2 a b",
            "XREAD STREAMS a b 0 0",
            "SORT a STORE b",
            "WATCH a b",
            "SSUBSCRIBE a b",
            "LOCK.MULTI 2 a b owner PX 1000",
            "COPY a b",
        ] {
            assert_eq!(told(command), "CROSSSLOT Keys in request don't hash to the same slot", "{command}");
        }
    }

    #[test]
    fn keys_of_one_slot_pass_and_so_does_what_has_no_keys_or_wrong_ones() {
        for command in [
            "MGET a a",
            "MGET {a}1 {a}2 a",
            "GET a",
            "EVAL x 0 a b",
            "EVAL x 3 a b",
            "EVAL x y a b",
            "XREAD STREAMS a b",
            "SUBSCRIBE a b",
            "SELECT 0",
            "SELECT x",
            "SELECT 99999999999",
            "COPY a {a} DB 0",
            "COPY a {a} DB x",
            "PING",
        ] {
            assert_eq!(told(command), "passes", "{command}");
        }
    }

    #[test]
    fn other_databases_are_refused() {
        for (command, text) in [
            ("SELECT 1", "ERR SELECT is not allowed in cluster mode"),
            ("SELECT -1", "ERR SELECT is not allowed in cluster mode"),
            ("MOVE a 1", "ERR MOVE is not allowed in cluster mode"),
            ("SWAPDB 0 1", "ERR SWAPDB is not allowed in cluster mode"),
            ("COPY a {a}b DB 1", "ERR Copying to another database is not allowed in cluster mode"),
        ] {
            assert_eq!(told(command), text, "{command}");
        }
    }

    #[test]
    fn sort_looks_up_keys_of_its_own_slot_only() {
        let denied = |option: &str| {
            format!(
                "ERR {option} option of SORT denied in Cluster mode when keys formed by the pattern may be in different slots."
            )
        };
        for (command, text) in [
            ("SORT a BY w_*", denied("BY")),
            ("SORT a BY {b}*", denied("BY")),
            ("SORT a GET w_*", denied("GET")),
            ("SORT a GET {a}* GET {b}*", denied("GET")),
            ("SORT_RO a BY w_*->f", denied("BY")),
            ("SORT a BY {a}w_*", "passes".into()),
            ("SORT a BY nosort", "passes".into()),
            ("SORT a GET {a}* GET #", "passes".into()),
            ("SORT a LIMIT x y", "passes".into()),
        ] {
            assert_eq!(told(command), text, "{command}");
        }
    }
}
