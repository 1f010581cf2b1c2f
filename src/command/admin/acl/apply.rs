//! What changes the users in the state. Only log entries hold it: rules were checked, and passwords hashed, where they came from.

use std::sync::Arc;

use super::LEVEL;
use crate::command::{Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{RuleError, TrustedNames, Txn, User, Users, merge_selectors};

/// `_set name rule …`: follows rules, all or none.
pub static SET: Spec = internal("acl._set", -2, "Sets rules of a user.", set);
/// `_del name …`: takes users out.
pub static DELETE: Spec = internal("acl._del", -2, "Removes users.", delete);
/// `_load line …`: these are the users.
pub static LOAD: Spec = internal("acl._load", -1, "Replaces all users.", |txn, args| {
    let users = read(txn, args)?;
    change(txn, |present| present.replace(users));
    Ok(Reply::Ok)
});
/// `_begin line …`: the same if none were set before.
pub static BEGIN: Spec = internal("acl._begin", -1, "Sets the first users.", |txn, args| {
    if !txn.state().users.is_set() {
        let users = read(txn, args)?;
        change(txn, |present| present.replace(users));
    }
    Ok(Reply::Ok)
});

const fn internal(
    name: &'static str,
    arity: i32,
    summary: &'static str,
    run: fn(&mut Txn<'_>, &Args) -> Outcome,
) -> Spec {
    let flags = Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::INTERNAL).union(Flags::FREES);
    Spec::write(name, arity, Doc::new(Family::Server, "0.2.0", "O(N)", summary), run).flags(flags).since(LEVEL)
}

fn set(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let opens_channels = txn.state().options.opens_channels();
    let name = args.arg(1);
    let present = txn.state().users.get(name);
    let mut user = present.map_or_else(|| User::new(name, opens_channels), |user| (**user).clone());
    args.from(2)
        .try_for_each(|rule| user.set(rule, opens_channels, &TrustedNames).map_err(|why| refused(rule, why)))?;
    change(txn, |present| present.put(user));
    Ok(Reply::Ok)
}

/// The refusal of a rule.
pub(super) fn refused(rule: &[u8], why: RuleError) -> ReplyError {
    ReplyError::about("ERR Error in ACL SETUSER modifier '", rule, &format!("': {}", why.text()))
}

fn delete(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(change(txn, |present| present.remove(args.from(1))) as i64))
}

/// Changes the users, and notes in the digest what they are then: the replies do not tell.
fn change<R>(txn: &mut Txn<'_>, change: impl FnOnce(&mut Users) -> R) -> R {
    let result = change(Arc::make_mut(&mut txn.state_mut().users));
    let users = txn.state().users.clone();
    for user in users.iter() {
        txn.note(&user.id.to_le_bytes());
        txn.note(&user.line());
    }
    result
}

fn read(txn: &Txn<'_>, args: &Args) -> Result<Vec<User>, ReplyError> {
    let opens_channels = txn.state().options.opens_channels();
    let user = |line: &[u8]| {
        let mut words = line.split(|byte| *byte == b' ').skip(1);
        let mut user = User::new(words.next().unwrap_or_default(), opens_channels);
        let rules = merge_selectors(words).map_err(|_| refused(line, RuleError::Syntax))?;
        rules
            .iter()
            .try_for_each(|rule| user.set(rule, opens_channels, &TrustedNames).map_err(|why| refused(rule, why)))?;
        Ok(user)
    };
    args.from(1).map(user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Effects, Rng, State};

    #[test]
    fn users_that_differ_are_in_the_digest_though_replies_do_not() {
        let digest_of = |rules: &[&str]| {
            let (mut state, mut effects) = (State::default(), Effects::default());
            for rule in rules {
                let args = Args::from_slices([SET.name, "a", rule]);
                let mut txn = state.txn(0, Rng::new(1), &mut effects);
                assert_eq!(set(&mut txn, &args), Ok(Reply::Ok));
            }
            state.digest.finish(1);
            state.digest.value()
        };
        assert_eq!(digest_of(&["on", "~a"]), digest_of(&["on", "~a"]));
        assert_ne!(digest_of(&["on", "~a"]), digest_of(&["on", "~b"]));
    }
}
