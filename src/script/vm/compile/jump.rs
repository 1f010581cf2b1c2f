//! What the compiler changes in a jump that it has emitted already.

use super::super::op::Op;

impl Op {
    /// Where a jump leads.
    pub(super) fn set_offset(&mut self, offset: i32) {
        match self {
            Self::Jump { off }
            | Self::Test { off, .. }
            | Self::TestSet { off, .. }
            | Self::Eq { off, .. }
            | Self::EqK { off, .. }
            | Self::Lt { off, .. }
            | Self::Le { off, .. }
            | Self::LtK { off, .. }
            | Self::LeK { off, .. }
            | Self::GtK { off, .. }
            | Self::GeK { off, .. }
            | Self::ForPrep { off, .. }
            | Self::ForLoop { off, .. }
            | Self::TForLoop { off, .. } => *off = offset,
            _ => {}
        }
    }

    /// The opposite condition of a comparison.
    pub(super) fn negate(&mut self) {
        match self {
            Self::Test { when, .. }
            | Self::TestSet { when, .. }
            | Self::Eq { when, .. }
            | Self::EqK { when, .. }
            | Self::Lt { when, .. }
            | Self::Le { when, .. }
            | Self::LtK { when, .. }
            | Self::LeK { when, .. }
            | Self::GtK { when, .. }
            | Self::GeK { when, .. } => *when = !*when,
            _ => {}
        }
    }
}
