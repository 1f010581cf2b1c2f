//! Running a committed entry on the state.
//!
//! Invariants
//! - The state after an entry is a function of the state before and the entry: no clock, no I/O, nothing of the node. What only the
//!   origin does (reads of a group, replies) changes neither state nor digest.
//! - A batch runs if its boot exists and its seq is the next one, or if it is the leader's own (boot 0); else it only advances
//!   the clock: on every node alike.
//! - Entries are applied in log order without gaps; an entry that cannot be decoded stops the node, and so does one behind which the
//!   state would be of a feature level that the node's binary does not know ([`level_behind`], asked before anything is changed).
//!
//! # Feature levels
//!
//! Invariant: on a state of level m, a command line does what it does in the binary that knows m and no more, in an entry, in EXEC and in
//! a script alike. What came later is unknown there, with the answer that such a binary gives to any name that it does not know
//! ([`Single::spec_at`], the scripts' host), or to arguments that it cannot read ([`Spec::newer_form`](crate::command::Spec::newer_form)).
//! So nodes of several versions stay the same, whatever stands in an entry: the level of a state is no property of a node. It rises by
//! [`Content::Raise`] alone, never falls, and no binary gets behind a level that it does not know.
//!
//! That a client is not told so little has a reason of its own: no entry with a command of level n precedes the raise to n in the log. It
//! gets there by a connection's batch, a command of the node itself, or the leader's own batch. Each is made only after its node has
//! applied the raise (`server/dispatch.rs`, `Router::execute`; the leader's own have no command of a later level), so the raise is
//! committed by then, at an index that is taken: what is proposed later gets a higher one, wherever and by whomever it is proposed. What
//! happens to the state in between does not matter, because its level does not fall.
//!
//! An old binary comes to no harm either: the leader proposes the raise when every member has said in its handshake that it knows the
//! level (`replication/membership.rs`). A node that is started with an older binary after that stops at the raise, at the snapshot behind
//! it, or where it calls.

use crate::command::{Blocking, Run};
use crate::error::ReplyError;
use crate::protocol::Reply;
use crate::store::{Effects, Member, Origins, PREFETCH_KEYS, Rng, State, Victim, WaiterId};

use super::entry::Content;
use super::prepare::{PreparedEntry, Ready, Single};
use super::{Asker, CommandGroup, Exec, Slot, Step, StepReply, Watch, run_write};
pub use reads::unchanged;
use reads::{read, read_exec, read_in_exec};
use waiters::{Ran, run_or_wait, serve};

mod reads;
mod waiters;

/// The feature level since which commands wait in the state.
pub const WAITERS_LEVEL: u32 = 3;
/// The feature level since which keys are evicted.
const EVICTION_LEVEL: u32 = 3;
/// Most of what is due that one entry ends: one of commands, and a tick. What clients ask for meanwhile waits for no more than that: a lock's
/// end takes some microseconds, on all nodes at once.
const SWEEP_MAX: usize = 200;
const SWEEP_TICK_MAX: usize = 1000;
/// The same of a tick, below this feature level.
const SWEEP_TICK_LEVEL: u32 = 3;
const LARGE_SWEEP_TICK_MAX: usize = 5000;
/// More revisions than the lost nodes can have committed without this one: fencing tokens stay above those that they gave.
pub const LOST_REVISIONS: u64 = 1 << 36;

/// The result of applying an entry.
#[derive(Debug, Default)]
pub struct EntryOutcome {
    /// Side effects on this node, executed once the gate is released.
    pub effects: Effects,
    /// Replies for the groups that this node submitted.
    pub answers: Vec<(CommandGroup, Vec<StepReply>)>,
    /// Groups whose command waits from now on, under which name and until when (cluster time, ms; 0 = for ever).
    pub waiting: Vec<(WaiterId, u64, CommandGroup)>,
    /// A boot that this entry made: (node, nonce, boot).
    pub booted: Option<(u64, u64, u64)>,
    /// A boot that this entry ended.
    pub ended: Option<u64>,
    /// Of an entry with victims: its number, and whether the leader finds no more.
    pub eviction: Option<(u64, bool)>,
    /// True if a batch was applied and not a no-op.
    pub accepted: bool,
}

/// Applies `entry`, which stands at `index`. `own` gives the groups that this node submitted in the batch, if it is one of
/// its own.
pub fn apply(
    state: &mut State,
    index: u64,
    entry: PreparedEntry,
    own: impl FnOnce(u64, u64) -> Option<Vec<CommandGroup>>,
) -> EntryOutcome {
    let mut outcome = EntryOutcome::default();
    outcome.effects.is_tracked = entry.is_tracked;
    outcome.effects.audit = entry.is_audited.then(Vec::new);
    let level = level_behind(state, &entry.content);
    state.advance_clock(entry.stamp.now_ms);
    let sweep_max = match entry.content {
        Content::Tick if state.cluster.level < SWEEP_TICK_LEVEL => LARGE_SWEEP_TICK_MAX,
        Content::Tick => SWEEP_TICK_MAX,
        _ => SWEEP_MAX,
    };
    for _ in 0..sweep_max {
        if !state.end_first_due(&mut outcome.effects) {
            break;
        }
        // At once: what is due later may be the end of a wait whose turn has come by this.
        serve(state, index, 0, &mut outcome.effects);
    }
    match entry.content {
        Content::Create { cluster, nonce, peer_addr, client_addr, revision, level, options } => {
            if !state.cluster.is_created() {
                state.cluster.id = cluster;
                state.cluster.raise(level);
                state.cluster.join(nonce, &peer_addr, &client_addr);
                state.raise_revision(revision);
                for (name, value) in options {
                    state.options.set(&name, value);
                }
            }
        }
        Content::Recreate { cluster, node, nonce, peer_addr, client_addr, revision, level } => {
            state.cluster.recreate(cluster, level, node, Member::new(nonce, &peer_addr, &client_addr));
            let boots: Vec<u64> = state.origins.iter().map(|(boot, _)| boot).collect();
            boots.into_iter().for_each(|boot| state.end_all_of_boot(boot, &mut outcome.effects));
            state.origins = Origins::default();
            let lost =
                if crate::planted::is("a new cluster goes on with the lost one's tokens") { 0 } else { LOST_REVISIONS };
            state.raise_revision(revision.max(state.revision() + lost));
        }
        Content::Boot { node, nonce } if state.cluster.is_created() => {
            let (boot, ended) = state.origins.boot(index, node, nonce);
            outcome.booted = Some((node, nonce, boot));
            outcome.ended = ended;
            ended.into_iter().for_each(|boot| state.end_all_of_boot(boot, &mut outcome.effects));
            state.end_connections_before(node, boot, &mut outcome.effects);
        }
        Content::EndBoot { boot } => {
            if let Some(node) = end_boot(state, boot, &mut outcome) {
                state.end_connections_of_boot(node, boot, &mut outcome.effects);
            }
        }
        Content::Evict { number, is_none_left, victims } if state.cluster.level >= EVICTION_LEVEL => {
            for victims in victims.chunks(PREFETCH_KEYS) {
                state.prefetch(victims.iter().map(Victim::about));
                victims.iter().for_each(|victim| state.evict(victim, &mut outcome.effects));
            }
            outcome.eviction = Some((number, is_none_left));
        }
        Content::Absent { boot } if state.cluster.level >= WAITERS_LEVEL => _ = end_boot(state, boot, &mut outcome),
        Content::Batch(batch) if batch.boot == 0 || state.origins.accept(batch.boot, batch.seq) => {
            outcome.accepted = true;
            let groups = own(batch.boot, batch.seq);
            run_batch(state, index, batch.boot, &entry.commands, groups, &mut outcome);
        }
        Content::Raise { level } => {
            state.cluster.raise(level);
        }
        Content::Boot { .. } | Content::Absent { .. } | Content::Evict { .. } | Content::Batch(_) | Content::Tick => {}
    }
    // Of the waits that have ended with a boot, some may have stood in front of others.
    serve(state, index, 0, &mut outcome.effects);
    state.keep_for_images(std::mem::take(&mut outcome.effects.shared_bytes));
    debug_assert_eq!(state.cluster.level, level, "entry {index}");
    state.digest.finish(index);
    outcome
}

/// Ends a boot: its node, if there was such a boot.
fn end_boot(state: &mut State, boot: u64, outcome: &mut EntryOutcome) -> Option<u64> {
    let node = state.end_boot(boot, &mut outcome.effects)?;
    outcome.ended = Some(boot);
    Some(node)
}

/// The feature level of the state behind an entry of this content.
pub fn level_behind(state: &State, content: &Content) -> u32 {
    let cluster = &state.cluster;
    match content {
        Content::Create { level, .. } | Content::Recreate { level, .. } if !cluster.is_created() => *level,
        Content::Raise { level } if cluster.is_created() => cluster.level.max(*level),
        _ => cluster.level,
    }
}

/// A batch's commands in order; what the next ones are about is prefetched.
struct Ahead<'a> {
    commands: &'a [Ready],
    at: usize,
}

impl<'a> Ahead<'a> {
    fn next(&mut self, state: &State) -> Option<&'a Ready> {
        let rest = self.commands.get(self.at..)?;
        if self.at.is_multiple_of(PREFETCH_KEYS) && rest.len() > 1 {
            state.prefetch(rest.iter().take(PREFETCH_KEYS).filter_map(|command| match command {
                Ready::Plain(single) => single.about(),
                Ready::Exec { .. } => None,
            }));
        }
        self.at += 1;
        rest.first()
    }
}

fn run_batch(
    state: &mut State,
    index: u64,
    boot: u64,
    commands: &[Ready],
    groups: Option<Vec<CommandGroup>>,
    outcome: &mut EntryOutcome,
) {
    let mut position = 0;
    let mut ahead = Ahead { commands, at: 0 };
    outcome.effects.is_counting = true;
    for mut group in groups.into_iter().flatten() {
        group.position = position;
        outcome.effects.author = group.connection;
        outcome.effects.no_touch = group.no_touch;
        let mut replies = Vec::with_capacity(group.steps.len());
        let mut waits = None;
        for step in &group.steps {
            replies.push(match step {
                Step::Done(reply) => reply.clone().into(),
                Step::Read(command) => match &command.exec {
                    Some(exec) => read_exec(state, exec, index, position, &mut outcome.effects),
                    None => read(state, command, index, position, &mut outcome.effects).into(),
                },
                Step::Write(own) => {
                    position += 1;
                    let exec = own.exec.as_deref();
                    outcome.effects.reader = own.reader;
                    outcome.effects.calls.clone_from(&own.calls);
                    match ahead.next(state).map(|ready| run_top(state, ready, exec, index, boot, position, outcome)) {
                        Some(TopReply::Answered(reply)) => reply,
                        Some(TopReply::Waits(id, deadline_ms)) => {
                            waits = Some((id, deadline_ms));
                            // It is the only step of its group, which is answered when the wait ends.
                            Reply::Error(crate::error::INDETERMINATE).into()
                        }
                        // A void copy went ahead of the one with the commands; its clients were answered then.
                        None => Reply::Error(crate::error::INDETERMINATE).into(),
                    }
                }
            });
        }
        match waits.filter(|_| group.steps.len() == 1) {
            Some((id, deadline_ms)) => outcome.waiting.push((id, deadline_ms, group)),
            None => outcome.answers.push((group, replies)),
        }
    }
    outcome.effects.is_counting = false;
    (outcome.effects.author, outcome.effects.reader, outcome.effects.calls) = (0, 0, None);
    (outcome.effects.is_counting, outcome.effects.no_touch) = (false, false);
    while let Some(ready) = ahead.next(state) {
        position += 1;
        run_top(state, ready, None, index, boot, position, outcome);
    }
}

/// What came of a command of a batch.
enum TopReply {
    Answered(StepReply),
    /// Under this name, until then.
    Waits(WaiterId, u64),
}

/// Runs one command of a batch, and serves those who waited for what it did. `own`: see [`run_exec`].
fn run_top(
    state: &mut State,
    ready: &Ready,
    own: Option<&Exec>,
    index: u64,
    boot: u64,
    position: u64,
    outcome: &mut EntryOutcome,
) -> TopReply {
    let effects = &mut outcome.effects;
    effects.position = position;
    let reply = match ready {
        Ready::Plain(single) => match blocking_of(state, single) {
            Some((blocking, asker)) => {
                let rng = Rng::of_command(index, position);
                let mut txn =
                    state.txn(single.db.into(), rng, effects).asked_by(Some(asker.under(boot))).from(asker.from);
                match run_or_wait(blocking, &mut txn, &single.args) {
                    Ran::Answered(reply) => {
                        state.digest.reply(&reply);
                        TopReply::Answered(reply.into())
                    }
                    Ran::Waits(id, deadline_ms) => TopReply::Waits(id, deadline_ms),
                }
            }
            None => TopReply::Answered(run(state, single, boot, index, position, effects).into()),
        },
        Ready::Exec { watches, commands } => {
            TopReply::Answered(run_exec(state, watches, commands, own, (boot, index), position, effects))
        }
    };
    serve(state, index, position, effects);
    reply
}

/// How a command waits, and for whom, if it may.
fn blocking_of(state: &State, single: &Single) -> Option<(Blocking, Asker)> {
    let asker = single.asker?;
    let spec = single.spec_at(state.cluster.level).ok()?;
    match spec.run {
        Run::Blocking(blocking) => Some((blocking, asker)),
        _ => None,
    }
}

/// Runs one write command and notes its result in the digest.
fn run(state: &mut State, command: &Single, boot: u64, index: u64, position: u64, effects: &mut Effects) -> Reply {
    let reply = match command.spec_at(state.cluster.level) {
        Ok(spec) if spec.is_write_in_log() => {
            let rng = Rng::of_command(index, position);
            let from = command.asker.and_then(|asker| asker.from);
            let asker = command.asker.map(|asker| asker.under(boot));
            let user = state.acting(command.user.as_deref());
            let txn = state.txn(command.db.into(), rng, effects).asked_by(asker).from(from).acting(user);
            let mut txn = txn.short_of_memory(command.is_short_of_memory).in_cluster(command.in_cluster);
            run_write(spec, &mut txn, &command.args).into()
        }
        Ok(spec) => Reply::Error(ReplyError::text(format!("ERR '{}' is no write command", spec.name))),
        Err(error) => Reply::Error(error),
    };
    state.digest.reply(&reply);
    reply
}

/// Runs a transaction: all commands if every watched key is as it was, none otherwise. What is no write is executed at the origin only,
/// where `own` is there. The batch is given by its boot and its index.
fn run_exec(
    state: &mut State,
    watches: &[Watch],
    commands: &[Single],
    own: Option<&Exec>,
    (boot, index): (u64, u64),
    position: u64,
    effects: &mut Effects,
) -> StepReply {
    if !unchanged(state, watches) {
        state.digest.reply(&Reply::NilArray);
        return Reply::NilArray.into();
    }
    let mut slots = Vec::new();
    for (place, command) in commands.iter().enumerate() {
        if place > 0 && index.is_multiple_of(16) && crate::planted::is("a transaction is carried out in part") {
            break;
        }
        let position = position ^ ((place as u64 + 1) << 32);
        if command.spec_at(state.cluster.level).is_ok_and(|spec| spec.is_write_in_log()) {
            effects.calls = own.and_then(|own| own.commands.get(place)).and_then(|own| own.calls.clone());
            slots.push(Slot::Reply(run(state, command, boot, index, position, effects)));
        } else if let Some(own) = own.and_then(|own| own.commands.get(place)) {
            slots.push(read_in_exec(state, own, index, position, effects));
        }
    }
    StepReply::Exec(slots)
}

#[cfg(test)]
mod tests;
