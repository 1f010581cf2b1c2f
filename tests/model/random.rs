//! Properties over random histories of a key, and the size that cluster tests need.

use crate::brute;
use crate::simulate::{Shape, history};
use crate::support::bounds;
use crate::support::linear::check::{Model, check};
use crate::support::linear::history::{Operation, Outcome, Recorder};
use crate::support::linear::register::{Input, Output, Register, check_keys};
use crate::support::rng::Rng;

fn input(rng: &mut Rng, values: i64) -> Input {
    let value = rng.between(1, values);
    match rng.below(13) {
        0..5 => Input::Get,
        5..8 => Input::Set(value),
        8..10 => Input::Incr,
        10 => Input::CompareAndSet(rng.percent(90).then(|| rng.between(1, values)), value),
        11 => Input::CompareAndDelete(value),
        _ => Input::Del,
    }
}

fn tiny(rng: &mut Rng) -> Vec<Operation<Input, Output>> {
    let shape = Shape {
        clients: 1 + rng.below(3),
        operations: 1 + rng.below(6),
        duration_ns: 1 + rng.between(0, 20),
        unknown_percent: 25,
    };
    history::<Register>(shape, None, rng, |rng| input(rng, 3))
}

#[test]
fn histories_of_a_linearizable_register_are_accepted() {
    let mut rng = Rng::new(bounds::seed("accepted"));
    for _ in 0..bounds::scaled(bounds::MODEL_HISTORIES / 20) {
        let shape = Shape {
            clients: 1 + rng.below(12),
            operations: rng.below(300),
            duration_ns: 100,
            unknown_percent: rng.below(8),
        };
        let history = history::<Register>(shape, None, &mut rng, |rng| input(rng, 1_000));
        check::<Register>(None, &history).unwrap();
    }
}

/// The exact answer, for histories that are right, and those in which one answer was exchanged or one time moved.
#[test]
fn agrees_with_brute_force_on_small_histories() {
    let mut rng = Rng::new(bounds::seed("brute force"));
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..bounds::scaled(bounds::MODEL_HISTORIES) * 4 {
        let mut history = tiny(&mut rng);
        for _ in 0..rng.below(3) {
            damage(&mut history, &mut rng);
        }
        let verdict = check::<Register>(None, &history);
        let exact = brute::linearizable::<Register>(&None, &history);
        assert_eq!(verdict.is_ok(), exact, "{verdict:?}\n{history:#?}");
        if exact { right += 1 } else { wrong += 1 }
    }
    println!("{right} right, {wrong} wrong");
    assert!(right * 5 > wrong && wrong * 5 > right, "both have to occur often");
}

fn damage(history: &mut [Operation<Input, Output>], rng: &mut Rng) {
    let at = rng.below(history.len());
    let other = history[rng.below(history.len())].clone();
    let operation = &mut history[at];
    match rng.below(3) {
        0 if matches!(operation.outcome, Outcome::Ok(_)) => {
            // The time of another one, with the order of call and return kept.
            (operation.invoked_ns, operation.completed_ns) = (other.invoked_ns, other.completed_ns);
            if other.outcome == Outcome::Unknown {
                operation.completed_ns = other.invoked_ns + 1;
            }
        }
        1 => operation.outcome = Outcome::NotApplied,
        _ => match &mut operation.outcome {
            Outcome::Ok(Output::Value(value)) => *value = rng.percent(80).then(|| rng.between(1, 4)),
            Outcome::Ok(Output::Number(value)) => *value += rng.between(-1, 1),
            Outcome::Ok(Output::Changed(changed)) => *changed = !*changed,
            _ => {}
        },
    }
}

/// Several registers, to simulate clients that go from key to key.
struct Registers;

impl Model for Registers {
    type Input = (usize, Input);
    type Output = Output;
    type State = [Option<i64>; 8];

    fn step(state: &Self::State, (key, input): &Self::Input) -> (Self::State, Output) {
        let mut state = *state;
        let (value, output) = Register::step(&state[*key], input);
        state[*key] = value;
        (state, output)
    }

    fn is_read((_, input): &Self::Input, output: &Output) -> bool {
        Register::is_read(input, output)
    }
}

/// A history as cluster tests make it: 24 clients, 8 keys, 6,000 operations, some of them of unknown outcome.
fn large(seed: u64) -> Vec<Operation<(usize, Input), Output>> {
    let mut rng = Rng::new(seed);
    let shape = Shape { clients: 24, operations: 6_000, duration_ns: 2_000, unknown_percent: 3 };
    let mut unique = 0;
    history::<Registers>(shape, [None; 8], &mut rng, |rng| {
        unique += 1;
        let key = rng.below(8);
        match input(rng, 4) {
            Input::Set(_) => (key, Input::Set(unique * 1_000)),
            other => (key, other),
        }
    })
}

/// All clients at one key all the time.
#[test]
fn a_crowded_key_is_decided() {
    for seed in 0..5 {
        let shape = Shape { clients: 12, operations: 600, duration_ns: 1_000, unknown_percent: 3 };
        let history = history::<Register>(shape, None, &mut Rng::new(seed), |rng| input(rng, 100_000));
        check::<Register>(None, &history).unwrap();
    }
}

#[test]
fn six_thousand_operations_are_decided() {
    for seed in 0..3 {
        let history = large(seed);
        check_keys(&history).unwrap();
    }
}

/// Every kind of mistake, one in six thousand operations: it has to be found.
#[test]
fn wrong_answer_among_six_thousand_is_refused() {
    let mut rng = Rng::new(bounds::seed("one wrong"));
    for round in 0..6 {
        let mut history = large(round);
        let reads: Vec<usize> =
            (0..history.len()).filter(|i| matches!(history[*i].outcome, Outcome::Ok(Output::Value(_)))).collect();
        let at = reads[reads.len() / 4 + rng.below(reads.len() / 2)];
        let (key, read) = (history[at].input.0, history[at].clone());
        let stale =
            history.iter().filter(|o| o.input.0 == key && o.completed_ns + 40_000 < read.invoked_ns).find_map(|o| {
                match o.input.1 {
                    // A value that was set long ago, and set once only.
                    Input::Set(value) if matches!(o.outcome, Outcome::Ok(_)) => Some(value),
                    _ => None,
                }
            });
        let wrong = if round % 2 == 0 { stale } else { Some(77_777_777) };
        history[at].outcome = Outcome::Ok(Output::Value(Some(wrong.expect("there is one"))));
        let why = check_keys(&history).expect_err("a value that cannot have been there");
        assert!(why.starts_with(&format!("key {key}:")) && !why.contains("gave up"), "{why}");
    }
}

#[test]
fn the_recorder_keeps_what_threads_did() {
    let recorder = Recorder::<(u8, Input), Output>::default();
    let counter = std::sync::atomic::AtomicI64::new(0);
    std::thread::scope(|scope| {
        for client in 0..8 {
            let (recorder, counter) = (&recorder, &counter);
            scope.spawn(move || {
                for _ in 0..50 {
                    let ticket = recorder.invoke(client, (0, Input::Incr));
                    let number = counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                    recorder.complete(ticket, Outcome::Ok(Output::Number(number)));
                }
                let _ = recorder.invoke(client, (0, Input::Incr));
                recorder.complete(recorder.invoke(client, (0, Input::Set(1))), Outcome::NotApplied);
            });
        }
    });
    let history = recorder.finish();
    assert_eq!(history.iter().filter(|o| o.outcome == Outcome::Unknown).count(), 8, "never completed");
    assert!(history.is_sorted_by_key(|o| o.invoked_ns) && history.len() == 8 * 52);
    check_keys(&history).unwrap();
}
