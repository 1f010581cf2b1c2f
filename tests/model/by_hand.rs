//! Small histories with a name for what is right or wrong in them.
//!
//! One line each, in the order of invocation: `begin-end input output`; `?` as the end is an unknown outcome, `x` one that was not applied.

use crate::brute;
use crate::support::linear::check::check;
use crate::support::linear::history::{Operation, Outcome};
use crate::support::linear::register::{Input, Output, Register};

fn parse(text: &str) -> Vec<Operation<Input, Output>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate();
    lines.map(|(client, line)| operation(client, line).unwrap_or_else(|| panic!("cannot read {line:?}"))).collect()
}

fn operation(client: usize, line: &str) -> Option<Operation<Input, Output>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (begin, end) = words[0].split_once('-')?;
    let value = |word: &str| if word == "nil" { None } else { Some(word.parse().expect("a number")) };
    let (input, answer) = match words[1] {
        "get" => (Input::Get, 2),
        "incr" => (Input::Incr, 2),
        "del" => (Input::Del, 2),
        "set" => (Input::Set(value(words[2])?), 3),
        "cas" => (Input::CompareAndSet(value(words[2]), value(words[3])?), 4),
        _ => return None,
    };
    let outcome = match (end, words.get(answer)) {
        ("?", None) => Outcome::Unknown,
        ("x", None) => Outcome::NotApplied,
        (_, Some(answer)) => Outcome::Ok(match input {
            Input::Get => Output::Value(value(answer)),
            Input::Incr => Output::Number(value(answer)?),
            _ => Output::Changed(*answer == "yes"),
        }),
        (_, None) if matches!(input, Input::Set(_)) => Outcome::Ok(Output::Done),
        _ => return None,
    };
    let completed_ns = end.parse().unwrap_or(u64::MAX);
    Some(Operation { client, input, invoked_ns: begin.parse().ok()?, completed_ns, outcome })
}

#[track_caller]
fn verdict(text: &str) -> Result<(), String> {
    let history = parse(text);
    let verdict = check::<Register>(None, &history);
    assert_eq!(verdict.is_ok(), brute::linearizable::<Register>(&None, &history), "the definition says otherwise");
    verdict
}

#[track_caller]
fn accepts(text: &str) {
    verdict(text).unwrap();
}

#[track_caller]
fn refuses(text: &str) {
    verdict(text).unwrap_err();
}

#[test]
fn accepts_one_after_the_other() {
    accepts("");
    accepts("1-2 get nil");
    accepts(
        "1-2 set 5 \n 3-4 get 5 \n 5-6 incr 6 \n 7-8 cas 6 9 yes \n 9-10 cas 6 7 no \n 11-12 del yes \n 13-14 get nil",
    );
}

#[test]
fn accepts_either_order_of_what_overlaps() {
    accepts("1-9 set 1 \n 2-8 set 2 \n 10-11 get 1");
    accepts("1-9 set 1 \n 2-8 set 2 \n 10-11 get 2");
    accepts("1-9 set 1 \n 2-3 get nil \n 4-5 get 1");
    accepts("1-9 incr 2 \n 2-8 incr 1");
    // The same moment: it cannot be known which came first.
    accepts("1-2 set 1 \n 2-3 get nil");
}

#[test]
fn refuses_a_stale_read() {
    refuses("1-2 set 1 \n 3-4 set 2 \n 5-6 get 1");
    refuses("1-2 set 1 \n 3-4 get nil");
}

#[test]
fn refuses_two_reads_that_go_back() {
    refuses("1-9 set 1 \n 2-3 get 1 \n 4-5 get nil");
    refuses("1-2 set 1 \n 3-20 set 2 \n 4-5 get 2 \n 6-7 get 1");
}

#[test]
fn refuses_a_lost_update() {
    refuses("1-2 set 5 \n 3-8 cas 5 6 yes \n 4-9 cas 5 7 yes \n 10-11 get 7");
    refuses("1-2 incr 1 \n 3-4 incr 2 \n 5-6 get 1");
}

#[test]
fn refuses_an_increment_that_happened_twice() {
    refuses("1-2 incr 1 \n 3-4 get 2");
    refuses("1-9 incr 1 \n 2-8 incr 1");
}

#[test]
fn refuses_a_value_never_written() {
    refuses("1-2 set 1 \n 3-4 get 7");
    refuses("1-9 set 1 \n 2-? set 2 \n 3-4 get 7");
}

#[test]
fn refuses_an_order_against_real_time() {
    refuses("1-2 set 1 \n 3-4 set 2 \n 5-6 set 3 \n 7-8 get 2");
    refuses("1-2 incr 2 \n 3-4 incr 1");
}

#[test]
fn an_unknown_write_may_come_late_or_never() {
    accepts("1-? set 1 \n 2-3 get nil");
    accepts("1-? set 1 \n 2-3 get 1");
    accepts("1-? set 1 \n 2-3 get nil \n 4-5 set 2 \n 6-7 get 2 \n 8-9 get 1");
    accepts("1-? incr \n 2-? incr \n 3-4 incr 2 \n 5-6 incr 4");
    accepts("1-? cas nil 1 \n 2-3 cas 1 2 yes");
    accepts("1-? del \n 2-3 set 1 \n 4-5 get 1 \n 6-7 get nil");
}

#[test]
fn refuses_an_unknown_write_that_takes_effect_twice_or_before_it_began() {
    refuses("1-? set 1 \n 2-3 get 1 \n 4-5 set 2 \n 6-7 get 1");
    refuses("1-? incr \n 2-3 incr 1 \n 4-5 incr 4");
    refuses("1-2 get 1 \n 3-? set 1");
    refuses("1-? set 1 \n 2-3 get 1 \n 4-5 get nil");
    refuses("1-? incr \n 2-3 get 2");
}

#[test]
fn refused_operation_never_happened() {
    accepts("1-x set 1 \n 2-3 get nil");
    refuses("1-x set 1 \n 2-3 get 1");
}

#[test]
fn a_refusal_says_what_cannot_be_explained() {
    let why = verdict("1-2 set 1 \n 3-4 incr 2 \n 5-6 get 1").unwrap_err();
    assert!(why.contains("after 2 operations the state is Some(2)") && why.contains("Get"), "{why}");
}
