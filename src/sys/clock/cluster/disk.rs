//! The base on disk: what a node knows of cluster time outlives its process, on the same boot of the machine.

use super::super::reading::{Teller, Told};
use super::super::steady::Steady;
use super::{Base, ClusterClock, Source};

/// What a base on disk begins with. Version 1 did not say whose the base was.
const FORMAT: &str = "2";

impl ClusterClock {
    /// The base as text for the disk.
    pub fn to_disk(&self) -> Option<String> {
        let mut inner = self.inner.lock();
        let steady = inner.steady.as_text(&*self.clocks);
        let estimate_ns = inner.estimate_ns(&*self.clocks);
        let Told { by: Teller { term, node }, at_ns } = inner.told(estimate_ns)?;
        let offset_ns = inner.base?.offset_ns;
        Some(format!("{FORMAT}\n{}\n{steady}\n{term} {node} {at_ns} {offset_ns}\n", self.clocks.machine_boot()))
    }

    /// Takes a base from disk, if it is of the same boot of this machine and not ahead of its clock. True if it counts.
    pub fn restore(&self, text: &str) -> bool {
        let mut inner = self.inner.lock();
        if inner.base.is_some() {
            return false;
        }
        let Some((steady, base)) = self.parse(text) else { return false };
        inner.steady = steady;
        inner.base = Some(base);
        inner.source = Source::Disk;
        true
    }

    fn parse(&self, text: &str) -> Option<(Steady, Base)> {
        let mut lines = text.lines();
        if lines.next()? != FORMAT || lines.next()? != self.clocks.machine_boot() {
            return None;
        }
        let steady = Steady::of_text(lines.next()?, &*self.clocks)?;
        let mut numbers = lines.next()?.split(' ');
        let mut number = || numbers.next()?.parse::<u64>().ok();
        let told = Told { by: Teller { term: number()?, node: number()? }, at_ns: number()? };
        let offset_ns = numbers.next()?.parse().ok()?;
        Some((steady, Base { told, offset_ns, own: false }))
    }
}
