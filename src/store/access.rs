//! When a key was last asked for, and about how often: what the leader picks victims by, and what OBJECT IDLETIME and FREQ tell.
//!
//! Invariant: nothing here is part of the state. No digest and no snapshot holds it, each node has its own, and what runs in apply writes it and never
//! reads it: a victim is chosen by the leader alone, and goes through the log by its name.
//!
//! It stands in what would be padding of an entry, so it costs no memory under any policy: the time in hundredths of a second, and Redis's
//! logarithmic counter in a byte. The counter counts under the LFU policies only; it is taken down by the minutes since the last access when it is
//! looked at, as in Redis. Chance comes from how many accesses this node has counted, so a simulated cluster does the same each time.
//!
//! A node notes also the reads that it serves itself, and tells the other members a sample of them twice a second (`replication/eviction.rs`): writes are
//! applied everywhere, reads run on one node. A sample and not all: what is asked for often is in it with near certainty, and the bound is on
//! what it costs, not on how much is read. Each key in it stands for as many accesses as it takes to make up for those that are not. It goes to every
//! member, not to the leader alone, so that the next leader knows as much.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;

use super::{Options, Position};

/// Most reads that a node tells the others at a time.
pub const SAMPLE_MAX: usize = 2048;
/// What the counter of a new key starts from, so that it is not the next victim: Redis's.
pub const NEW_KEY_USES: u8 = 5;
const MINUTE_CS: u32 = 6000;
/// Most accesses that one key in a sample stands for.
const WEIGHT_MAX: u32 = 255;

/// What an access does to a key, by the options and the time of that moment.
#[derive(Clone, Copy)]
pub struct Touch {
    now_cs: u32,
    /// Under an LFU policy.
    counts: Option<Counts>,
    /// How many accesses it stands for.
    weight: u32,
}

#[derive(Clone, Copy)]
struct Counts {
    factor: u64,
    decay_min: u64,
    chance: u64,
}

/// Hundredths of a second: wraps after 16 months, Redis's seconds after 6.
fn cs(ms: u64) -> u32 {
    (ms / 10) as u32
}

impl Touch {
    /// A single access.
    pub(super) fn one(now_ms: u64, options: &Options, number: u64) -> Self {
        let counts = options.policy().counts_uses().then(|| Counts {
            factor: options.lfu_log_factor,
            decay_min: options.lfu_decay_min,
            chance: mixed(number),
        });
        Self { now_cs: cs(now_ms), counts, weight: 1 }
    }

    /// The same for as many accesses as a key of a sample stands for.
    pub(super) fn times(self, weight: u32) -> Self {
        Self { weight: weight.clamp(1, WEIGHT_MAX), ..self }
    }

    /// The counter behind this access.
    fn count(self, access: Access<'_>) -> u8 {
        let before = access.uses.load(Relaxed);
        let Some(Counts { factor, decay_min, mut chance }) = self.counts else { return before };
        let mut uses = decayed(before, self.now_cs.wrapping_sub(access.at_cs.load(Relaxed)), decay_min);
        for _ in 0..self.weight {
            if uses == u8::MAX {
                break;
            }
            let above = u64::from(uses.saturating_sub(NEW_KEY_USES));
            // In one of so many cases.
            if chance % above.saturating_mul(factor).saturating_add(1) == 0 {
                uses += 1;
            }
            chance = mixed(chance);
        }
        uses
    }
}

/// The counter after so long without an access.
fn decayed(uses: u8, idle_cs: u32, decay_min: u64) -> u8 {
    let periods = u64::from(idle_cs / MINUTE_CS).checked_div(decay_min).unwrap_or(0);
    uses.saturating_sub(u8::try_from(periods).unwrap_or(u8::MAX))
}

/// Where a read in a sample was: database and position.
pub(super) fn place_of(read: u64) -> (usize, Position) {
    ((read >> POSITION_BITS) as usize, Position(read & ((1 << POSITION_BITS) - 1)))
}

/// A step of SplitMix64.
pub(super) fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// What an entry has of it: five bytes of padding, which would be eight in a struct.
#[derive(Clone, Copy)]
pub(super) struct Access<'a> {
    pub at_cs: &'a AtomicU32,
    pub uses: &'a AtomicU8,
}

/// The same of a key that comes to be.
pub(super) fn first_access(now_ms: u64) -> (AtomicU32, AtomicU8) {
    (cs(now_ms).into(), NEW_KEY_USES.into())
}

impl Access<'_> {
    pub fn touch(self, touch: Touch) {
        let uses = touch.count(self);
        // Many threads read the same keys: what stays as it is is not written.
        if self.uses.load(Relaxed) != uses {
            self.uses.store(uses, Relaxed);
        }
        if self.at_cs.load(Relaxed) != touch.now_cs {
            self.at_cs.store(touch.now_cs, Relaxed);
        }
    }

    /// Since the last access, ms.
    pub fn idle_ms(self, now_ms: u64) -> u64 {
        let idle_cs = cs(now_ms).wrapping_sub(self.at_cs.load(Relaxed));
        // Nodes' estimates of the time differ a little: what is ahead of this one's is no age.
        if idle_cs > u32::MAX - MINUTE_CS { 0 } else { u64::from(idle_cs) * 10 }
    }

    pub fn set_idle(self, now_ms: u64, idle_s: u64) {
        let idle_ms = idle_s.saturating_mul(1000).min(u64::from(u32::MAX - 2 * MINUTE_CS) * 10);
        self.at_cs.store(cs(now_ms).wrapping_sub(cs(idle_ms)), Relaxed);
    }

    pub fn set_uses(self, uses: u8) {
        self.uses.store(uses, Relaxed);
    }

    /// The counter as of now.
    pub fn uses(self, now_ms: u64, decay_min: u64) -> u8 {
        decayed(self.uses.load(Relaxed), (self.idle_ms(now_ms) / 10) as u32, decay_min)
    }

    /// That of a key which goes on with another value.
    pub fn take_over(self, before: Access<'_>) {
        self.uses.store(before.uses.load(Relaxed), Relaxed);
        self.at_cs.store(before.at_cs.load(Relaxed), Relaxed);
    }
}

/// What this node counts of accesses, beside the entries. Shared with the state's images.
#[derive(Clone, Debug, Default)]
pub struct Accesses(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    number: AtomicU64,
    is_told: AtomicBool,
    sample: Mutex<Sample>,
}

/// Reads to be told: each one read of all had the same chance to get here.
#[derive(Debug, Default)]
struct Sample {
    seen: u64,
    /// Database and position.
    keys: Vec<u64>,
}

/// A read is a database and a position in one number.
const POSITION_BITS: u32 = 56;

impl Accesses {
    /// Whether there is anybody whom this node tells what it reads.
    pub fn tell(&self, is_told: bool) {
        if self.0.is_told.swap(is_told, Relaxed) && !is_told {
            *self.0.sample.lock() = Sample::default();
        }
    }

    /// The number of an access.
    pub(super) fn next(&self) -> u64 {
        self.0.number.fetch_add(1, Relaxed)
    }

    /// Notes a read of this node.
    pub(super) fn note(&self, db: usize, key: &[u8]) {
        if !self.0.is_told.load(Relaxed) {
            return;
        }
        let number = self.next();
        // Who reads beside does not wait: it is a sample.
        let Some(mut sample) = self.0.sample.try_lock() else { return };
        sample.seen += 1;
        let place = mixed(number) % sample.seen;
        let is_full = sample.keys.len() >= SAMPLE_MAX;
        if is_full && place >= SAMPLE_MAX as u64 {
            return;
        }
        let read = (db as u64) << POSITION_BITS | Position::of(key).0;
        match sample.keys.get_mut(place as usize) {
            Some(held) if is_full => *held = read,
            _ => sample.keys.push(read),
        }
    }

    /// What was read since the last call: how many reads each stands for, and which keys.
    pub fn take_sample(&self) -> (u32, Vec<u64>) {
        let Sample { seen, keys } = std::mem::take(&mut *self.0.sample.lock());
        let weight = seen.checked_div(keys.len() as u64).unwrap_or(1);
        (weight.min(u64::from(WEIGHT_MAX)) as u32, keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Policy;

    fn options(factor: u64) -> Options {
        Options {
            maxmemory_policy: Policy::AllkeysLfu as u64,
            lfu_log_factor: factor,
            lfu_decay_min: 1,
            ..Options::default()
        }
    }

    /// Redis's table of how the counter saturates: after so many hits it shows about so much.
    #[test]
    fn counter_grows_as_redis_documents() {
        for (factor, hits, least, most) in
            [(0, 100, 104, 105), (1, 1000, 40, 60), (10, 1000, 13, 24), (10, 100_000, 120, 165), (100, 100_000, 42, 58)]
        {
            let (options, (at_cs, uses)) = (options(factor), first_access(0));
            let access = Access { at_cs: &at_cs, uses: &uses };
            for number in 0..hits {
                access.touch(Touch::one(0, &options, number));
            }
            let uses = access.uses(0, 1);
            assert!((least..=most).contains(&uses), "factor {factor}, {hits} hits: {uses}");
        }
    }

    #[test]
    fn counter_falls_by_one_for_each_period_without_an_access() {
        let (at_cs, uses) = first_access(0);
        let access = Access { at_cs: &at_cs, uses: &uses };
        access.set_uses(9);
        for (minutes, decay_min, expected) in
            [(0, 1, 9), (1, 1, 8), (5, 1, 4), (9, 1, 0), (900, 1, 0), (5, 0, 9), (5, 2, 7), (900, 60, 0)]
        {
            assert_eq!(access.uses(minutes * 60_000, decay_min), expected, "{minutes} {decay_min}");
        }
        // An access is counted from what is left.
        access.touch(Touch::one(5 * 60_000, &options(10), 0));
        assert_eq!(access.uses(5 * 60_000, 1), 5);
        // Not under another policy, and then nothing is taken down for good.
        access.touch(Touch::one(8 * 60_000, &Options::default(), 0));
        assert_eq!(access.uses(8 * 60_000, 1), 5);
    }

    #[test]
    fn idle_time_survives_the_wrap_of_its_clock() {
        let wrap_ms = (u64::from(u32::MAX) + 1) * 10;
        let (at_cs, uses) = first_access(wrap_ms - 5000);
        let access = Access { at_cs: &at_cs, uses: &uses };
        assert_eq!(access.idle_ms(wrap_ms + 2000), 7000);
        assert_eq!(access.idle_ms(wrap_ms - 5500), 0, "another node's clock was ahead");
        access.set_idle(123_456_789, 7);
        assert_eq!(access.idle_ms(123_456_789), 7000);
        access.set_idle(123_456_789, u64::MAX);
        assert!(access.idle_ms(123_456_789) > 400 * 86_400_000);
    }

    #[test]
    fn sample_is_bounded_and_stands_for_all_reads() {
        let accesses = Accesses::default();
        accesses.note(0, b"k");
        assert_eq!(accesses.take_sample(), (1, vec![]), "nobody is told");
        accesses.tell(true);
        accesses.note(3, b"k");
        assert_eq!(accesses.take_sample(), (1, vec![3 << 56 | Position::of(b"k").0]));
        for number in 0..20 * SAMPLE_MAX as u32 {
            accesses.note(0, &number.to_le_bytes());
            accesses.note(0, b"often");
        }
        let (weight, keys) = accesses.take_sample();
        assert_eq!((weight, keys.len()), (40, SAMPLE_MAX));
        let often = keys.iter().filter(|read| **read == Position::of(b"often").0).count();
        assert!((SAMPLE_MAX * 2 / 5..SAMPLE_MAX * 3 / 5).contains(&often), "half of the reads: {often}");
    }

    /// A new value of a key goes on with what was known of it; a key of a sample counts as often as it stands for.
    #[test]
    fn accesses_outlive_the_value_and_count_as_many_as_they_stand_for() {
        let options = options(0);
        let (before, after) = (first_access(50_000), first_access(90_000));
        let of = |(at_cs, uses)| Access { at_cs, uses };
        let (before, after) = (of((&before.0, &before.1)), of((&after.0, &after.1)));
        before.touch(Touch::one(50_000, &options, 0).times(40));
        assert_eq!(before.uses(50_000, 1), NEW_KEY_USES + 40);
        before.touch(Touch::one(50_000, &options, 0).times(0));
        assert_eq!(before.uses(50_000, 1), NEW_KEY_USES + 41, "once at least");
        after.take_over(before);
        assert_eq!((after.uses(50_000, 1), after.idle_ms(90_000)), (NEW_KEY_USES + 41, 40_000));
    }
}
