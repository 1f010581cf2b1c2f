//! Reads on a state without Raft: which time they go by, where they run, and when they fail.

use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::*;
use crate::command::lookup;
use crate::config::ReadLevel;
use crate::error::LOADING;
use crate::executor::apply::apply;
use crate::executor::entry::{BatchWriter, Stamp, decode, seal};
use crate::executor::prepare::PreparedEntry;
use crate::executor::{Answered, BoxFuture, Command, DiskSpace, Exec, Executor, Mark, Step, StepReply, Watch};
use crate::protocol::{Args, Reply};
use crate::sys::clock::testing::Still;
use crate::sys::clock::{Clocks, ClusterClock};
use crate::sys::env::{BoxStream, Env, Listener, Net};

/// A script that wants to do more than a read may on the runtime's thread.
const LONG: &str = "for i = 1, 1e5 do end return 1";
const TIMEOUT: Duration = Duration::from_secs(5);

struct NoNet;

impl Net for NoNet {
    fn connect<'a>(&'a self, _addr: &'a str) -> BoxFuture<'a, std::io::Result<BoxStream>> {
        Box::pin(async { Err(std::io::ErrorKind::Unsupported.into()) })
    }
    fn bind<'a>(&'a self, _host: &'a str, _port: u16) -> BoxFuture<'a, std::io::Result<Box<dyn Listener>>> {
        Box::pin(async { Err(std::io::ErrorKind::Unsupported.into()) })
    }
}

/// A consensus that keeps what it is asked for.
#[derive(Default)]
struct Silent {
    ticks: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Silent {
    /// Grants the ticks that are wanted.
    fn tick_now(&self) {
        for tick in self.ticks.lock().drain(..) {
            tick.send(()).unwrap();
        }
    }
}

impl Consensus for Silent {
    fn show_pending(&self, _boot: u64, _seq: u64, _look: &mut dyn FnMut(&[CommandGroup])) {}
    fn take_pending(&self, _boot: u64, _seq: u64) -> Option<Vec<CommandGroup>> {
        None
    }
    fn tick(&self) -> oneshot::Receiver<()> {
        let (tick, ticked) = oneshot::channel();
        self.ticks.lock().push(tick);
        ticked
    }
    fn submit(&self, _group: CommandGroup) {}
    fn disk_space(&self) -> DiskSpace {
        DiskSpace::Enough
    }
}

fn executor(threads: bool) -> (Arc<StoreExecutor>, Arc<Silent>) {
    let clocks: Arc<dyn Clocks> = Arc::new(Still);
    let env = Env {
        clocks: clocks.clone(),
        net: Arc::new(NoNet),
        random: Arc::new(|| 4),
        threads,
        level: 1,
        spikes: std::sync::Arc::default(),
        memory: crate::sys::memory::used_bytes,
    };
    (StoreExecutor::new(env, Arc::new(ClusterClock::new(clocks))), Arc::default())
}

/// Applies commands at 10,000 ms.
async fn run(executor: &StoreExecutor, commands: &[Args]) {
    let mut batch = BatchWriter::new(0, 0, 64);
    commands.iter().for_each(|args| batch.plain(0, args));
    let entry = decode(&seal(batch.finish(), Stamp { now_ms: 10_000, ..Stamp::default() })).unwrap();
    apply(&mut *executor.gate.write().await, 6, PreparedEntry::new(entry).unwrap(), |_, _| None);
}

fn command(line: &str) -> Command {
    let args = Args::from_slices(line.split(' '));
    Command::new(lookup(args.arg(0)).unwrap(), 0, args)
}

fn group(level: ReadLevel, commands: Vec<Command>) -> (CommandGroup, oneshot::Receiver<Answered>) {
    CommandGroup::new(commands.into_iter().map(Step::Read).collect(), level, false, 1)
}

fn read(commands: Vec<Command>) -> (Read, oneshot::Receiver<Answered>) {
    let (group, answered) = group(ReadLevel::Linearizable, commands);
    let deadline = group.arrived + TIMEOUT;
    (Read { work: Work::Commands(group), deadline }, answered)
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

const LOADING_ONLY: [Reply; 1] = [Reply::Error(LOADING)];

#[tokio::test(start_paused = true)]
async fn a_key_that_is_due_by_the_clock_alone_is_read_again_after_a_tick() {
    let (executor, consensus) = executor(false);
    run(&executor, &[Args::from_slices(["SET", "k", "v", "PX", "1000"])]).await;
    let value = [Reply::Bulk("v".into())];

    executor.clock.show(10_900);
    let (due_later, mut answered) = read(vec![command("GET k")]);
    answer(executor.clone(), vec![due_later], 6, consensus.clone()).await;
    assert_eq!(answered.try_recv().unwrap().replies, value);

    executor.clock.show(11_100);
    let (due, mut answered) = read(vec![command("GET k")]);
    answer(executor.clone(), vec![due], 6, consensus.clone()).await;
    settle().await;
    assert!(answered.try_recv().is_err(), "only the log expires keys");
    consensus.tick_now();
    assert_eq!(answered.await.unwrap().replies, value, "the tick that came did not expire it");
}

/// A transaction that only reads, of other keys at that.
#[tokio::test(start_paused = true)]
async fn a_watched_key_that_is_due_by_the_clock_alone_stops_exec_after_a_tick() {
    let (executor, consensus) = executor(false);
    run(&executor, &[Args::from_slices(["SET", "k", "v", "PX", "1000"])]).await;
    let revision = executor.gate.read().await.revision();
    let exec = |deadline_ms| {
        let mut exec = command("EXEC");
        let watches = vec![Watch { db: 0, key: "k".into(), mark: Mark::Present { revision, deadline_ms } }];
        exec.exec = Some(Box::new(Exec { watches, commands: vec![command("GET other")] }));
        read(vec![exec])
    };
    for (now_ms, deadline_ms, runs) in [(10_900, 11_000, true), (10_900, 11_001, false), (11_000, 11_000, true)] {
        executor.clock.show(now_ms);
        let (exec, mut answered) = exec(deadline_ms);
        answer(executor.clone(), vec![exec], 6, consensus.clone()).await;
        let expected = if runs { Reply::Array(vec![Reply::Nil]) } else { Reply::NilArray };
        assert_eq!(answered.try_recv().unwrap().replies, [expected], "{now_ms}");
    }
    executor.clock.show(11_100);
    let (exec, mut answered) = exec(11_000);
    answer(executor.clone(), vec![exec], 6, consensus.clone()).await;
    settle().await;
    assert!(answered.try_recv().is_err(), "only the log expires keys");
    executor.gate.write().await.advance_clock(11_100);
    consensus.tick_now();
    assert_eq!(answered.await.unwrap().replies, [Reply::NilArray]);
}

/// What goes through much leaves the thread, on its own or with others, and is answered like anything else; what looks at a small
/// part of something large does not.
#[tokio::test(start_paused = true)]
async fn a_group_that_reads_much_runs_apart() {
    let (executor, consensus) = executor(false);
    let hashes = [("large", 5000), ("middle", 4000)].map(|(key, len)| {
        let fields = (0..len).flat_map(|i| [format!("f{i}"), "v".into()]);
        Args::from_slices(["HSET".into(), key.to_string()].into_iter().chain(fields))
    });
    run(&executor, &hashes).await;
    for (line, count, apart) in [
        ("HGETALL large", 1, true),
        ("HKEYS large", 1, true),
        ("HSCAN large 0 COUNT 4500", 1, true),
        ("HSCAN large 0 COUNT 10", 100, false),
        ("HGET large f1", 100, false),
        ("RANDOMKEY", 16, false),
        ("HVALS middle", 1, false),
        ("HVALS middle", 16, false),
        ("HVALS middle", 17, true),
    ] {
        let commands = || (0..count).map(|_| command(line)).collect::<Vec<_>>();
        let mut exec = command("EXEC");
        exec.exec = Some(Box::new(Exec { watches: Vec::new(), commands: commands() }));
        for commands in [commands(), vec![exec]] {
            let expected = commands.len();
            let (read, mut answered) = read(commands);
            let found = || executor.key_stats.hits.load(Ordering::Relaxed);
            let before = found();
            answer(executor.clone(), vec![read], 6, consensus.clone()).await;
            assert_eq!(answered.try_recv().is_err(), apart, "{count} x {line}");
            if apart {
                settle().await;
                let replies = answered.await.unwrap().replies;
                assert_eq!(replies.len(), expected);
                assert!(!format!("{replies:?}").contains("Error"), "{count} x {line}");
            }
            let looked_up = if line == "RANDOMKEY" { 0 } else { count };
            assert_eq!(found() - before, looked_up, "{count} x {line}");
        }
    }
}

/// A script that writes may hold the gate for long: each read has its own time, be it light or heavy, linearizable or local.
#[tokio::test(start_paused = true)]
async fn a_read_fails_at_its_deadline_while_the_gate_is_held() {
    let (executor, consensus) = executor(false);
    let state = executor.gate.write().await;
    let mut waiting = Vec::new();
    for (line, level) in [
        ("GET k", ReadLevel::Linearizable),
        ("KEYS *", ReadLevel::Linearizable),
        ("GET k", ReadLevel::Local),
        ("KEYS *", ReadLevel::Local),
    ] {
        let (group, answered) = group(level, vec![command(line)]);
        let deadline = group.arrived + TIMEOUT;
        match level {
            ReadLevel::Local => executor.clone().read_local(group, deadline, consensus.clone()),
            ReadLevel::Linearizable => {
                let reads = vec![Read { work: Work::Commands(group), deadline }];
                drop(tokio::spawn(executor.clone().read(reads, 5, consensus.clone())));
            }
        }
        waiting.push((line, level, answered));
    }
    let (early, early_answered) = read(vec![command("GET k")]);
    waiting.push(("GET k, with a later one", ReadLevel::Linearizable, early_answered));
    tokio::time::sleep(TIMEOUT / 2).await;
    let (late, mut late_answered) = read(vec![command("GET k")]);
    drop(tokio::spawn(executor.clone().read(vec![early, late], 5, consensus.clone())));
    tokio::time::sleep(TIMEOUT / 2 + Duration::from_millis(5)).await;
    for (line, level, mut answered) in waiting {
        assert_eq!(answered.try_recv().unwrap().replies, LOADING_ONLY, "{line}, {level:?}");
    }
    assert!(late_answered.try_recv().is_err(), "its time is not over");
    drop(state);
    assert_eq!(late_answered.await.unwrap().replies, [Reply::Nil]);
}

/// The wait for a tick is part of a read's time: neither it nor what comes behind it begins anew.
#[tokio::test(start_paused = true)]
async fn a_read_for_which_no_tick_comes_fails_at_its_deadline() {
    let script = "return redis.call('GET', KEYS[1])";
    for words in [&["GET", "k"][..], &["EVAL_RO", script, "1", "k"]] {
        let (executor, consensus) = executor(false);
        // A script that is loaded does not need the log.
        let set = Args::from_slices(["SET", "k", "v", "PX", "1000"]);
        run(&executor, &[set, Args::from_slices(["SCRIPT", "LOAD", script])]).await;
        executor.clock.show(11_100);
        let command = Command::new(lookup(words[0].as_bytes()).unwrap(), 0, Args::from_slices(words));
        let line = words[0];
        let (read, mut answered) = read(vec![command]);
        tokio::time::sleep(TIMEOUT / 2).await;
        drop(tokio::spawn(executor.clone().read(vec![read], 6, consensus.clone())));
        tokio::time::sleep(TIMEOUT / 2 - Duration::from_millis(5)).await;
        assert!(answered.try_recv().is_err(), "{line}: its time is not over");
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(answered.try_recv().unwrap().replies, LOADING_ONLY, "{line}");
    }
}

/// Nor does it begin anew where a script that writes holds the gate when the tick has come.
#[tokio::test(start_paused = true)]
async fn a_read_fails_at_its_deadline_behind_a_script_after_its_tick() {
    let (executor, consensus) = executor(false);
    run(&executor, &[Args::from_slices(["SET", "k", "v", "PX", "1000"])]).await;
    executor.clock.show(11_100);
    let (due, mut answered) = read(vec![command("GET k")]);
    answer(executor.clone(), vec![due], 6, consensus.clone()).await;
    settle().await;
    let state = executor.gate.write().await;
    consensus.tick_now();
    tokio::time::sleep(TIMEOUT - Duration::from_millis(5)).await;
    assert!(answered.try_recv().is_err(), "its time is not over");
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(answered.try_recv().unwrap().replies, LOADING_ONLY);
    drop(state);
}

/// However much clients read, apply finds a thread; and however long their scripts take, other reads find a turn.
#[test]
fn heavy_reads_take_turns_and_scripts_leave_some() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (executor, consensus) = executor(true);
        run(&executor, &[Args::from_slices(["SCRIPT", "LOAD", LONG])]).await;
        let script = || {
            let args = Args::from_slices(["EVAL_RO", LONG, "0"]);
            read(vec![Command::new(lookup(b"eval_ro").unwrap(), 0, args)])
        };
        // Scripts hold all turns that they may have.
        let mut scripts = vec![executor.env.turn(true).await, executor.env.turn(true).await];
        let (waits, mut waiting) = script();
        let (keys, answered) = read(vec![command("KEYS *")]);
        let short = Args::from_slices(["EVAL_RO", "return 2", "0"]);
        run(&executor, &[Args::from_slices(["SCRIPT", "LOAD", "return 2"])]).await;
        let (short, of_short) = read(vec![Command::new(lookup(b"eval_ro").unwrap(), 0, short)]);
        answer(executor.clone(), vec![waits, keys, short], 5, consensus.clone()).await;
        assert_eq!(answered.await.unwrap().replies, [Reply::Array(Vec::new())]);
        assert_eq!(of_short.await.unwrap().replies, [Reply::Int(2)], "a short one needs no turn");
        assert!(waiting.try_recv().is_err(), "it has a turn though scripts have all of theirs");
        scripts.pop();
        assert_eq!(waiting.await.unwrap().replies, [Reply::Int(1)]);

        let mut turns = vec![executor.env.turn(true).await];
        for _ in 0..2 {
            turns.push(executor.env.turn(false).await);
        }
        let (keys, mut answered) = read(vec![command("KEYS *")]);
        answer(executor.clone(), vec![keys], 5, consensus.clone()).await;
        let early = tokio::time::timeout(Duration::from_millis(200), &mut answered).await;
        assert!(early.is_err(), "it has a thread though all turns are taken");
        turns.pop();
        assert_eq!(answered.await.unwrap().replies, [Reply::Array(Vec::new())]);
    });
}

/// Who waits for a turn has no more time than others.
#[tokio::test]
async fn a_read_fails_at_its_deadline_while_it_waits_for_a_turn() {
    let (executor, consensus) = executor(true);
    let turns = [executor.env.turn(true).await, executor.env.turn(true).await];
    run(&executor, &[Args::from_slices(["SCRIPT", "LOAD", LONG])]).await;
    let args = Args::from_slices(["EVAL_RO", LONG, "0"]);
    let (mut read, answered) = read(vec![Command::new(lookup(b"eval_ro").unwrap(), 0, args)]);
    read.deadline = Instant::now() + Duration::from_millis(20);
    answer(executor.clone(), vec![read], 5, consensus.clone()).await;
    let answered = tokio::time::timeout(TIMEOUT, answered).await.expect("it waits on");
    assert_eq!(answered.unwrap().replies, LOADING_ONLY);
    drop(turns);
}

/// What runs in apply is not asked: it has no flag.
#[tokio::test]
async fn a_script_that_reads_ends_when_it_is_stopped() {
    const LOOP: &str = "while pcall(function() while true do end end) do end";
    let library = format!(
        "#!lua name=l\nredis.register_function{{function_name='loop', callback=function() {LOOP} end, flags={{'no-writes'}}}}"
    );
    let (executor, consensus) = executor(true);
    executor.gate.write().await.cluster.level = 3;
    let loading = [["FUNCTION", "LOAD", &library], ["SCRIPT", "LOAD", LOOP]];
    run(&executor, &loading.map(Args::from_slices)).await;
    let sha = crate::script::source::sha1_hex(LOOP.as_bytes());
    let evalsha = format!("EVALSHA_RO {} 0", String::from_utf8_lossy(&sha));
    for (line, functions) in [("FCALL_RO loop 0", true), (evalsha.as_str(), false)] {
        let (reading, answered) = read(vec![command(line), command("GET k")]);
        answer(executor.clone(), vec![reading], 6, consensus.clone()).await;
        while executor.running.stop(functions).is_err() {
            tokio::task::yield_now().await;
        }
        assert!(executor.running.stop(!functions).is_err());
        let replies = answered.await.unwrap().replies;
        let StepReply::Reply(Reply::Error(error)) = &replies[0] else { panic!("{replies:?}") };
        let text = error.to_string();
        assert!(text.starts_with("ERR Script killed by user with SCRIPT KILL. script: "), "{text}");
        assert_eq!(replies[1], Reply::Nil, "{line}");
        assert!(executor.running.function().is_none());
    }
}
