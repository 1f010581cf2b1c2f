//! The only places that touch the machine: clocks and what took long by them, network, threads, tasks, memory and its allocator, disks, file
//! descriptors, log lines.

pub mod allocator;
pub mod clock;
pub mod descriptors;
pub mod disk;
pub mod env;
pub mod latency;
pub mod log;
pub mod memory;
pub mod sync;
pub mod task;
pub mod version;
