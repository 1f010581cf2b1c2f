//! Channels among a command's arguments.

/// Which they are: from the first argument on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelNames {
    /// Only the first one; else all.
    pub is_one: bool,
    /// They are patterns.
    pub are_patterns: bool,
}

impl ChannelNames {
    /// A channel that is published to.
    pub const ONE: Self = Self { is_one: true, are_patterns: false };
    /// Channels that are listened to.
    pub const ALL: Self = Self { is_one: false, are_patterns: false };
    /// Patterns of those.
    pub const PATTERNS: Self = Self { is_one: false, are_patterns: true };
}
