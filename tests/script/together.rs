//! What clients of several nodes do together, as entries: locks and those who wait for them, blocking lists, subscribers, ONCE, scripts, the end of
//! boots; for the test of determinism.
//!
//! Invariant: what an entry leaves, and who is served by it, does not depend on which node applies it (the origin of a batch, another one, or one
//! that has the state from a snapshot).

use std::collections::BTreeMap;
use std::fmt::Write;

use lockstep::command::{Caller, check};
use lockstep::config::ReadLevel;
use lockstep::executor::apply::{EntryOutcome, apply};
use lockstep::executor::entry::{BatchWriter, Content, Stamp, decode, encode, seal};
use lockstep::executor::prepare::PreparedEntry;
use lockstep::executor::{Asker, Command, CommandGroup, Step};
use lockstep::protocol::Args;
use lockstep::snapshot::{Meta, SnapshotReader, write};
use lockstep::store::{Kind, Lock, State};

use crate::support::holds::RELEASE;
use crate::support::rng::Rng;

const ENTRIES: u64 = 6000;
/// A state is written and read again behind so many entries, where that is asked for.
const RELOADED_AFTER: u64 = 701;
const PAIRS: &str = "local t = {} for i = 1, 9 do t[redis.call('INCR', KEYS[1]) .. 'x'] = i end \
                     local s = '' for k in pairs(t) do s = s .. k end redis.call('SET', KEYS[2], s) return s";

/// Who applies the log.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The node whose clients' groups are here; 0: none's.
    pub node: u64,
    /// Now and then its state comes out of a snapshot.
    pub reloads: bool,
}

/// Applies the log in this place to a new state. Gives a line for each entry, and how much there was at most of each thing.
pub fn run(mut state: State, place: Place, out: &mut String) {
    let mut log = Log {
        rng: Rng::new(20_260_401),
        boots: [0; 2],
        seqs: [0; 2],
        asked: BTreeMap::new(),
        index: 1,
        now_ms: 1_790_000_000_000,
    };
    let mut most = [0; 6];
    let (mut guarded, mut admitted) = (0, 0);
    for node in [1, 2] {
        log.boot(&mut state, node);
    }
    for number in 0..ENTRIES {
        let outcome = log.next(&mut state, place);
        let digest = state.digest.value();
        writeln!(out, "together {number}: digest {digest:016x}, {:?}", outcome.effects.released).unwrap();
        let locks = state.db(0).iter_unordered().filter(|entry| entry.value().is_lock()).count();
        let revision = state.db(0).get(b"guarded").map_or(0, |entry| entry.revision());
        admitted += usize::from(std::mem::replace(&mut guarded, revision) < revision);
        let sessions = state.sessions();
        let of_sessions = |(id, _)| state.session_hold_count(id) as usize + sessions.keys_of(id).count();
        let counts = [
            locks,
            state.waiters().len(),
            state.subscriptions().iter().len(),
            state.once.iter().len(),
            sessions.iter().len(),
            sessions.iter().map(of_sessions).sum(),
        ];
        most.iter_mut().zip(counts).for_each(|(most, count)| *most = count.max(*most));
        if number % RELOADED_AFTER == RELOADED_AFTER - 1 {
            state.validate().unwrap();
            if place.reloads {
                state = reloaded(&state);
            }
        }
    }
    let [locks, waiters, subscriptions, once, sessions, of_sessions] = most;
    writeln!(
        out,
        "together at most: {locks} locks, {waiters} waiters, {subscriptions} subscriptions, {once} of ONCE, {sessions} sessions with \
         {of_sessions} locks and keys; {admitted} guards admitted"
    )
    .unwrap();
    assert!(most.iter().all(|most| *most > 3), "something was hardly in use: {most:?}");
    assert!(admitted > 20, "hardly a guard was admitted: {admitted}");
}

fn reloaded(state: &State) -> State {
    let mut bytes = Vec::new();
    write(state, &Meta::of(state, 0, 1, 1, Vec::new()), &mut bytes).unwrap();
    SnapshotReader::new(&bytes[..], "memory").unwrap().read_state().unwrap().1
}

struct Log {
    rng: Rng,
    boots: [u64; 2],
    seqs: [u64; 2],
    /// How often each connection has asked.
    asked: BTreeMap<u64, u64>,
    index: u64,
    now_ms: u64,
}

impl Log {
    fn apply(
        &mut self,
        state: &mut State,
        unsealed: bytes::BytesMut,
        groups: Option<Vec<CommandGroup>>,
    ) -> EntryOutcome {
        self.index += 1;
        let stamp = Stamp { now_ms: self.now_ms, ..Stamp::default() };
        let entry = PreparedEntry::new(decode(&seal(unsealed, stamp)).unwrap()).unwrap();
        apply(state, self.index, entry, |_, _| groups)
    }

    fn boot(&mut self, state: &mut State, node: u64) -> EntryOutcome {
        let nonce = self.rng.next();
        let outcome = self.apply(state, encode(&Content::Boot { node, nonce }), None);
        let at = node as usize - 1;
        (self.boots[at], self.seqs[at]) = (self.index, 0);
        outcome
    }

    fn next(&mut self, state: &mut State, place: Place) -> EntryOutcome {
        self.now_ms += self.rng.below(12) as u64;
        let at = self.rng.below(2);
        match self.rng.below(200) {
            0..3 => {
                self.now_ms += self.rng.below(400) as u64;
                self.apply(state, encode(&Content::Tick), None)
            }
            3 => self.boot(state, at as u64 + 1),
            4 => {
                let boot = self.boots[at];
                let content = if self.rng.percent(50) { Content::Absent { boot } } else { Content::EndBoot { boot } };
                self.apply(state, encode(&content), None);
                self.boot(state, at as u64 + 1)
            }
            _ => self.batch(state, at, place),
        }
    }

    fn batch(&mut self, state: &mut State, at: usize, place: Place) -> EntryOutcome {
        self.seqs[at] += 1;
        let mut batch = BatchWriter::new(self.boots[at], self.seqs[at], 64);
        let mut groups = Vec::new();
        for _ in 0..=self.rng.below(4) {
            let args = self.command(state);
            let Ok(spec) = check(Caller::Log, &args) else { panic!("{args:?} is not known") };
            let connection = (at as u64 + 1) << 32 | self.rng.below(8) as u64;
            let number = self.asked.entry(connection).or_default();
            *number += 1;
            // A cancel is of the one before.
            let asker = Asker::new(connection, *number - u64::from(spec.name == "wait._cancel"));
            let command = Command::new(spec, 0, args).asked_by(asker);
            batch.add(&command);
            groups.push(CommandGroup::new(vec![Step::Write(command)], ReadLevel::Linearizable, false, connection).0);
        }
        let is_here = place.node == at as u64 + 1;
        self.apply(state, batch.finish(), is_here.then_some(groups))
    }

    fn command(&mut self, state: &State) -> Args {
        let rng = &mut self.rng;
        let number = |rng: &mut Rng, below: usize| rng.below(below).to_string();
        let (lock, owner) = (format!("lock{}", rng.below(4)), format!("owner{}", rng.below(6)));
        let (list, channel) = (format!("list{}", rng.below(3)), format!("channel{}", rng.below(3)));
        let (ttl, id) = ((20 + rng.below(300)).to_string(), format!("id{}", rng.below(400)));
        let value = number(rng, 1000);
        let held = state.db(0).get(lock.as_bytes()).and_then(|entry| Lock::of(entry.value()));
        let token = held.and_then(|lock| lock.holds().first()).map_or(7, |hold| hold.token);
        let sessions: Vec<u64> = state.sessions().iter().map(|(id, _)| id).chain([7]).collect();
        let session = *rng.pick(&sessions);
        let line = match rng.below(43) {
            0..4 => format!("LOCK.ACQUIRE {lock} {owner} PX {ttl} WAIT {}", number(rng, 500)),
            4 => format!("LOCK.ACQUIRE {lock} {owner} PX {ttl}"),
            5 => format!("LOCK.ACQUIRE {lock} {owner} PX {ttl} SHARED WAIT {}", number(rng, 500)),
            6 => format!("LOCK.ACQUIRE pair {owner} PX {ttl} LIMIT 2 WAIT {}", number(rng, 500)),
            7 | 8 => format!("LOCK.RELEASE {lock} {owner}"),
            9 => format!("LOCK.EXTEND {lock} {owner} PX {ttl}"),
            10 => format!("LOCK.BREAK {lock}"),
            11 if rng.percent(20) => format!("LOCK.GUARD {lock} {value} INCR guarded"),
            11 => format!("LOCK.GUARD {lock} {token} INCR guarded"),
            12..14 => format!("BLPOP {list} list1 0.{value}"),
            14 => format!("BLMOVE {list} list0 LEFT RIGHT 0.{value}"),
            15..17 => format!("RPUSH {list} {value}"),
            17 => format!("BZPOPMIN sorted 0.{value}"),
            18 => format!("ZADD sorted {value} {owner}"),
            19 => format!("SUBSCRIBE {channel} other"),
            20 => "PSUBSCRIBE channel* ?".into(),
            21 => format!("UNSUBSCRIBE {channel}"),
            22..24 => format!("PUBLISH {channel} {value}"),
            24 => format!("pubsub._hold c {channel}"),
            25 => "wait._cancel".into(),
            26 => format!("ONCE {id} INCR counted"),
            27 => format!("ONCE {id} LOCK.ACQUIRE {lock} {owner} PX {ttl}"),
            28 => format!("ONCE {id} SPOP set"),
            29 => format!("SADD set {value} {owner}"),
            30 => format!("SET string {owner} NX PX {ttl}"),
            31 => format!("DEL {lock}"),
            32 if rng.percent(10) => "FLUSHALL".into(),
            32 | 33 => return Args::from_slices(["EVAL", RELEASE, "1", "string", &owner]),
            34 => return Args::from_slices(["ONCE", &id, "EVAL", PAIRS, "2", "counted", "text"]),
            35 => format!("LOCK.ACQUIRE {lock} {owner} PX {ttl} CONNECTION DELAY {}", number(rng, 100)),
            36 => format!("LOCK.ACQUIRE {lock} {owner} PX {ttl} CONNECTION WAIT {}", number(rng, 500)),
            37 => format!("SESSION.OPEN PX {ttl}"),
            38 => format!("SESSION.KEEPALIVE {session}"),
            39 => format!("SESSION.BIND {session} string text"),
            40 => format!("LOCK.ACQUIRE {lock} {owner} SESSION {session}"),
            41 => format!("LOCK.ACQUIRE {lock} {owner} PX {ttl} SESSION {session} WAIT {}", number(rng, 500)),
            _ => return Args::from_slices(["EVAL", PAIRS, "2", "counted", "text"]),
        };
        Args::from_slices(line.split(' '))
    }
}
