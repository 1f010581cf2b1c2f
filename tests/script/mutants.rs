//! Programs that nobody would write, made of the corpora: whatever they are, they end without a panic, and the same each time.

use lockstep::script::lib::Script;

use crate::support::rng::Rng;
use crate::support::scripts::{Mutants, corpora};

/// Mutants that are run.
const MUTANTS: usize = 20_000;

/// The end of a run, with the units that were left and the bytes that it had.
fn run(source: &[u8]) -> Option<(String, u64, usize)> {
    let script = Script::new(source, b"@user_script").ok()?;
    let mut vm = script.start(200_000, 4 << 20);
    let end = match vm.call_at(0, 0) {
        Ok(count) => count.to_string(),
        Err(fault) => format!("{fault:?}"),
    };
    Some((end, vm.fuel, vm.heap.bytes))
}

#[test]
fn mutated_scripts_never_panic_and_end_alike() {
    let sources = corpora();
    let mut compiled = 0;
    for source in Mutants::new(&sources, Rng::new(1)).take(MUTANTS) {
        let first = run(source.as_bytes());
        compiled += usize::from(first.is_some());
        assert_eq!(first, run(source.as_bytes()), "{source}");
    }
    assert!(compiled > MUTANTS / 10, "{compiled} of them were programs");
}
