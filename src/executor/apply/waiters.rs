//! Commands that wait: how they begin to, and how they are served.
//!
//! Invariants
//! - A command waits if its first attempt says so, which has changed nothing but what its spec has for that
//!   ([`Blocking::found_nothing`]); it is attempted again only when one of its keys is ready.
//! - Served is in the order in which keys became ready, and per key in the order of its queue, after a whole command of a batch (a
//!   transaction or a script is one): nobody is served half of it. What one served waiter does may make other keys ready; these follow.
//! - Of those that are served in turn (for locks) nobody is served behind one that is not, unless with what its owner holds already: when
//!   one is served, its owner's other waits for the same are tried at once.
//! - One look at a key goes once through those who waited for it then: it ends, whatever they do.

use crate::command::{Blocking, Caller, Run, Wait, check_at};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::steps::{Step, step};
use crate::store::{Effects, Rng, State, Txn, Waiter, WaiterId};

/// A deadline beyond what Redis can count.
const OUT_OF_RANGE: ReplyError = ReplyError::new("ERR timeout is out of range");

const CANNOT_WAIT: ReplyError = ReplyError::new("ERR the command cannot wait");

/// What came of a command that may wait.
pub(super) enum Ran {
    Answered(Reply),
    /// Under this name, until then (cluster time, ms; 0 = for ever).
    Waits(WaiterId, u64),
}

/// Runs a command, or lets it wait.
pub(super) fn run_or_wait(blocking: Blocking, txn: &mut Txn<'_>, args: &Args) -> Ran {
    match begin(blocking, txn, args) {
        Ok(ran) => ran,
        Err(error) => Ran::Answered(Reply::Error(error)),
    }
}

fn begin(blocking: Blocking, txn: &mut Txn<'_>, args: &Args) -> Result<Ran, ReplyError> {
    let Wait { keys, timeout_ms, session, claim } = (blocking.wait)(args)?;
    let deadline_ms = match timeout_ms {
        0 => 0,
        _ => txn.now_ms().checked_add(timeout_ms).filter(|at| *at <= i64::MAX as u64).ok_or(OUT_OF_RANGE)?,
    };
    if let Some(reply) = (blocking.attempt)(txn, args)? {
        return Ok(Ran::Answered(reply));
    }
    let instead = blocking.found_nothing.and_then(|found_nothing| found_nothing(txn, args));
    let Some(id) = txn.asker().filter(|_| !keys.is_empty()) else {
        return Ok(Ran::Answered((blocking.nothing)()));
    };
    // A copy of its own: the arguments are part of a whole entry.
    let args = instead.unwrap_or_else(|| Args::from_slices(args.iter()));
    let (db, since_ms, from) = (txn.db_index() as u8, txn.now_ms(), txn.client_addr());
    let waiter = Waiter { db, args, keys, wants: blocking.wants, claim, since_ms, deadline_ms, session, from };
    txn.wait(id, waiter)?;
    Ok(Ran::Waits(id, deadline_ms))
}

/// Serves those who wait for keys that are ready. `position` is that of the command that made them so.
pub(super) fn serve(state: &mut State, index: u64, position: u64, effects: &mut Effects) {
    let is_counting = std::mem::replace(&mut effects.is_counting, false);
    let author = effects.author;
    let mut turn = Turn { index, position, served: 0 };
    while let Some((db, key)) = state.next_ready() {
        let last = state.waiters().last_ticket();
        let (mut behind, mut is_held) = (0, false);
        while let Some((ticket, id)) = state.waiters().next_of(db, &key, behind).filter(|(ticket, _)| *ticket <= last) {
            let is_first = behind == 0;
            behind = ticket;
            let Some((_, waiter)) = state.waiters().get(id) else { continue };
            let waiter = waiter.clone();
            let type_name = state.db(db.into()).get(&key).map(|entry| entry.value().type_name());
            let in_turn = state.waiters().in_turn_of(db, &key);
            match type_name {
                _ if is_first && in_turn > 1 && crate::planted::is("a lock passes over who has waited longest") => {
                    continue;
                }
                None if !state.waiters().is_end_awaited(db, &key) => break,
                None if !waiter.wants.is_for_end() => continue,
                Some(name) if !waiter.wants.accepts(name) => continue,
                _ if is_held && waiter.wants.is_in_turn() => continue,
                _ => {}
            }
            if turn.serves(state, id, &waiter, effects) {
                for id in state.waits_for_own(&waiter) {
                    let Some((_, waiter)) = state.waiters().get(id) else { continue };
                    turn.serves(state, id, &waiter.clone(), effects);
                }
            } else if waiter.wants.is_in_turn() {
                is_held = true;
                if in_turn == state.waiters().len_of(db, &key) {
                    break;
                }
            }
        }
    }
    (effects.is_counting, effects.author) = (is_counting, author);
}

/// What those who are served after one command have their random numbers from.
struct Turn {
    index: u64,
    position: u64,
    served: u64,
}

impl Turn {
    /// Attempts a waiter's command again: true if that ends its wait.
    fn serves(&mut self, state: &mut State, id: WaiterId, waiter: &Waiter, effects: &mut Effects) -> bool {
        let rng = Rng::of_command(self.index, self.position ^ (1 << 62) ^ (self.served << 32));
        effects.author = id.connection;
        let reply = state.attempt(id, waiter.db.into(), rng, effects, |txn| attempt(txn, &waiter.args));
        let Some(reply) = reply else { return false };
        self.served += 1;
        state.end_wait(id, reply, effects);
        true
    }
}

fn attempt(txn: &mut Txn<'_>, args: &Args) -> Option<Reply> {
    step(Step::Attempt);
    match check_at(txn.state().cluster.level, Caller::Log, args).map(|spec| spec.run) {
        Ok(Run::Blocking(blocking)) => (blocking.attempt)(txn, args).unwrap_or_else(|error| Some(error.into())),
        // No state says so: what waits is a command that may.
        Ok(_) => Some(CANNOT_WAIT.into()),
        Err(error) => Some(error.into()),
    }
}
