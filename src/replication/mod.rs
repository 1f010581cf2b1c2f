//! Consensus: the only user of openraft.

pub mod codec;
pub mod log;
pub mod types;
