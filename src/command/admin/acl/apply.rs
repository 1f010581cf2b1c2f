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
    Arc::make_mut(&mut txn.state_mut().users).replace(users);
    Ok(Reply::Ok)
});
/// `_begin line …`: the same if none were set before.
pub static BEGIN: Spec = internal("acl._begin", -1, "Sets the first users.", |txn, args| {
    if !txn.state().users.is_set() {
        let users = read(txn, args)?;
        Arc::make_mut(&mut txn.state_mut().users).replace(users);
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
    Arc::make_mut(&mut txn.state_mut().users).put(user);
    Ok(Reply::Ok)
}

/// The refusal of a rule.
pub(super) fn refused(rule: &[u8], why: RuleError) -> ReplyError {
    ReplyError::about("ERR Error in ACL SETUSER modifier '", rule, &format!("': {}", why.text()))
}

fn delete(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let users: &mut Users = Arc::make_mut(&mut txn.state_mut().users);
    Ok(Reply::Int(users.remove(args.from(1)) as i64))
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
