//! Programs that nobody would write, made of the corpora: whatever they are, they end without a panic, and the same each time.

use lockstep::script::lib::Script;

use crate::support::rng::Rng;

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
    let mut sources: Vec<String> = Vec::new();
    for folder in ["tests/script/corpus", "tests/script/corpus_redis"] {
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            sources.extend(std::fs::read_to_string(file).unwrap().split("\n---\n").map(str::to_owned));
        }
    }
    let words: Vec<Vec<&str>> =
        sources.iter().map(|source| source.split_inclusive([' ', '(', ')', ',']).collect()).collect();
    let mut rng = Rng::new(1);
    let mut compiled = 0;
    for _ in 0..MUTANTS {
        let mut mutant = words[rng.below(words.len())].clone();
        for _ in 0..=rng.below(3) {
            let other = &words[rng.below(words.len())];
            let at = rng.below(mutant.len());
            match rng.below(3) {
                0 => drop(mutant.remove(at)),
                1 => mutant[at] = other[rng.below(other.len())],
                _ => mutant.insert(at, other[rng.below(other.len())]),
            }
            if mutant.is_empty() {
                break;
            }
        }
        let source = mutant.concat();
        let first = run(source.as_bytes());
        compiled += usize::from(first.is_some());
        assert_eq!(first, run(source.as_bytes()), "{source}");
    }
    assert!(compiled > MUTANTS / 10, "{compiled} of them were programs");
}
