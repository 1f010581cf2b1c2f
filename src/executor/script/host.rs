//! The store behind `redis.call`: the one way from a script to commands, through the one gate.
//!
//! Invariant: which commands there are is the state's to say, by its feature level: one that came later is unknown to a script on every
//! node, also on those whose binary has it.

use std::sync::Arc;

use bytes::Bytes;

use super::slots::ScriptSlots;
use crate::command::access::{ask, message, permissions, reads_any_key};
use crate::command::context::Permissions;
use crate::command::{
    COMMANDS, Caller, Flags, Spec, call_read, call_write, check_at, index_of, is_known_at, lookup, named,
};
use crate::error::{DB_OUT_OF_RANGE, NOT_AN_INTEGER, OUT_OF_MEMORY, ReplyError};
use crate::protocol::{Args, Outcome, Reply, parse_i64};
use crate::script::Host;
use crate::store::{CallLog, DATABASES, Denial, Denied, ScriptCalls, Txn, View};

/// The feature level since which random numbers are others in each run, as in Redis: at a lower one all runs have the same.
const RANDOM_SINCE: u32 = 3;

/// What a script works on.
pub struct ScriptHost<'a, 's> {
    access: Access<'a, 's>,
    db: usize,
    /// Commands that need memory are refused until one has written: then it is too late to stop halfway.
    refuses_growth: bool,
    /// The last error that a call gave the script.
    last_error: Option<ReplyError>,
    /// Keeps what is called, for those who watch.
    calls: Option<CallLog>,
    /// Where it matters, the slots of what is called.
    slots: Option<ScriptSlots>,
    /// Whom it runs for, if that is not somebody who may everything.
    permissions: Option<Arc<Permissions>>,
}

enum Access<'a, 's> {
    Write(&'a mut Txn<'s>),
    /// A script in apply that has declared not to write.
    Pledged(&'a mut Txn<'s>),
    Read(&'a View<'s>),
}

impl<'a, 's> ScriptHost<'a, 's> {
    /// A script that may write.
    pub fn writing(txn: &'a mut Txn<'s>, no_writes: bool) -> Self {
        let (db, refuses_growth, calls) = (txn.db_index(), txn.is_short_of_memory(), txn.calls());
        calls.iter().for_each(CallLog::begin);
        let permissions = txn.user().map(|user| permissions(user, COMMANDS));
        let access = if no_writes { Access::Pledged(txn) } else { Access::Write(txn) };
        Self { access, db, refuses_growth, last_error: None, calls, slots: None, permissions }
    }

    /// The same for a script that may need memory whatever there is (`allow-oom`).
    pub fn allow_oom(mut self, is_allowed: bool) -> Self {
        self.refuses_growth &= !is_allowed;
        self
    }

    /// The same for a client of Redis Cluster.
    pub fn keeps(mut self, slots: Option<ScriptSlots>) -> Self {
        self.slots = slots;
        self
    }

    /// A script that only reads.
    pub fn reading(view: &'a View<'s>) -> Self {
        let calls = view.calls();
        calls.iter().for_each(CallLog::begin);
        Self {
            db: view.db_index(),
            access: Access::Read(view),
            refuses_growth: false,
            last_error: None,
            calls,
            slots: None,
            permissions: view.user().map(|user| permissions(user, COMMANDS)),
        }
    }

    /// For whom the gate checks.
    pub fn caller(&self) -> Caller {
        match self.access {
            Access::Write(_) => Caller::Script,
            Access::Pledged(_) | Access::Read(_) => Caller::ReadOnlyScript,
        }
    }

    /// The state's feature level.
    fn level(&self) -> u32 {
        match &self.access {
            Access::Write(txn) | Access::Pledged(txn) => txn.state().cluster.level,
            Access::Read(view) => view.state().cluster.level,
        }
    }

    /// Runs a call: what is called, if it may be; its result and the units of that, or why it was refused.
    fn run(&mut self, args: &Args, units: u64) -> (Option<&'static Spec>, Result<(Outcome, u64), ReplyError>) {
        if let Some(spec) = lookup(args.name()).filter(|spec| spec.flags.contains(Flags::SELECTS)) {
            if !spec.arity_ok(args.len()) {
                return (
                    Some(spec),
                    Err(ReplyError::new("ERR Wrong number of args calling Redis command from script")),
                );
            }
            if let Err(error) = self.user_may(spec, args) {
                return (Some(spec), Err(error));
            }
            return (Some(spec), Ok((self.slots_allow(spec, args).and_then(|()| self.select(args)), 0)));
        }
        let spec = match check_at(self.level(), self.caller(), args) {
            Ok(spec) => spec,
            Err(error) => return (None, Err(error)),
        };
        if let Err(error) = self.user_may(spec, args).and_then(|()| self.slots_allow(spec, args)) {
            return (Some(spec), Err(error));
        }
        let ran = match &mut self.access {
            Access::Write(_) if self.refuses_growth && spec.flags.contains(Flags::DENYOOM) => Err(OUT_OF_MEMORY),
            Access::Write(txn) if spec.is_write() => {
                self.refuses_growth = false;
                let mut txn = txn.nested(self.db).allowed(units);
                Ok((call_write(spec, &mut txn, args), txn.worked()))
            }
            Access::Write(txn) | Access::Pledged(txn) => {
                let view = txn.view().on_db(self.db).allowed(units);
                let outcome = call_read(spec, &view, args);
                let (worked, tally) = (view.worked(), view.take_tally());
                txn.count(tally);
                Ok((outcome, worked))
            }
            Access::Read(view) => {
                let view_here = view.on_db(self.db).allowed(units);
                let outcome = call_read(spec, &view_here, args);
                view.take_over(&view_here);
                Ok((outcome, view_here.worked()))
            }
        };
        (Some(spec), ran)
    }

    /// Refuses what the user may not for whom the script runs.
    fn user_may(&mut self, spec: &'static Spec, args: &Args) -> Result<(), ReplyError> {
        let Some(permissions) = self.permissions.as_ref().filter(|permissions| !permissions.is_unrestricted) else {
            return Ok(());
        };
        let Err(refusal) = ask(permissions, COMMANDS, spec, args) else {
            let refused = spec.reads_any.filter(|_| !reads_any_key(permissions, COMMANDS, spec, args));
            return refused.and_then(|refuse| refuse(args)).map_or(Ok(()), Err);
        };
        let object = match refusal.what {
            Denied::Command | Denied::Auth => Bytes::from_static(spec.name.as_bytes()),
            Denied::Key | Denied::Channel => args.bytes(refusal.at),
        };
        let denial = Denial { what: refusal.what, object, user: permissions.user.clone() };
        let why = message(permissions, spec, args, refusal, false);
        match &mut self.access {
            Access::Write(txn) | Access::Pledged(txn) => txn.count_call(|calls| calls.deny(denial)),
            Access::Read(view) => view.count_call(|calls| calls.deny(denial)),
        }
        Err(ReplyError::text([b"ERR ACL failure in script: ".to_vec(), why].concat()))
    }

    fn slots_allow(&mut self, spec: &Spec, args: &Args) -> Result<(), ReplyError> {
        self.slots.as_mut().map_or(Ok(()), |slots| slots.call(spec, args))
    }

    /// The script has ended. An error of a call that has become the script's own is counted once, by whoever answers the script.
    pub fn finish(&mut self, outcome: &Outcome) {
        let (Some(error), Some(last)) = (error_of(outcome), &self.last_error) else { return };
        if !error.as_bytes().starts_with(last.as_bytes()) {
            return;
        }
        let count = |calls: &mut ScriptCalls| calls.error(last, false);
        match &mut self.access {
            Access::Write(txn) | Access::Pledged(txn) => txn.count_call(count),
            Access::Read(view) => view.count_call(count),
        }
    }

    /// SELECT: for this script only; the connection stays where it is.
    fn select(&mut self, args: &Args) -> Outcome {
        let index = parse_i64(args.arg(1)).ok_or(NOT_AN_INTEGER)?;
        self.db = usize::try_from(index).ok().filter(|index| *index < DATABASES).ok_or(DB_OUT_OF_RANGE)?;
        Ok(Reply::Ok)
    }
}

impl Host for ScriptHost<'_, '_> {
    fn random(&mut self) -> u64 {
        if self.level() < RANDOM_SINCE {
            return 0;
        }
        match &mut self.access {
            Access::Write(txn) | Access::Pledged(txn) => txn.random(),
            Access::Read(view) => view.random(),
        }
    }

    fn call(&mut self, args: &Args, units: u64) -> (Outcome, u64) {
        let (spec, ran) = self.run(args, units);
        if let (Some(calls), true) = (&self.calls, ran.is_ok()) {
            calls.add(self.db, args);
        }
        let counted = spec.or_else(|| named(args)).and_then(index_of);
        let error = ran.as_ref().map_or_else(Some, |(outcome, _)| error_of(outcome));
        if error.is_some() {
            self.last_error = error.cloned();
        }
        let count = |calls: &mut ScriptCalls| {
            if let Some(command) = counted {
                let counts = calls.of(command);
                counts.calls += u64::from(ran.is_ok());
                counts.failed += u64::from(ran.is_ok() && error.is_some());
                counts.rejected += u64::from(ran.is_err());
            }
            if let Some(error) = error {
                calls.error(error, true);
            }
        };
        match &mut self.access {
            Access::Write(txn) | Access::Pledged(txn) => txn.count_call(count),
            Access::Read(view) => view.count_call(count),
        }
        ran.unwrap_or_else(|error| (Err(error), 0))
    }

    fn may_be_stopped(&self) -> bool {
        matches!(&self.access, Access::Read(view) if view.may_be_stopped())
    }

    fn is_stopped(&self) -> bool {
        matches!(&self.access, Access::Read(view) if view.is_stopped())
    }

    fn may_run(&self, args: &Args) -> Option<bool> {
        if !is_known_at(self.level(), args) {
            return None;
        }
        let asked = |permissions: &Arc<Permissions>| {
            named(args).is_some_and(|spec| ask(permissions, COMMANDS, spec, args).is_ok())
        };
        Some(self.permissions.as_ref().is_none_or(asked))
    }
}

/// The error that a command or script answers, raised or returned.
fn error_of(outcome: &Outcome) -> Option<&ReplyError> {
    match outcome {
        Ok(Reply::Error(error)) | Err(error) => Some(error),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Effects, Rng, State};

    #[test]
    fn a_selected_database_holds_for_the_script_only() {
        let (mut state, mut effects) = (State::default(), Effects::default());
        let mut txn = state.txn(2, Rng::new(1), &mut effects);
        let mut host = ScriptHost::writing(&mut txn, false);
        let run = |host: &mut ScriptHost<'_, '_>, words: &[&str]| host.call(&Args::from_slices(words), u64::MAX).0;
        for (index, error) in [
            ("x", "ERR value is not an integer or out of range"),
            ("16", "ERR DB index is out of range"),
            ("-1", "ERR DB index is out of range"),
        ] {
            let got = host.select(&Args::from_slices(["select", index])).unwrap_err();
            assert_eq!(got.to_string(), error);
        }
        run(&mut host, &["SET", "k", "two"]).unwrap();
        assert_eq!(host.select(&Args::from_slices(["select", "5"])), Ok(Reply::Ok));
        run(&mut host, &["SET", "k", "five"]).unwrap();
        assert_eq!(run(&mut host, &["GET", "k"]), Ok(Reply::bulk("five")));
        assert_eq!(
            ScriptHost::writing(&mut txn, false).call(&Args::from_slices(["GET", "k"]), 0).0,
            Ok(Reply::bulk("two"))
        );
        assert_eq!(ScriptHost::writing(&mut txn, true).caller(), Caller::ReadOnlyScript);
    }

    #[test]
    fn command_beyond_the_budget_does_not_run() {
        let (mut state, mut effects) = (State::default(), Effects::default());
        let mut txn = state.txn(0, Rng::new(1), &mut effects);
        let lcs = Args::from_slices(["LCS", "a", "b"]);
        let mut host = ScriptHost::writing(&mut txn, false);
        host.call(&Args::from_slices(["MSET", "a", "12345", "b", "12345"]), 0).0.unwrap();
        let check = |mut host: ScriptHost<'_, '_>| {
            let (outcome, worked) = host.call(&lcs, 35);
            assert!(outcome.is_err() && worked == 36, "{outcome:?} {worked}");
            assert_eq!(host.call(&lcs, 36), (Ok(Reply::bulk("12345")), 36));
        };
        check(host);
        check(ScriptHost::writing(&mut txn, true));
        check(ScriptHost::reading(&txn.view()));
        let mut host = ScriptHost::writing(&mut txn, false);
        let (outcome, worked) = host.call(&Args::from_slices(["COPY", "a", "c"]), 0);
        assert_eq!((outcome, worked), (Ok(Reply::Int(1)), 0), "few bytes");
    }
}
