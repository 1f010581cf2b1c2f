//! The only places that touch the machine: clocks, network, threads, tasks, memory and its allocator, file descriptors, log lines.

pub mod allocator;
pub mod clock;
pub mod descriptors;
pub mod env;
pub mod log;
pub mod memory;
pub mod task;
pub mod version;
