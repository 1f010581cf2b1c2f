//! What a unit of `script-budget` takes: programs that do one thing over and over, ns per unit on the thread's CPU.
//!
//!     cargo bench --bench units [FILTER]
//!
//! Each program runs until its units are used up (or by its end, again and again); in front is the empty loop, whose unit is what the
//! budget is explained by. What stands above [`LIMIT`] is marked: the default budget would take more than two seconds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "bench"
)]

#[path = "units/programs.rs"]
mod programs;

use std::time::Duration;

use lockstep::script::lib::Script;
use lockstep::script::vm::machine::{End, Fault};

/// Units of one measurement.
const UNITS: u64 = 5_000_000;
/// `script-memory` by default.
const MEMORY: usize = 256 << 20;
/// ns per unit: 500,000,000 units within 2 s.
const LIMIT: f64 = 4.0;

fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// ns per unit, and how the last run ended.
fn measure(source: &str) -> (f64, &'static str) {
    let start = thread_time();
    let script = match Script::new(source.as_bytes(), b"@user_script") {
        Ok(script) => script,
        Err(error) => panic!("{source}: {}", String::from_utf8_lossy(&error.0)),
    };
    let mut left = UNITS;
    if source.len() > 1_000_000 {
        return ((thread_time() - start).as_nanos() as f64 / script.units() as f64, "compiled");
    }
    let mut end = "";
    let mut runs = 0;
    while left > UNITS / 10 && runs < 20_000 && end != "memory" {
        let mut vm = script.start(left, MEMORY);
        end = match vm.call_at(0, 0) {
            Ok(_) => "well",
            Err(Fault::Error(_)) => "error",
            Err(Fault::Ended(End::Budget)) => "budget",
            Err(Fault::Ended(End::Memory)) => "memory",
            Err(Fault::Ended(End::Killed)) => "killed",
            Err(Fault::Yield(_)) => "yield",
        };
        left = vm.fuel;
        runs += 1;
        if end == "budget" {
            break;
        }
    }
    ((thread_time() - start).as_nanos() as f64 / (UNITS - left) as f64, end)
}

fn main() {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let mut measured: Vec<(String, f64, &str)> = Vec::new();
    for (name, source) in programs::all() {
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter.as_str())) {
            continue;
        }
        // The least of three: what else the machine does only adds.
        let mut best = (f64::MAX, "");
        for round in 0..3 {
            let found = measure(&source);
            if found.0 < best.0 {
                best = found;
            }
            if best.0 < LIMIT / 2.0 && round > 0 {
                break;
            }
        }
        println!("{:<44} {:>8.2} {:<8} {}", name, best.0, best.1, if best.0 > LIMIT { "<<<" } else { "" });
        measured.push((name, best.0, best.1));
    }
    let mut all: Vec<f64> = measured.iter().map(|(_, ns, _)| *ns).collect();
    all.sort_by(f64::total_cmp);
    if !all.is_empty() {
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        println!(
            "{} programs: mean {mean:.2} ns per unit, median {:.2}, most {:.2}",
            all.len(),
            all[all.len() / 2],
            all[all.len() - 1]
        );
    }
}
