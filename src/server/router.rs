//! Which Raft group a command belongs to. Group 0 is the only one so far; nothing outside of this module may assume that.
//!
//! Invariant: a node has no group until it knows who it is and what it has, and keeps those that it is then given. Until then nothing is
//! executed, and each command that needs a group is told LOADING.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::command::Flags;
use crate::command::context::{Subscribed, Transaction};
use crate::command::pubsub::{HOLD, hold_args};
use crate::command::txn::EXEC;
use crate::command::waiting::{CANCEL, LEAVE};
use crate::config::ReadLevel;
use crate::error::{DISK_FULL, OUT_OF_MEMORY};
use crate::executor::{Asker, Command, CommandGroup, DiskSpace, Exec, Slot, Step, StepReply, StoreExecutor};
use crate::protocol::{Args, Reply};
use crate::replication::Group;

/// A Raft group of a node, and the state machine that it feeds.
#[derive(Clone)]
pub struct Routed {
    /// Its log.
    pub group: Arc<Group>,
    /// Its state.
    pub executor: Arc<StoreExecutor>,
}

/// The groups of a node, once it has a place in them.
#[derive(Clone, Default)]
pub struct Router(Arc<OnceLock<Place>>);

struct Place {
    node: u64,
    groups: Vec<Routed>,
}

impl Router {
    /// Gives the node its id and its groups, once.
    pub(super) fn set(&self, node: u64, groups: Vec<Routed>) {
        // A second place is a mistake of the caller's; the first stays.
        let _ = self.0.set(Place { node, groups });
    }

    /// This node's id; None while it has no place.
    pub fn node_id(&self) -> Option<u64> {
        self.0.get().map(|place| place.node)
    }

    /// The group that holds the keys of every slot.
    pub fn group(&self) -> Option<&Arc<Group>> {
        self.routed().first().map(|routed| &routed.group)
    }

    /// Their state.
    pub fn executor(&self) -> Option<&Arc<StoreExecutor>> {
        self.routed().first().map(|routed| &routed.executor)
    }

    /// All groups.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.routed().iter().map(|routed| &routed.group)
    }

    fn routed(&self) -> &[Routed] {
        self.0.get().map_or(&[], |place| &place.groups)
    }

    /// Hands a group of commands to the Raft group that it belongs to.
    pub fn submit(&self, commands: CommandGroup) {
        match self.group() {
            Some(group) => group.submit(commands),
            None => commands.fail(&crate::error::LOADING),
        }
    }

    /// Runs one command for the node itself, as if a client had sent it, and returns its reply.
    pub async fn execute(&self, spec: &'static crate::command::Spec, args: crate::protocol::Args) -> Reply {
        if let Err(error) = spec.check_available(self.level(), &args) {
            return Reply::Error(error);
        }
        self.run(Command::new(spec, 0, args)).await
    }

    /// The same on a database, refused for want of memory or disk as a client's would be.
    pub async fn execute_on(
        &self,
        db: usize,
        spec: &'static crate::command::Spec,
        args: crate::protocol::Args,
    ) -> Reply {
        let is_refused = spec.flags.contains(Flags::DENYOOM) && self.is_short_of_memory();
        let refusal = spec
            .check_available(self.level(), &args)
            .and(if is_refused { Err(OUT_OF_MEMORY) } else { Ok(()) })
            .and(if self.disk_space().admits(spec.flags) { Ok(()) } else { Err(DISK_FULL) });
        match refusal {
            Err(error) => Reply::Error(error),
            Ok(()) => self.run(Command::new(spec, db, args)).await,
        }
    }

    /// Runs commands of the store for the node itself, as one transaction on a database.
    pub async fn transact(&self, db: usize, transaction: Transaction) -> Reply {
        let commands = transaction.queue.into_iter().map(|(spec, args)| Command::new(spec, db, args)).collect();
        let mut command = Command::new(&EXEC, db, Args::from_slices([EXEC.name]));
        command.exec = Some(Box::new(Exec { watches: transaction.watches, commands }));
        if command.is_write() && !self.disk_space().admits_command(&command) {
            return Reply::Error(DISK_FULL);
        }
        self.run(if command.is_write() { command.by_log() } else { command }).await
    }

    /// Has the state hold these subscriptions of a connection (arguments of [`HOLD`]), and no others.
    pub async fn hold(&self, asker: Asker, args: Args) -> Reply {
        self.run(Command::new(&HOLD, 0, args).asked_by(asker)).await
    }

    async fn run(&self, command: Command) -> Reply {
        let step = if command.is_write() { Step::Write(command) } else { Step::Read(command) };
        let (group, answered) = CommandGroup::new(vec![step], ReadLevel::Linearizable, true, 0);
        self.submit(group);
        match answered.await {
            Ok(answered) => match answered.replies.into_iter().next() {
                Some(StepReply::Reply(reply)) => reply,
                // None of them has session commands.
                Some(StepReply::Exec(slots)) => Reply::Array(slots.into_iter().map(Slot::into_reply).collect()),
                None => Reply::Nil,
            },
            Err(_) => Reply::Error(crate::error::INDETERMINATE),
        }
    }

    /// Has the waits of a connection ended, up to this one; tried until the log has it or the node stops.
    pub fn cancel_wait(&self, asker: Asker) {
        self.insist(Command::new(&CANCEL, 0, Args::from_slices([CANCEL.name])).asked_by(asker));
    }

    /// Has what is bound to a connection end that is gone; tried until the log has it or the node stops.
    pub fn leave(&self, asker: Asker) {
        self.insist(Command::new(&LEAVE, 0, Args::from_slices([LEAVE.name])).asked_by(asker));
    }

    /// The same of one that begins anew, once.
    pub async fn left(&self, asker: Asker) -> Reply {
        self.run(Command::new(&LEAVE, 0, Args::from_slices([LEAVE.name])).asked_by(asker)).await
    }

    /// Has all subscriptions of a connection ended that is gone; tried until the log has it or the node stops.
    pub fn end_subscriptions(&self, asker: Asker) {
        self.insist(Command::new(&HOLD, 0, hold_args(&Subscribed::default())).asked_by(asker));
    }

    /// Runs a command that may be run twice until it is known to have run.
    fn insist(&self, command: Command) {
        const PAUSE_MIN: Duration = Duration::from_millis(50);
        const PAUSE_MAX: Duration = Duration::from_millis(500);
        let router = self.clone();
        let run = async move {
            let mut pause = PAUSE_MIN;
            loop {
                let step = Step::Write(command.clone());
                let (group, answered) = CommandGroup::new(vec![step], ReadLevel::Linearizable, true, 0);
                router.submit(group);
                match answered.await {
                    Ok(answered) if answered.error().is_some() => {}
                    _ => return,
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
            }
        };
        drop(crate::replication::spawn(run));
    }

    /// True if clients are to be told that this node is a master: it leads, or `report-role` says so.
    pub fn shows_master(&self, settings: &crate::config::Settings) -> bool {
        settings.report_role_master || self.group().is_some_and(|group| group.leads())
    }

    /// False until this node has a place and has applied its own log after a start.
    pub fn is_recovered(&self) -> bool {
        self.node_id().is_some() && self.groups().all(|group| group.is_recovered())
    }

    /// `proto-max-bulk-len` of the replicated options, bytes.
    pub fn bulk_len_max(&self) -> usize {
        self.executor().map_or(64 << 20, |executor| executor.bulk_len_max())
    }

    /// The feature level of the state: what a client may send.
    pub fn level(&self) -> u32 {
        self.group().map_or(0, |group| group.level())
    }

    /// How much space the leader's disk has.
    pub fn disk_space(&self) -> DiskSpace {
        self.group().map_or(DiskSpace::Enough, |group| group.disk_space())
    }

    /// True if a command that needs memory is refused: this node uses more than `maxmemory`, or the leader finds no key that may give way.
    pub fn is_short_of_memory(&self) -> bool {
        self.executor().is_some_and(|executor| executor.eviction.refuses(executor.clock.estimate_ms()))
    }
}
