//! Waits for lists of a length (BLMOVEM), from entry to entry.

use super::waiters::{Log, released};
use super::*;
use crate::store::steps::{Step, steps};

fn moved(connection: u64, elements: &[&str]) -> (u64, String) {
    let items = elements.iter().map(Reply::bulk).collect();
    (connection, format!("{:?}", Reply::Array(items)))
}

fn wait(log: &mut Log, connection: u64, line: &str) {
    assert_eq!(released(&log.batch(2, &[(connection, line)])), []);
}

#[test]
fn whoever_waits_for_a_length_is_served_when_the_list_has_it_and_not_before() {
    let grow: [(&[&str], &[&str]); 6] = [
        (&["RPUSH s 1 2", "RPUSH s 3"], &["1", "2", "3"]),
        (&["RPUSH s 1", "LPUSH s 0", "LPUSHX s -1"], &["-1", "0", "1"]),
        (&["RPUSH s 1 3", "LINSERT s BEFORE 3 2"], &["1", "2", "3"]),
        (&["RPUSH s 1 2", "RPUSH feed 9", "LMOVE feed s LEFT RIGHT"], &["1", "2", "9"]),
        (&["RPUSH s 1 2", "RPUSH feed 8 9", "LMOVEM feed s LEFT RIGHT COUNT 1 OBO"], &["1", "2", "8"]),
        (&["RPUSH s 1", "RPUSH feed 3 1 2", "SORT feed STORE s"], &["1", "2", "3"]),
    ];
    for (lines, elements) in grow {
        let mut log = Log::new();
        wait(&mut log, 7, "BLMOVEM s t LEFT RIGHT 0 EXACTLY 3 BULK");
        let (last, first) = lines.split_last().unwrap();
        for line in first {
            assert_eq!(released(&log.batch(3, &[(0, line)])), [], "{line}");
            assert!(log.origin.db(0).get(b"t").is_none(), "nothing is moved before");
        }
        assert_eq!(released(&log.batch(3, &[(0, last)])), [moved(7, elements)], "{last}");
        assert!(log.origin.db(0).get(b"s").is_none() && log.origin.waiters().is_empty());
    }
}

#[test]
fn count_waits_for_one_element_and_exactly_for_all_of_them() {
    let mut log = Log::new();
    wait(&mut log, 7, "BLMOVEM s t LEFT LEFT 0 COUNT 3 OBO");
    wait(&mut log, 8, "BLMOVEM s u LEFT LEFT 0");
    assert_eq!(released(&log.batch(3, &[(0, "RPUSH s 1 2")])), [moved(7, &["2", "1"])]);
    assert_eq!(released(&log.batch(3, &[(0, "RPUSH s 3 4")])), [moved(8, &["3"])]);
    assert_eq!(released(&log.batch(2, &[(7, "BLMOVEM s t LEFT LEFT 0 EXACTLY 1 OBO")])), []);
    assert!(log.origin.waiters().is_empty(), "what is there is moved at once");
}

/// Nothing is kept for those who wait: others take what is not enough, also those that came later.
#[test]
fn whoever_needs_less_is_served_before_one_that_came_earlier() {
    let mut log = Log::new();
    wait(&mut log, 7, "BLMOVEM s t LEFT RIGHT 0 EXACTLY 3 BULK");
    wait(&mut log, 8, "BLMOVEM s t LEFT RIGHT 0 EXACTLY 2 BULK");
    wait(&mut log, 9, "BLPOP s 0");
    let popped = Reply::Array(vec![Reply::bulk("s"), Reply::bulk("1")]);
    assert_eq!(released(&log.batch(3, &[(0, "RPUSH s 1")])), [(9, format!("{popped:?}"))]);
    assert_eq!(released(&log.batch(3, &[(0, "RPUSH s 2")])), []);
    assert_eq!(released(&log.batch(3, &[(0, "RPUSH s 3")])), [moved(8, &["2", "3"])]);
    // Two at once, in their order.
    wait(&mut log, 9, "BLMOVEM s u LEFT RIGHT 0 EXACTLY 2 BULK");
    let pushed = log.batch(3, &[(0, "RPUSH s 4 5 6 7 8 9")]);
    assert_eq!(released(&pushed), [moved(7, &["4", "5", "6"]), moved(9, &["7", "8"])]);
}

#[test]
fn moved_elements_serve_those_who_wait_at_the_target() {
    let mut log = Log::new();
    wait(&mut log, 7, "BLMOVEM s t LEFT RIGHT 0 EXACTLY 2 BULK");
    wait(&mut log, 8, "BLMOVEM t u LEFT RIGHT 0 EXACTLY 3 BULK");
    log.batch(3, &[(0, "RPUSH t x")]);
    let pushed = log.batch(3, &[(0, "RPUSH s 1 2")]);
    assert_eq!(released(&pushed), [moved(7, &["1", "2"]), moved(8, &["x", "1", "2"])]);
}

#[test]
fn wait_for_a_length_ends_with_its_time_and_with_a_target_of_another_type() {
    let mut log = Log::new();
    wait(&mut log, 7, "BLMOVEM s t LEFT RIGHT 0.5 EXACTLY 2 BULK");
    log.batch(3, &[(0, "RPUSH s 1")]);
    log.now_ms += 501;
    assert_eq!(released(&log.batch(3, &[(0, "SET t x")])), [(7, format!("{:?}", Reply::NilArray))]);
    wait(&mut log, 8, "BLMOVEM s t LEFT RIGHT 0 EXACTLY 2 BULK");
    let ended = released(&log.batch(3, &[(0, "RPUSH s 2")]));
    assert!(matches!(&ended[..], [(8, reply)] if reply.contains("WRONGTYPE")), "{ended:?}");
    assert_eq!(log.origin.db(0).get(b"s").unwrap().value().elements(), 2);
    // A change that does not make it longer is not worth a look.
    wait(&mut log, 9, "BLMOVEM s v LEFT RIGHT 0 EXACTLY 3 BULK");
    let attempts = steps(Step::Attempt, || {
        log.batch(3, &[(0, "LSET s 0 y"), (0, "LMOVE s s LEFT RIGHT"), (0, "LREM s 0 nosuch"), (0, "RPOP s")]);
    });
    assert_eq!(attempts, 0);
}

#[test]
fn scripts_and_transactions_never_wait_for_a_length() {
    let mut log = Log::new();
    log.batch(2, &[(0, "RPUSH s 1")]);
    let script = "EVAL return{redis.call('blmovem','s','t','left','left','0','exactly','2','obo')} 0";
    let outcome = log.batch(2, &[(7, script)]);
    assert!(log.origin.waiters().is_empty() && released(&outcome).is_empty());
    let shown = format!("{:?}", outcome.answers.iter().map(|(_, replies)| replies).collect::<Vec<_>>());
    assert!(shown.contains("Nil"), "{shown}");
}
