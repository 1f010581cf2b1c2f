//! Consensus: the only user of openraft.

pub mod types;
