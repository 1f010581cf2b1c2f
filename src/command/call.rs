//! The one gate for sockets, EXEC and scripts: which command is meant, and may it run here? And the call itself.

use super::context::Table;
use super::{Family, Flags, Guarded, KeyFlags, Outcome, Run, Spec, keys_of, registry};
use crate::error::{ReplyError, WRONG_TYPE, c_string, unknown_subcommand, wrong_arity};
use crate::protocol::Args;
use crate::store::{Txn, View};
use crate::sys::version::FIRST_LEVEL;

const UNKNOWN_IN_SCRIPT: ReplyError = ReplyError::new("ERR Unknown Redis command called from script");

const NOT_FROM_SCRIPT: ReplyError = ReplyError::new("ERR This Redis command is not allowed from script");

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A connection.
    Client,
    /// `redis.call` and `redis.pcall`.
    Script,
    /// A script that may only read (EVAL_RO).
    ReadOnlyScript,
    /// A log entry.
    Log,
}

/// Finds the command that `args` name, a container's subcommand included, and checks what depends on name and number of
/// arguments alone.
///
/// # Errors
/// Redis's texts for unknown commands, unknown subcommands and wrong arity; for scripts, for what they may not call.
pub fn check(caller: Caller, args: &Args) -> Result<&'static Spec, ReplyError> {
    check_at(u32::MAX, caller, args)
}

/// The same as a binary answers that knows this feature level and no more.
///
/// # Errors
/// As [`check`].
pub fn check_at(level: u32, caller: Caller, args: &Args) -> Result<&'static Spec, ReplyError> {
    let spec = registry::lookup(args.name())
        .filter(|spec| spec.is_known_at(level) && (caller == Caller::Log || !spec.flags.contains(Flags::INTERNAL)));
    let Some(spec) = spec else {
        return Err(match caller {
            Caller::Script | Caller::ReadOnlyScript => UNKNOWN_IN_SCRIPT,
            _ => unknown_command(args),
        });
    };
    if matches!(caller, Caller::Script | Caller::ReadOnlyScript)
        && spec.flags.contains(Flags::NODE_DEPENDENT)
        && spec.arity_ok(args.len())
    {
        return Err(NOT_FROM_SCRIPT);
    }
    let spec = match spec.run {
        _ if args.len() > 1 && !spec.subcommands.is_empty() => {
            subcommand(spec, args, level).map_err(|error| match caller {
                Caller::Script | Caller::ReadOnlyScript => UNKNOWN_IN_SCRIPT,
                _ => error,
            })?
        }
        _ => spec,
    };
    if !spec.arity_ok(args.len()) {
        return Err(match caller {
            Caller::Script | Caller::ReadOnlyScript => {
                ReplyError::new("ERR Wrong number of args calling Redis command from script")
            }
            _ => wrong_arity(spec.name),
        });
    }
    let is_script = matches!(caller, Caller::Script | Caller::ReadOnlyScript);
    let spec = match spec.waiting_form {
        // In a script nothing waits.
        Some(form) if !is_script && (form.is_asked)(args) => form.spec,
        _ => spec,
    };
    if is_script {
        if spec.flags.intersects(Flags::NOSCRIPT.union(Flags::NODE_DEPENDENT))
            || matches!(spec.run, Run::Session(_) | Run::Container)
        {
            return Err(NOT_FROM_SCRIPT);
        }
        // Of the others those that scripts may call never wait there, as in Redis.
        if matches!(spec.run, Run::Blocking(blocking) if blocking.wants.is_in_turn()) && spec.may_wait(args) {
            return Err(NOT_FROM_SCRIPT);
        }
        if caller == Caller::ReadOnlyScript && spec.is_write() {
            return Err(ReplyError::new("ERR Write commands are not allowed from read-only scripts."));
        }
    }
    Ok(spec)
}

/// All commands, as those among them that look others up see them.
pub static COMMANDS: &dyn Table = &Commands;

struct Commands;

impl Table for Commands {
    fn all(&self) -> &'static [&'static Spec] {
        registry::all()
    }

    fn runnable(&self) -> &'static [&'static Spec] {
        registry::runnable()
    }

    fn index_of(&self, spec: &'static Spec) -> Option<usize> {
        registry::index_of(spec)
    }

    fn lookup(&self, name: &[u8]) -> Option<&'static Spec> {
        registry::lookup(name)
    }

    fn check(&self, args: &Args) -> Result<&'static Spec, ReplyError> {
        check(Caller::Client, args)
    }
}

/// The command that `args` name, a subcommand included, whether or not its arguments are right.
pub fn named(args: &Args) -> Option<&'static Spec> {
    let spec = registry::lookup(args.name()).filter(|spec| !spec.flags.contains(Flags::INTERNAL))?;
    if args.len() > 1 && !spec.subcommands.is_empty() { subcommand(spec, args, u32::MAX).ok() } else { Some(spec) }
}

/// True if `args` name a command that a binary of this feature level has, whether or not its arguments are right.
pub fn is_known_at(level: u32, args: &Args) -> bool {
    let known = |spec: &&Spec| spec.is_known_at(level) && !spec.flags.contains(Flags::INTERNAL);
    registry::lookup(args.name()).filter(known).is_some_and(|spec| {
        // One that scripts may call nothing of (CLUSTER) was no container before level 3.
        let is_whole = spec.subcommands.is_empty() || spec.flags.contains(Flags::NODE_DEPENDENT);
        args.len() == 1 || is_whole || subcommand(spec, args, level).is_ok()
    })
}

/// The feature level since which the command that `args` name exists, a subcommand's if they name one; whether or not they are right.
pub fn since(args: &Args) -> u32 {
    let Some(spec) = registry::lookup(args.name()) else { return FIRST_LEVEL };
    let named = if args.len() > 1 { subcommand(spec, args, u32::MAX).unwrap_or(spec) } else { spec };
    spec.since.max(named.since)
}

fn subcommand(container: &'static Spec, args: &Args, level: u32) -> Result<&'static Spec, ReplyError> {
    let name = args.arg(1);
    container
        .subcommands
        .iter()
        .copied()
        .find(|spec| spec.is_known_at(level) && spec.short_name().as_bytes().eq_ignore_ascii_case(name))
        .ok_or_else(|| unknown_subcommand(&container.name.to_ascii_uppercase(), name))
}

/// `-ERR unknown command 'X', with args beginning with: 'a' 'b' `, each shown up to 128 bytes in all.
fn unknown_command(args: &Args) -> ReplyError {
    const SHOWN_MAX: usize = 128;
    let clip = |bytes: &[u8], max: usize| c_string(bytes.get(..max).unwrap_or(bytes)).to_vec();
    let mut text = b"ERR unknown command '".to_vec();
    text.extend(clip(args.name(), SHOWN_MAX));
    text.extend_from_slice(b"', with args beginning with: ");
    let mut shown: Vec<u8> = Vec::new();
    for arg in args.from(1) {
        if shown.len() >= SHOWN_MAX {
            break;
        }
        let room = SHOWN_MAX - shown.len();
        shown.push(b'\'');
        shown.extend(clip(arg, room));
        shown.extend_from_slice(b"' ");
    }
    text.extend(shown);
    ReplyError::text(text)
}

/// Runs a read command.
///
/// # Errors
/// The command's own.
pub fn call_read(spec: &Spec, view: &View<'_>, args: &Args) -> Outcome {
    spec.check_form_at(view.state().cluster.level, args)?;
    match spec.run {
        Run::Read(run) => {
            note_reads(spec, view, args);
            run(view, args)
        }
        Run::Pure(run) => run(args),
        _ => Err(not_runnable(spec)),
    }
}

/// Notes the keys of a command that only reads, if its client is told when they change.
fn note_reads(spec: &Spec, view: &View<'_>, args: &Args) {
    if view.is_tracked() && spec.flags.contains(Flags::READONLY) {
        keys_of(spec, args).into_iter().flatten().for_each(|(at, _)| view.note_read(args.arg(at)));
    }
}

/// Runs a command inside apply: a write, or a read at its place between writes.
///
/// # Errors
/// The command's own.
pub fn call_write(spec: &Spec, txn: &mut Txn<'_>, args: &Args) -> Outcome {
    spec.check_form_at(txn.state().cluster.level, args)?;
    leave_locks(spec, txn, args)?;
    txn.call_it(spec.event);
    match spec.run {
        Run::Write(run) => run(txn, args),
        Run::Blocking(blocking) => match (blocking.attempt)(txn, args)? {
            Some(reply) => Ok(reply),
            None => {
                blocking.found_nothing.and_then(|found_nothing| found_nothing(txn, args));
                Ok((blocking.nothing)())
            }
        },
        Run::Guarded(guarded) => call_guarded(spec, guarded, txn, args),
        Run::Read(run) => {
            let view = txn.view();
            note_reads(spec, &view, args);
            let outcome = run(&view, args);
            let tally = view.take_tally();
            txn.count(tally);
            outcome
        }
        Run::Pure(run) => run(args),
        _ => Err(not_runnable(spec)),
    }
}

/// Runs the command that another one admits. It may be what a script may call: none that waits, or runs a third one.
fn call_guarded(spec: &Spec, guarded: Guarded, txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let inner = args.skip(guarded.command_at);
    let level = txn.state().cluster.level;
    let admitted = check_at(level, Caller::Client, &inner)?;
    if check_at(level, Caller::Script, &inner).is_err() || admitted.may_wait(&inner) {
        let name = spec.name.to_ascii_uppercase();
        return Err(ReplyError::text(format!("ERR '{}' is not allowed in {name}", admitted.name)));
    }
    (guarded.admit)(txn, args)?;
    let db = txn.db_index();
    call_write(admitted, &mut txn.nested(db), &inner)
}

/// Refuses to touch a lock by what is not made for locks. What removes a key whatever it holds (DEL, UNLINK) may.
fn leave_locks(spec: &Spec, txn: &mut Txn<'_>, args: &Args) -> Result<(), ReplyError> {
    let is_concerned = spec.is_write() && spec.doc.group != Family::Lock;
    if !is_concerned || !txn.state().db(txn.db_index()).has_locks() {
        return Ok(());
    }
    for (at, flags) in keys_of(spec, args).unwrap_or_default() {
        if !flags.contains(KeyFlags::RM) && txn.get(args.arg(at)).is_some_and(|entry| entry.value().is_lock()) {
            return Err(WRONG_TYPE);
        }
    }
    Ok(())
}

fn not_runnable(spec: &Spec) -> ReplyError {
    ReplyError::text(format!("ERR '{}' cannot run here", spec.name))
}
