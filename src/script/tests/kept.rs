//! Which scripts stay loaded, by what commands do.

use super::*;
use crate::protocol::Reply;
use crate::script::source::sha1_hex;
use crate::store::{Effects, GIVEN_SCRIPTS_LEVEL, LOADED_BYTES_MAX, Rng, SCRIPT_OVERHEAD};

/// Scripts of about 1 KiB each; three of them have room.
fn small_bench() -> Bench {
    let mut bench = bench();
    bench.state.cluster.level = GIVEN_SCRIPTS_LEVEL;
    bench.state.options.script_cache_bytes = 3 * (text(0).len() + SCRIPT_OVERHEAD) as u64;
    bench
}

fn text(n: usize) -> String {
    format!("return {n:04} --{}", "x".repeat(1000))
}

fn sha(n: usize) -> String {
    String::from_utf8(sha1_hex(text(n).as_bytes()).to_vec()).unwrap()
}

fn run(bench: &mut Bench, words: &[&str]) -> Reply {
    bench.run_args(&Args::from_slices(words))
}

fn eval(bench: &mut Bench, n: usize) {
    assert_eq!(run(bench, &["EVAL", &text(n), "0"]), Reply::Int(n as i64));
}

/// Which of the first ten are loaded.
fn loaded(bench: &Bench) -> Vec<usize> {
    (0..10).filter(|n| bench.state.scripts.contains(sha(*n).as_bytes().try_into().unwrap())).collect()
}

#[test]
fn scripts_of_eval_go_by_their_last_run_in_the_log_and_loaded_ones_stay() {
    let mut bench = small_bench();
    run(&mut bench, &["SCRIPT", "LOAD", &text(0)]);
    (1..4).for_each(|n| eval(&mut bench, n));
    assert_eq!(loaded(&bench), [0, 1, 2, 3]);
    eval(&mut bench, 1);
    eval(&mut bench, 4);
    assert_eq!(loaded(&bench), [0, 1, 3, 4], "2 was not used for longest");
    assert_eq!(run(&mut bench, &["EVALSHA", &sha(3), "0"]), Reply::Int(3));
    eval(&mut bench, 5);
    assert_eq!(loaded(&bench), [0, 3, 4, 5]);
    assert_eq!(run(&mut bench, &["EVALSHA", &sha(1), "0"]), crate::error::NO_SCRIPT.into());
    // One that is loaded later makes room and stays.
    run(&mut bench, &["SCRIPT", "LOAD", &text(4)]);
    (6..10).for_each(|n| eval(&mut bench, n));
    assert_eq!(loaded(&bench), [0, 4, 7, 8, 9]);
}

#[test]
fn reads_at_an_origin_change_nothing_of_what_stays() {
    let after = |reads: bool| {
        let mut bench = small_bench();
        (1..4).for_each(|n| eval(&mut bench, n));
        for _ in 0..5 {
            if reads {
                assert_eq!(run(&mut bench, &["EVALSHA_RO", &sha(1), "0"]), Reply::Int(1));
                assert_eq!(run(&mut bench, &["EVAL_RO", &text(1), "0"]), Reply::Int(1));
                run(&mut bench, &["SCRIPT", "EXISTS", &sha(1)]);
            }
        }
        eval(&mut bench, 4);
        (loaded(&bench), bench.state.scripts.newest())
    };
    assert_eq!(after(true), after(false));
    assert_eq!(after(true).0, [2, 3, 4]);
}

#[test]
fn eval_ro_that_is_not_loaded_is_given_by_the_log_and_one_too_large_is_a_read() {
    let mut bench = small_bench();
    assert_eq!(run(&mut bench, &["EVAL_RO", &text(1), "0"]), Reply::Int(1));
    assert_eq!(loaded(&bench), [1]);
    let index = bench.index;
    let large = format!("return 7 --{}", "x".repeat(5000));
    let (name, body) = (sha1_hex(large.as_bytes()), large.clone().into());
    assert!(!bench.state.lacks_script(&name, &body));
    assert_eq!(run(&mut bench, &["EVAL_RO", &large, "0"]), Reply::Int(7));
    assert_eq!(run(&mut bench, &["EVAL", &large, "0"]), Reply::Int(7));
    assert_eq!((loaded(&bench), bench.state.scripts.len()), (vec![1], 1));
    assert!(bench.index > index);
}

#[test]
fn smaller_bound_counts_at_once() {
    let mut bench = small_bench();
    bench.state.options.script_cache_bytes = 64 << 20;
    let large = |n: u8| format!("return {n} --{}", "x".repeat(600 << 10));
    for n in 0..4 {
        run(&mut bench, &["EVAL", &large(n), "0"]);
    }
    assert_eq!(bench.state.scripts.len(), 4);
    let before = bench.state.digest.value();
    let spec = crate::command::lookup(b"config._set").unwrap();
    let mut effects = Effects::default();
    let mut txn = bench.state.txn(0, Rng::new(1), &mut effects);
    assert_eq!(
        (bench.write)(spec, &mut txn, &Args::from_slices(["config._set", "script-cache-bytes", "1048576"])),
        Ok(Reply::Ok)
    );
    bench.state.digest.finish(1000);
    assert_eq!(effects.evicted_scripts, 3);
    assert_eq!(bench.state.scripts.len(), 1);
    assert_ne!(bench.state.digest.value(), before);
    assert!(bench.state.scripts.contains(&sha1_hex(large(3).as_bytes())));
}

#[test]
fn below_their_level_all_scripts_stay_and_do_so_later() {
    let mut bench = small_bench();
    bench.state.cluster.level = GIVEN_SCRIPTS_LEVEL - 1;
    (0..5).for_each(|n| eval(&mut bench, n));
    assert!(bench.state.scripts.iter().all(|(_, kept)| kept.used.is_none()));
    bench.state.cluster.level = GIVEN_SCRIPTS_LEVEL;
    (0..10).for_each(|n| eval(&mut bench, n));
    assert_eq!(loaded(&bench), [0, 1, 2, 3, 4, 7, 8, 9]);
}

#[test]
fn script_load_is_refused_where_loaded_scripts_fill_their_room() {
    let mut bench = small_bench();
    let mut loaded = 0;
    let refused = loop {
        match run(&mut bench, &["SCRIPT", "LOAD", &text(loaded)]) {
            Reply::Error(error) => break error.to_string(),
            _ => loaded += 1,
        }
    };
    assert_eq!(refused, "LIMIT loaded scripts may take 65536 bytes together; SCRIPT FLUSH forgets them");
    assert_eq!((loaded, bench.state.scripts.len()), (LOADED_BYTES_MAX / (text(0).len() + SCRIPT_OVERHEAD), loaded));
    // What is loaded already, and what EVAL brings, is not.
    assert_eq!(run(&mut bench, &["SCRIPT", "LOAD", &text(0)]), Reply::bulk(sha(0)));
    eval(&mut bench, loaded);
    assert_eq!(bench.state.scripts.len(), loaded + 1);
    run(&mut bench, &["SCRIPT", "FLUSH"]);
    assert_eq!(run(&mut bench, &["SCRIPT", "LOAD", &text(loaded)]), Reply::bulk(sha(loaded)));
}
