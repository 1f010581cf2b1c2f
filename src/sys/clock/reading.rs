//! What nodes tell each other of cluster time, and what a new leader makes of it ([`super::cluster`] says why).

/// The leader whose clock was told: (term, node).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Teller {
    /// Its term.
    pub term: u64,
    /// Its node.
    pub node: u64,
}

/// What a leader's clock showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whose it was.
    pub by: Teller,
    /// Cluster time at which it was told, ns.
    pub at_ns: u64,
}

/// What a voter reports to a candidate of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What its estimate goes back to; None = it has none.
    pub told: Option<Told>,
    /// Its estimate, ns; 0 without one.
    pub estimate_ns: u64,
    /// Its wall clock, ms.
    pub wall_ms: u64,
}

/// What the end of a log says of the stamps in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEnd {
    /// Leaders that had every stamped entry of this log, or stamped the rest themselves: the leader of the newest stamped entry, and
    /// those of the entries behind it.
    pub leaders: Vec<Teller>,
    /// The newest stamp, ms; None = unknown.
    pub newest_ms: Option<u64>,
}

/// One part in so many is what two clocks differ by at most, ρ = 0.05 % each: a little more than 2ρ / (1 - ρ).
const RATES_DIFFER_BY_ONE_IN: u64 = 990;

impl Reading {
    /// An estimate that is not ahead for any entry of the log that ends so; None if that cannot be known of this one.
    pub fn sound_ns(&self, end: &LogEnd) -> Option<u64> {
        if crate::planted::is("a new leader takes the time that a cut-off voter counted") {
            return self.told.map(|_| self.estimate_ns);
        }
        let told = self.told.filter(|told| end.leaders.contains(&told.by))?;
        // What that leader stamped after it told its clock, it stamped by a clock that may have been slower than this one since.
        let newest_ns = end.newest_ms.map_or(u64::MAX, |ms| ms.saturating_add(1).saturating_mul(1_000_000));
        let gap_ns = newest_ns.min(self.estimate_ns).saturating_sub(told.at_ns);
        Some(self.estimate_ns - gap_ns.div_ceil(RATES_DIFFER_BY_ONE_IN))
    }
}
