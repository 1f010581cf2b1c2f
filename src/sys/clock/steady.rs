//! A reading of the machine's clocks that nothing but time moves.
//!
//! Invariants
//! - It advances by CLOCK_BOOTTIME (which counts suspend and knows no steps), held within ± 0.05 % of CLOCK_MONOTONIC_RAW plus suspend:
//!   neither a stepped nor a slewed wall clock moves it.
//! - It goes on over a restart of the process ([`Steady::as_text`]) as if there had been none: what a slewed clock was held back by
//!   does not come with the next process.

use super::Clocks;

/// Largest accepted difference of rates between the boot-time clock and the raw one: 0.05 %.
const RATE_LIMIT_PER_MILLION: i128 = 500;

/// A moment by the steady reading, ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub(super) u64);

/// A steady reading: boot time, with its rate held to the raw clock's.
#[derive(Debug, Default)]
pub struct Steady {
    steady_ns: u64,
    /// Monotonic and raw clock at the last reading.
    last: Option<(u64, u64)>,
    /// How far boot time is ahead of the monotonic clock: what the machine has slept. The most that was seen, because a pause between
    /// the two readings makes it less, and a later reading must not count that pause again.
    slept_ns: u64,
}

impl Steady {
    /// The reading now.
    pub fn read(&mut self, clocks: &dyn Clocks) -> Moment {
        let (boot, mono, raw) = (clocks.boottime_ns(), clocks.monotonic_ns(), clocks.raw_ns());
        let slept_ns = boot.saturating_sub(mono);
        let Some((last_mono, last_raw)) = self.last else {
            self.slept_ns = slept_ns;
            self.last = Some((mono, raw));
            self.steady_ns = boot;
            return Moment(boot);
        };
        let span = raw.saturating_sub(last_raw);
        let suspended = slept_ns.saturating_sub(self.slept_ns);
        let suspended = if crate::planted::is("what a machine slept is not counted") { 0 } else { suspended };
        if span < 1_000_000 {
            // Over short spans the clocks' granularity is larger than the limit.
            return Moment(self.steady_ns + span + suspended);
        }
        let awake = i128::from(mono.saturating_sub(last_mono));
        let span = i128::from(span);
        let slack = span * RATE_LIMIT_PER_MILLION / 1_000_000;
        let slack = if crate::planted::is("a slewed clock is believed") { span } else { slack };
        let awake = awake.clamp(span - slack, span + slack) as u64;
        self.steady_ns += awake + suspended;
        self.last = Some((mono, raw));
        self.slept_ns = self.slept_ns.max(slept_ns);
        Moment(self.steady_ns)
    }

    /// For the disk, in one line, ns: the last reading, the clocks' monotonic and raw ones at it, and what the machine had slept.
    pub fn as_text(&mut self, clocks: &dyn Clocks) -> String {
        self.read(clocks);
        let (mono, raw) = self.last.unwrap_or_default();
        format!("{} {mono} {raw} {}", self.steady_ns, self.slept_ns)
    }

    /// What [`Self::as_text`] wrote, to go on from on the same boot of the machine. None: it is none, or ahead of the clocks.
    pub fn of_text(text: &str, clocks: &dyn Clocks) -> Option<Self> {
        let numbers: Option<Vec<u64>> = text.split(' ').map(|number| number.parse().ok()).collect();
        let &[steady_ns, mono, raw, slept_ns] = numbers?.as_slice() else { return None };
        (raw <= clocks.raw_ns()).then_some(Self { steady_ns, last: Some((mono, raw)), slept_ns })
    }
}
