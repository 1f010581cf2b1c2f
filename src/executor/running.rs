//! The scripts and functions that run on this node: for SCRIPT KILL, FUNCTION KILL and FUNCTION STATS.
//!
//! Invariant: only a run that one node does by itself, for one client, is stopped: it reads, and nothing of it is in the log. What runs in apply runs on every
//! node and ends at the same instruction on each, which is what its budget is for; a stop would have to be in the log, behind the entry that it is to stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Command;
use crate::command::{Run, ScriptNamed};
use crate::error::ReplyError;
use crate::protocol::Args;

const NOT_BUSY: ReplyError = ReplyError::new("NOTBUSY No scripts in execution right now.");
const IN_LOG: ReplyError = ReplyError::new(
    "UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot be killed.",
);
const FUNCTIONS_ONLY: ReplyError =
    ReplyError::new("BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");
const SCRIPTS_ONLY: ReplyError =
    ReplyError::new("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");

/// See the module's header.
#[derive(Debug, Default)]
pub struct Running(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    last: u64,
    reads: BTreeMap<u64, ReadRun>,
    /// Entries under way that run scripts.
    entries: usize,
}

#[derive(Debug)]
struct ReadRun {
    is_function: bool,
    args: Args,
    since: Instant,
    stop: Arc<AtomicBool>,
}

/// A run that goes on until this is dropped.
#[derive(Debug)]
pub struct RunUnderWay {
    running: Arc<Running>,
    /// None: an entry of the log.
    number: Option<u64>,
    stop: Arc<AtomicBool>,
}

impl RunUnderWay {
    /// Set once the run is to be stopped.
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }
}

impl Drop for RunUnderWay {
    fn drop(&mut self) {
        let mut table = self.running.0.lock();
        match self.number {
            Some(number) => _ = table.reads.remove(&number),
            None => table.entries -= 1,
        }
    }
}

impl Running {
    /// A command that reads begins, if it runs a script.
    pub fn begin_read(self: &Arc<Self>, command: &Command) -> Option<RunUnderWay> {
        let Run::Script(run) = command.spec.run else { return None };
        let mut table = self.0.lock();
        table.last += 1;
        let (number, stop) = (table.last, Arc::new(AtomicBool::new(false)));
        let is_function = run.named == ScriptNamed::Function;
        let read = ReadRun { is_function, args: command.args.clone(), since: Instant::now(), stop: stop.clone() };
        table.reads.insert(number, read);
        Some(RunUnderWay { running: self.clone(), number: Some(number), stop })
    }

    /// An entry that runs scripts begins.
    pub fn begin_entry(self: &Arc<Self>) -> RunUnderWay {
        self.0.lock().entries += 1;
        RunUnderWay { running: self.clone(), number: None, stop: Arc::default() }
    }

    /// Stops the functions, or else the scripts, that read here.
    ///
    /// # Errors
    /// Redis's text where none runs that can be stopped so.
    pub fn stop(&self, functions: bool) -> Result<(), ReplyError> {
        let table = self.0.lock();
        let mut stopped = false;
        for run in table.reads.values().filter(|run| run.is_function == functions) {
            run.stop.store(true, Relaxed);
            stopped = true;
        }
        match (stopped, table.entries, table.reads.is_empty()) {
            (true, ..) => Ok(()),
            (_, 1.., _) => Err(IN_LOG),
            (.., true) => Err(NOT_BUSY),
            _ if functions => Err(SCRIPTS_ONLY),
            _ => Err(FUNCTIONS_ONLY),
        }
    }

    /// The function that has run for longest of those that read here: its command, and for how many ms.
    pub fn function(&self) -> Option<(Args, u64)> {
        let table = self.0.lock();
        let run = table.reads.values().find(|run| run.is_function)?;
        Some((run.args.clone(), run.since.elapsed().as_millis().try_into().unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::lookup;

    fn command(line: &str) -> Command {
        let args = Args::from_slices(line.split(' '));
        Command::new(lookup(args.arg(0)).unwrap(), 0, args)
    }

    #[test]
    fn only_what_reads_is_stopped_and_by_its_own_command() {
        let running = Arc::new(Running::default());
        assert_eq!(running.stop(true), Err(NOT_BUSY));
        assert!(running.begin_read(&command("GET k")).is_none());
        let function = running.begin_read(&command("FCALL_RO f 0")).unwrap();
        assert_eq!(running.stop(false), Err(FUNCTIONS_ONLY));
        assert!(!function.stop_flag().load(Relaxed) && running.function().is_some());
        let script = running.begin_read(&command("EVAL_RO x 0")).unwrap();
        assert_eq!(running.stop(false), Ok(()));
        assert!(script.stop_flag().load(Relaxed) && !function.stop_flag().load(Relaxed));
        drop(function);
        assert_eq!((running.stop(true), running.function()), (Err(SCRIPTS_ONLY), None));
        drop(script);
        let entry = running.begin_entry();
        assert_eq!((running.stop(true), running.stop(false)), (Err(IN_LOG), Err(IN_LOG)));
        assert!(!entry.stop_flag().load(Relaxed));
        drop(entry);
        assert_eq!(running.stop(false), Err(NOT_BUSY));
    }
}
