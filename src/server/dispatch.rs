//! The gate: every command of every connection passes here, in the order in which it was sent. It never compares names; what it
//! asks is in the spec.
//!
//! A command whose arguments are wrong whatever the state is ends here, before a quorum or a read index is asked for.
//!
//! Invariant: no command passes that this node's state is not ready for, because some member of the cluster may not know it yet
//! ([`Spec::check_available`]; one that MULTI queues is asked when it is queued, and the level does not fall until EXEC). What that is good
//! for is in `executor/apply.rs`.
//!
//! Invariant: no command passes, and no transaction with its watched keys, that is larger than [`COMMAND_BYTES_MAX`]: it would make an
//! entry that no peer can be sent.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::Server;
use crate::command::context::{Answer, COMMAND_BYTES_MAX, Call, Later, Node, Session, Transaction, Watched};
use crate::command::lock::binds_connection;
use crate::command::once::Once;
use crate::command::{
    COMMANDS, Caller, Doc, Family, Flags, OneSlot, Run, Spec, check, check_in_cluster, lookup, named as command_named,
    script,
};
use crate::error::{
    CLUSTER_DISABLED, DISK_FULL, EXEC_ABORT, LOADING, MODULES_NOT_ALLOWED, NO_AUTH, OUT_OF_MEMORY, ReplyError,
};
use crate::executor::entry::ENTRY_LEN_MAX;
use crate::executor::{Asker, Command, Exec, Step};
use crate::protocol::{Args, Reply, parse_i64};
use crate::replication::BATCH_BYTES_MAX;
use crate::store::DATABASES;

// A batch of more than one group has `BATCH_BYTES_MAX`, a group less than that and one more command.
const _: () = assert!(COMMAND_BYTES_MAX + BATCH_BYTES_MAX <= ENTRY_LEN_MAX);

const COMMAND_TOO_LARGE: ReplyError = ReplyError::new("LIMIT the command is larger than 128 MB");
const TRANSACTION_TOO_LARGE: ReplyError = ReplyError::new("LIMIT the transaction is larger than 128 MB");
/// What watches counts as a replica in Redis.
const MONITORS: ReplyError = ReplyError::new("ERR Replica can't interact with the keyspace");
const DEBUG_NOT_ALLOWED: ReplyError = ReplyError::new(
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local \
     connection, otherwise you need to set this option in the configuration file, and then restart the server.",
);

/// The feature level since which entries say that a script runs for a client of Redis Cluster.
const IN_CLUSTER_LEVEL: u32 = 3;

/// What came of one command.
pub enum Dispatched {
    /// A place in the group.
    Step(Step),
    /// Answered without a call: refused, or queued for EXEC.
    Uncalled(Reply),
    /// Work that the group is cut around.
    Later(Later),
}

/// Passes one command through the gate. Session commands run here.
pub fn dispatch(server: &Arc<Server>, session: &mut Session, args: &Args, spec: &'static Spec) -> Dispatched {
    if !server.look_up_user(session) {
        return Dispatched::Uncalled(Reply::Error(NO_AUTH));
    }
    let mut dispatched = pass(server, session, args, spec);
    // Below its level no node knows of it.
    if server.cluster_enabled
        && server.router.level() >= IN_CLUSTER_LEVEL
        && let Dispatched::Step(Step::Read(command) | Step::Write(command)) = &mut dispatched
        && command.runs_script()
    {
        command.set_in_cluster();
    }
    if let Some(user) = Server::script_user(session)
        && let Dispatched::Step(Step::Read(command) | Step::Write(command)) = &mut dispatched
        && command.runs_script()
    {
        command.set_user(user);
    }
    if let Dispatched::Step(Step::Read(command) | Step::Write(command)) = &mut dispatched
        && session.tracked.is_some()
    {
        command.set_reader(session.reader());
    }
    // CLIENT CACHING is about the next command or transaction.
    if session.is_caching_called && session.multi.is_none() && !spec.name.starts_with("client|") {
        session.is_caching_called = false;
    }
    if matches!(&dispatched, Dispatched::Uncalled(reply) if reply.is_error()) {
        server.stats.rejected(spec);
    }
    dispatched
}

fn pass(server: &Arc<Server>, session: &mut Session, args: &Args, spec: &'static Spec) -> Dispatched {
    if matches!(spec.run, Run::Once) {
        return pass_once(server, session, args, spec);
    }
    if let Err(error) = admit(server, session, args, spec) {
        let error = if spec.flags.contains(Flags::EXECUTES) { discarded(session, &error) } else { error };
        return refuse(session, error);
    }
    if session.multi.is_some() && !spec.flags.contains(Flags::IMMEDIATE) {
        return queue(session, spec, args);
    }
    let checked = spec.check.map_or(Ok(()), |check| check(args));
    if let Err(error) = checked.and_then(|()| server.permit_patterns(session, spec, args)) {
        // A call that fails, not one that is refused: it counts as in Redis, and in a transaction it is found by EXEC.
        return Dispatched::Step(Step::Done(Reply::Error(error)));
    }
    match spec.run {
        Run::Read(_) | Run::Write(_) | Run::Guarded(_) | Run::Script(_) => {
            let command = named(server, session, Command::new(spec, session.db, args.clone()));
            Dispatched::Step(if spec.is_write() { Step::Write(judged(server, command)) } else { Step::Read(command) })
        }
        Run::Blocking(_) => {
            let command = Command::new(spec, session.db, args.clone());
            let asker = asker(server, session, &command);
            let command = command.asked_by(asker);
            Dispatched::Step(Step::Write(judged(server, command)))
        }
        Run::Pure(run) if session.is_restricted() => Dispatched::Step(Step::Done(pong(run(args).into()))),
        Run::Pure(run) => Dispatched::Step(Step::Done(run(args).into())),
        Run::Session(run) => {
            let node: Arc<dyn Node> = server.clone();
            match run(&mut Call { session, node: &node, commands: COMMANDS, in_exec: false }, args) {
                Answer::Reply(reply) => Dispatched::Step(Step::Done(reply)),
                Answer::Execute(transaction) => execute(server, session, transaction, spec, args),
                Answer::Later(later) => Dispatched::Later(later),
            }
        }
        Run::Once | Run::Container => refuse(session, crate::error::wrong_arity(spec.name)),
    }
}

/// Passes ONCE: the command inside has to pass as if it stood alone. One that only reads goes on alone; of one that writes the log gets
/// the whole.
fn pass_once(server: &Server, session: &mut Session, args: &Args, spec: &'static Spec) -> Dispatched {
    let read = |session: &Session| -> Result<Once, ReplyError> {
        admit(server, session, args, spec)?;
        let once = Once::read(server.router.level(), args)?;
        admit(server, session, &once.args, once.spec)?;
        Ok(once)
    };
    let once = match read(session) {
        Ok(once) => once,
        Err(error) => return refuse(session, error),
    };
    if session.multi.is_some() {
        return queue(session, spec, args);
    }
    let checked = once.spec.check.map_or(Ok(()), |check| check(&once.args));
    if let Err(error) = checked.and_then(|()| server.permit_patterns(session, spec, args)) {
        return Dispatched::Step(Step::Done(Reply::Error(error)));
    }
    if let Run::Pure(run) = once.spec.run {
        return Dispatched::Step(Step::Done(run(&once.args).into()));
    }
    let command = command(spec, session.db, args);
    Dispatched::Step(if command.is_write() { Step::Write(judged(server, command)) } else { Step::Read(command) })
}

/// The command for the store that `args` are.
fn command(spec: &'static Spec, db: usize, args: &Args) -> Command {
    match Once::of(spec, args) {
        Some(once) if once.spec.is_write() => Command::new(once.spec, db, once.args).inside(args.clone()),
        Some(once) => Command::new(once.spec, db, once.args),
        None => Command::new(spec, db, args.clone()),
    }
}

/// The spec of the command that `args` name, or the refusal.
pub fn find(server: &Server, session: &mut Session, args: &Args) -> Result<&'static Spec, Reply> {
    protected(server, session, args, check(Caller::Client, args)).map_err(|error| {
        if let Some(spec) = command_named(args) {
            server.stats.rejected(spec);
        }
        if lookup(args.name()).is_some_and(|spec| spec.flags.contains(Flags::EXECUTES)) {
            return Reply::Error(discarded(session, &error));
        }
        if let Some(multi) = &mut session.multi {
            multi.aborted = true;
        }
        Reply::Error(error)
    })
}

/// Lets what was found pass unless it is protected from this client. As in Redis that is asked before AUTH is, and an unknown
/// subcommand is protected with the others.
fn protected(
    server: &Server,
    session: &Session,
    args: &Args,
    found: Result<&'static Spec, ReplyError>,
) -> Result<&'static Spec, ReplyError> {
    let spec = match &found {
        Ok(spec) => Some(*spec),
        Err(_) => lookup(args.name()).filter(|spec| spec.arity_ok(args.len())),
    };
    if !spec.is_some_and(|spec| spec.flags.contains(Flags::PROTECTED)) {
        return found;
    }
    if spec.is_some_and(|spec| spec.flags.contains(Flags::LOADS_MODULES)) {
        return Err(MODULES_NOT_ALLOWED);
    }
    let is_allowed = match server.settings().enable_debug_command.as_str() {
        "yes" => true,
        "local" => session.client.is_local(),
        _ => false,
    };
    if is_allowed { found } else { Err(DEBUG_NOT_ALLOWED) }
}

/// A refused EXEC discards the transaction and says why.
fn discarded(session: &mut Session, why: &ReplyError) -> ReplyError {
    session.multi = None;
    session.watched = Watched::default();
    let why = why.as_bytes();
    let mut text = b"EXECABORT Transaction discarded because of: ".to_vec();
    text.extend_from_slice(why.strip_prefix(b"ERR ").unwrap_or(why));
    ReplyError::text(text)
}

/// What has to hold before a command may run here, besides its arity.
fn admit(server: &Server, session: &Session, args: &Args, spec: &'static Spec) -> Result<(), ReplyError> {
    if !session.acting.is_authenticated && !spec.flags.contains(Flags::NO_AUTH) {
        return Err(NO_AUTH);
    }
    server.permit(session, spec, args)?;
    if session.is_restricted() && !spec.flags.contains(Flags::WHILE_SUBSCRIBED) {
        return Err(ReplyError::text(format!(
            "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
            spec.name
        )));
    }
    if !spec.flags.contains(Flags::LOADING) && !server.router.is_recovered() {
        return Err(LOADING);
    }
    spec.check_available(server.router.level(), args)?;
    if server.cluster_enabled {
        check_in_cluster(spec, args)?;
    } else if spec.flags.contains(Flags::OF_CLUSTER) {
        return Err(CLUSTER_DISABLED);
    }
    if spec.flags.contains(Flags::TAKES_IN) {
        others_reach(server)?;
    }
    // Reads too: some turn out to need the log (a script that has to be loaded).
    if args.size() > COMMAND_BYTES_MAX {
        return Err(COMMAND_TOO_LARGE);
    }
    if needs_memory(session, args, spec) && server.router.is_short_of_memory() {
        return Err(OUT_OF_MEMORY);
    }
    if spec.is_write() && !server.router.disk_space().admits(spec.flags) {
        return Err(DISK_FULL);
    }
    let about_keys = Flags::READONLY.union(Flags::WRITE).union(Flags::MAY_REPLICATE).union(Flags::SCRIPT);
    if session.is_monitoring && spec.flags.intersects(about_keys) {
        return Err(MONITORS);
    }
    Ok(())
}

/// A node that joins is told where the members are, so there has to be something to tell.
fn others_reach(server: &Server) -> Result<(), ReplyError> {
    let settings = server.settings();
    if settings.host_for_others().is_some() {
        return Ok(());
    }
    let why = format!(
        "no node can join through this one: with bind {} nothing says by which host others reach it. Start it again with --advertise \
         host",
        settings.bind
    );
    // The node that asks does so until it succeeds.
    if !server.told_of_address.swap(true, Ordering::Relaxed) {
        tracing::warn!("{why}");
    }
    Err(ReplyError::text(format!("ERR {why}")))
}

/// True for what is refused above `maxmemory`: commands and scripts that may need more; all that MULTI queues, because the queue
/// itself grows; and an EXEC with one of the former in its queue.
fn needs_memory(session: &Session, args: &Args, spec: &Spec) -> bool {
    let alone = |spec: &Spec, args: &Args| {
        spec.flags.contains(Flags::DENYOOM) || (spec.flags.contains(Flags::SCRIPT) && script::needs_memory(args))
    };
    let by_itself = |spec: &Spec, args: &Args| {
        Once::of(spec, args).map_or_else(|| alone(spec, args), |once| alone(once.spec, &once.args))
    };
    let is_queued = session.multi.is_some() && !spec.flags.contains(Flags::IMMEDIATE);
    let queued = session.multi.as_ref().filter(|_| spec.flags.contains(Flags::EXECUTES));
    is_queued
        || by_itself(spec, args)
        || queued.is_some_and(|multi| multi.queue.iter().any(|(spec, args)| by_itself(spec, args)))
}

/// Gives a command, or a transaction, that changes what its connection is subscribed to, or leaves something of it in the state, the
/// connection's name.
fn named(server: &Server, session: &mut Session, command: Command) -> Command {
    if !command.has(Flags::SUBSCRIBES.union(Flags::NAMED)) {
        return command;
    }
    let asker = asker(server, session, &command);
    command.asked_by(asker)
}

/// The connection's name for a command. What is bound to the connection has to end with it: that is noted before the command can run.
fn asker(server: &Server, session: &mut Session, command: &Command) -> Asker {
    session.waits += 1;
    let mut asker = Asker::new(session.client.id, session.waits);
    if command.has(Flags::NAMED) {
        asker.from = session.client.addr.parse().ok();
        let inner = command.exec.iter().flat_map(|exec| &exec.commands);
        let binds = |command: &Command| command.spec.flags.contains(Flags::NAMED) && binds_connection(&command.args);
        if inner.chain([command]).any(binds) {
            session.is_bound = true;
            server.router.executor().inspect(|executor| executor.hub.bind(&session.client));
        }
    }
    asker
}

/// PING's reply on a connection that is subscribed under RESP2: in the form of a message. (Nothing else that needs only its arguments is
/// allowed there.)
fn pong(reply: Reply) -> Reply {
    let text = match reply {
        Reply::Bulk(text) => text,
        Reply::Error(_) => return reply,
        _ => Bytes::new(),
    };
    Reply::Array(vec![Reply::bulk("pong"), Reply::Bulk(text)])
}

/// Gives a command that runs a script the verdict on this node's memory on its way.
fn judged(server: &Server, mut command: Command) -> Command {
    command.is_short_of_memory = command.runs_script() && server.router.is_short_of_memory();
    command
}

fn refuse(session: &mut Session, error: ReplyError) -> Dispatched {
    if let Some(multi) = &mut session.multi {
        multi.aborted = true;
    }
    Dispatched::Uncalled(Reply::Error(error))
}

fn queue(session: &mut Session, spec: &'static Spec, args: &Args) -> Dispatched {
    if spec.flags.contains(Flags::NO_MULTI) {
        return refuse(session, ReplyError::new("ERR Command not allowed inside a transaction"));
    }
    let Some(multi) = &mut session.multi else { return refuse(session, EXEC_ABORT) };
    multi.bytes += args.size() + 16;
    multi.payload += args.payload();
    if multi.bytes > COMMAND_BYTES_MAX {
        multi.queue.clear();
        return refuse(session, TRANSACTION_TOO_LARGE);
    }
    multi.queue.push((spec, args.clone()));
    Dispatched::Uncalled(Reply::simple("QUEUED"))
}

/// Passes a queued transaction on. `spec` and `args` are EXEC's own.
fn execute(
    server: &Server,
    session: &mut Session,
    transaction: Transaction,
    spec: &'static Spec,
    args: &Args,
) -> Dispatched {
    if server.cluster_enabled {
        let mut slot = OneSlot::default();
        if let Err(error) = transaction.queue.iter().try_for_each(|(spec, args)| slot.add(spec, args)) {
            return Dispatched::Step(Step::Done(Reply::Error(error)));
        }
    }
    let may = |spec, args: &Args| server.permit_in_exec(session, spec, args);
    match plan(session.db, transaction, spec, args, may).map(|command| named(server, session, command)) {
        Err(error) => Dispatched::Step(Step::Done(Reply::Error(error))),
        Ok(command) if !server.router.disk_space().admits_command(&command) => refuse(session, DISK_FULL),
        Ok(command) if command.is_write() => Dispatched::Step(Step::Write(judged(server, command))),
        Ok(command) => Dispatched::Step(Step::Read(command)),
    }
}

/// Stands in a transaction for a command that its user may no longer run, and answers why.
static REFUSED: Spec =
    Spec::pure("exec._refused", 2, Doc::new(Family::Transactions, "0.2.0", "O(1)", "Answers an error."), |args| {
        Err(ReplyError::text(args.arg(1)))
    })
    .flags(Flags::INTERNAL);

/// Makes one command of a queued transaction, on a connection that has chosen `db`.
///
/// # Errors
/// LIMIT if it is larger than an entry may be.
fn plan(
    db: usize,
    transaction: Transaction,
    spec: &'static Spec,
    args: &Args,
    may: impl Fn(&'static Spec, &Args) -> Result<(), ReplyError>,
) -> Result<Command, ReplyError> {
    let mut command = Command::new(spec, db, args.clone());
    let mut commands = Vec::with_capacity(transaction.queue.len());
    let mut db = db;
    for (spec, args) in transaction.queue {
        if let Err(error) = may(spec, &args) {
            commands.push(Command::new(&REFUSED, db, Args::from_slices([REFUSED.name.as_bytes(), error.as_bytes()])));
            continue;
        }
        commands.push(self::command(spec, db, &args));
        // What SELECT will answer is known from its argument, and the commands behind it depend on it.
        if spec.flags.contains(Flags::SELECTS)
            && let Some(index) = parse_i64(args.arg(1)).and_then(|index| usize::try_from(index).ok())
            && index < DATABASES
        {
            db = index;
        }
    }
    command.exec = Some(Box::new(Exec { watches: transaction.watches, commands }));
    if command.size() > COMMAND_BYTES_MAX {
        return Err(TRANSACTION_TOO_LARGE);
    }
    Ok(if command.is_write() { command.by_log() } else { command })
}
