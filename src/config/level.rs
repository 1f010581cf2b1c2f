//! How fresh a read has to be (design 6).

/// See the module's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReadLevel {
    /// As if there were one copy; no clock assumption.
    #[default]
    Linearizable,
    /// This node's state at once.
    Local,
}
