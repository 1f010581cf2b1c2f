//! Fuzzing on stable Rust: seeded mutation of valid input for everything that reads bytes from outside.
//!
//! A target is one function and its valid inputs ([`Target`]); it panics where a promise is broken. Bounds are in
//! `support::bounds`; a failure prints the seed, the input and the number of its round.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod codec;
mod configuration;
mod conversions;
mod dumps;
mod entries;
mod frames;
mod mutate;
mod requests;
mod snapshots;
#[path = "../support/mod.rs"]
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use support::bounds;
use support::rng::Rng;

/// Something that reads bytes.
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// Valid inputs, which mutation starts from.
    pub valid: fn(&mut Rng) -> Vec<u8>,
    /// Reads the bytes and panics where a promise is broken. True if they were valid.
    pub read: fn(&[u8], &mut Rng) -> bool,
}

/// Bytes of address space: an input that makes a target allocate by a number that it has only read ends the test, not
/// the machine.
const MEMORY_MAX: u64 = 4 << 30;

/// Runs a target; demands that both valid and invalid inputs have occurred.
pub fn fuzz(target: &Target) {
    fuzz_some(target, bounds::FUZZ_INPUTS);
}

/// The same for one that takes longer.
pub fn fuzz_slowly(target: &Target) {
    fuzz_some(target, bounds::FUZZ_SLOW_INPUTS);
}

fn fuzz_some(target: &Target, inputs: u64) {
    let limit = rustix::process::Rlimit { current: Some(MEMORY_MAX), maximum: Some(MEMORY_MAX) };
    rustix::process::setrlimit(rustix::process::Resource::As, limit).expect("a lower limit is always allowed");
    let seed = bounds::seed(target.name);
    let mut rng = Rng::new(seed);
    let (mut valid, mut invalid) = (0, 0);
    for round in 0..bounds::scaled(inputs) {
        let mut input = (target.valid)(&mut rng);
        if round % 8 != 0 {
            let other = (target.valid)(&mut rng);
            mutate::mutate(&mut input, &other, &mut rng);
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.read)(&input, &mut rng)));
        match outcome {
            Ok(true) => valid += 1,
            Ok(false) if round % 8 == 0 => {
                panic!("{}: a valid input is refused: {}", target.name, input.escape_ascii())
            }
            Ok(false) => invalid += 1,
            Err(panic) => {
                eprintln!("{}: LOCKSTEP_SEED={seed}, round {round}, input {}", target.name, input.escape_ascii());
                resume_unwind(panic);
            }
        }
    }
    println!("{}: {valid} valid, {invalid} invalid", target.name);
    assert!(valid > 0 && invalid > 0, "{}: {valid} valid, {invalid} invalid", target.name);
}
