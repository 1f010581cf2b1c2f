//! The checker of several locks at once itself: of each rule a history that breaks it, and nothing else.

use crate::support::holds::Hold;
use crate::support::several::{Asked, Event, Got, Seen, check};

fn asked(owner: &str, names: &str, wait_ms: Option<u64>, (sent, ended): (u64, u64), got: Got) -> Asked {
    let names = names.split(' ').map(str::to_owned).collect();
    Asked { owner: owner.into(), names, wait_ms, sent, ended, got, is_certain: true }
}

fn event(name: &str, event: &str, owner: &str, token: i64, time_ms: u64) -> (String, Event) {
    (name.into(), Event { event: event.into(), owner: owner.into(), token, time_ms })
}

fn hold(name: &str, owner: &str, token: i64, from: u64, until: u64) -> Hold {
    Hold { name: name.into(), owner: owner.into(), token, limit: Some(1), asked: 0, from, until }
}

fn circle(text: &str) -> Got {
    Got::Circle(text.into())
}

/// `a` holds `x y` and then `z` too, `b` waits for `x y` until `a` releases all, `c` waits for nothing, and `d` holds to the end; `s`, who is
/// no owner of several, and `t` hold `p` together.
fn sound() -> Seen {
    let of_history = [
        event("x", "acquired", "a", 3, 100),
        event("y", "acquired", "a", 3, 100),
        event("z", "acquired", "a", 5, 110),
        event("x", "extended", "a", 3, 110),
        event("x", "released", "a", 3, 200),
        event("y", "released", "a", 3, 200),
        event("z", "released", "a", 5, 200),
        event("x", "acquired", "b", 9, 200),
        event("y", "acquired", "b", 9, 200),
        event("x", "expired", "b", 9, 300),
        event("y", "expired", "b", 9, 300),
        event("v", "acquired", "d", 4, 100),
        event("w", "acquired", "d", 4, 100),
        event("p", "acquired", "s", 6, 100),
        event("p", "acquired", "t", 7, 100),
    ];
    let mut seen = Seen {
        asked: vec![
            asked("a", "x y", None, (0, 5), Got::Tokens(vec![3, 3])),
            asked("a", "x z y", Some(50), (10, 15), Got::Tokens(vec![3, 5, 3])),
            asked("b", "y x", Some(500), (20, 105), Got::Tokens(vec![9, 9])),
            asked("c", "x v", Some(50), (20, 71), Got::Nothing),
            asked("c", "x v", None, (80, 81), Got::Nothing),
            asked("d", "v w", None, (1, 2), Got::Unknown),
            asked(
                "b",
                "v",
                Some(900),
                (110, 112),
                circle("DEADLOCK 'b' waits for 'v' held by 'd', 'd' waits for 'x' held by 'b'"),
            ),
            asked("d", "x", Some(200), (3, 190), Got::Unknown),
        ],
        singles: [("s".to_owned(), ("p".to_owned(), Some(2))), ("t".to_owned(), ("p".to_owned(), Some(2)))].into(),
        holds: vec![hold("x", "a", 3, 5, 100), hold("y", "a", 3, 5, 100), hold("v", "d", 4, 2, 900)],
        held: [("v".to_owned(), vec![("d".to_owned(), 4)]), ("w".to_owned(), vec![("d".to_owned(), 4)])].into(),
        late_ms: 100,
        ..Seen::default()
    };
    for (name, event) in of_history {
        seen.history.entry(name).or_default().push(event);
    }
    seen
}

/// Breaks one thing, and expects to hear of it.
fn refused(rule: &str, breaks: impl FnOnce(&mut Seen)) {
    let mut seen = sound();
    breaks(&mut seen);
    let why = check(&seen).expect_err(rule);
    assert!(why.contains(rule), "{rule}: {why}");
}

fn events<'a>(seen: &'a mut Seen, name: &str) -> &'a mut Vec<Event> {
    seen.history.get_mut(name).unwrap()
}

#[test]
fn what_keeps_all_promises_passes() {
    check(&sound()).unwrap();
}

#[test]
fn replies_that_are_not_all_or_none_are_found() {
    refused("not one token for each name", |seen| seen.asked[2].got = Got::Tokens(vec![9]));
    refused("tokens of several commands in one reply", |seen| seen.asked[2].got = Got::Tokens(vec![9, 8]));
    refused("tokens of several commands in one reply", |seen| seen.asked[1].got = Got::Tokens(vec![3, 5, 4]));
    refused("a grant that the history does not know", |seen| {
        seen.asked[2].got = Got::Tokens(vec![8, 8]);
    });
}

#[test]
fn grants_that_are_not_all_or_none_are_found() {
    // One name is missing, also where nobody knows the reply.
    refused("neither all nor none was granted", |seen| {
        seen.asked[2].got = Got::Unknown;
        events(seen, "y").retain(|event| event.owner != "b");
    });
    // Two commands granted one each.
    refused("neither all nor none was granted", |seen| {
        seen.asked[2].got = Got::Unknown;
        events(seen, "y").iter_mut().filter(|event| event.owner == "b").for_each(|event| event.token = 10);
    });
    // More than was asked for.
    refused("neither all nor none was granted", |seen| {
        seen.history.extend([("q".into(), vec![event("q", "acquired", "b", 9, 200).1])])
    });
    refused("it ended apart", |seen| {
        events(seen, "y").pop();
    });
    let mut seen = sound();
    seen.apart.insert("b".into());
    events(&mut seen, "y").pop();
    check(&seen).unwrap();
}

#[test]
fn a_final_state_that_has_some_of_several_is_found() {
    refused("neither all nor none is held at the end", |seen| {
        seen.held.get_mut("w").unwrap().clear();
    });
    refused("its history knows nothing of it", |seen| {
        seen.held.insert("p".into(), vec![("s".into(), 7)]);
    });
}

#[test]
fn who_was_refused_and_holds_is_found() {
    let granted = |seen: &mut Seen| {
        seen.history.insert("q".into(), vec![event("q", "acquired", "c", 20, 90).1]);
        seen.history.insert("r".into(), vec![event("r", "acquired", "c", 20, 90).1]);
    };
    for got in [Got::Nothing, circle("DEADLOCK 'c' waits for 'q' behind 'd', 'd' waits for 'x' behind 'c'")] {
        refused("it was refused, and granted", |seen| {
            granted(seen);
            seen.asked.push(asked("c", "q r", None, (85, 86), got));
        });
    }
    // An earlier request may have been granted later than the refusal was.
    let mut seen = sound();
    granted(&mut seen);
    seen.asked.push(Asked { is_certain: false, ..asked("c", "q r", None, (85, 86), Got::Nothing) });
    check(&seen).unwrap();
}

#[test]
fn two_holders_at_once_are_found_in_the_history() {
    let single = event("x", "acquired", "s", 8, 150).1;
    refused("while [\"a\"] hold it", |seen| events(seen, "x").insert(2, single));
    refused("while [\"a\"] hold it", |seen| events(seen, "x").retain(|event| event.event != "released"));
    refused("while [\"s\", \"t\"] hold it", |seen| {
        seen.singles.insert("u".into(), ("p".into(), Some(2)));
        events(seen, "p").push(event("p", "acquired", "u", 8, 150).1);
    });
    refused("of a hold that there is not", |seen| events(seen, "x").push(event("x", "released", "b", 9, 310).1));
}

#[test]
fn a_token_that_does_not_rise_is_found() {
    for token in [3, 2] {
        refused("a token that does not rise", |seen| {
            seen.asked[2].got = Got::Unknown;
            let of_b = |seen: &mut Seen, name| {
                events(seen, name).iter_mut().filter(|event| event.owner == "b").for_each(|event| event.token = token);
            };
            of_b(seen, "x");
            of_b(seen, "y");
        });
    }
}

#[test]
fn a_request_that_ends_too_early_or_never_is_found() {
    refused("neither ended nor timed out", |seen| seen.asked[2].ended = 621);
    refused("neither ended nor timed out", |seen| {
        (seen.asked[5].ended, seen.asked[5].wait_ms) = (400, Some(200));
    });
    refused("ended too early", |seen| seen.asked[3].ended = 67);
    refused("ended too early", |seen| seen.asked[3].wait_ms = Some(0));
}

#[test]
fn a_circle_that_nobody_was_told_of_is_found() {
    // `a` waits for what `d` holds, and that one for what `a` holds.
    let waits = |seen: &mut Seen| {
        seen.asked.push(asked("a", "w v", Some(40), (20, 61), Got::Nothing));
        seen.asked.push(asked("d", "q y", Some(40), (30, 71), Got::Nothing));
    };
    refused("a circle stands at 33", waits);
    for (breaks, what) in [
        ((|seen: &mut Seen| seen.holds[2].until = 33) as fn(&mut Seen), "its hold may be over"),
        (|seen| seen.holds[2].limit = Some(2), "another may make room"),
        (|seen| seen.asked.last_mut().unwrap().ended = 120, "it may have joined later"),
        (|seen| seen.asked.last_mut().unwrap().got = Got::Unknown, "it may not have waited"),
    ] {
        let mut seen = sound();
        waits(&mut seen);
        breaks(&mut seen);
        assert_eq!(check(&seen), Ok(()), "{what}");
    }
}

#[test]
fn a_circle_that_is_none_is_found() {
    for text in [
        // Of somebody else; it does not close; `a` does not wait, nor `d` for that; `b` did not ask for that; no circle at all.
        "DEADLOCK 'd' waits for 'x' held by 'b', 'b' waits for 'v' held by 'd'",
        "DEADLOCK 'b' waits for 'v' held by 'd', 'd' waits for 'x' held by 'a'",
        "DEADLOCK 'b' waits for 'v' held by 'd', 'd' waits for 'x' held by 'a', 'a' waits for 'x' held by 'b'",
        "DEADLOCK 'b' waits for 'v' behind 'd', 'd' waits for 'x' held by 'b'",
        "DEADLOCK 'b' waits for 'v' held by 'c', 'd' waits for 'x' held by 'b'",
        "DEADLOCK 'b' waits for 'w' held by 'd', 'd' waits for 'x' held by 'b'",
        "DEADLOCK 'b' waits for 'v' held by 'd', 'd' waits for 'x' behind 's', 's' waits for 'x' held by 'b'",
        "DEADLOCK 'b'",
        "DEADLOCK ",
    ] {
        refused("it is told of a circle that is none", |seen| seen.asked[6].got = circle(text));
    }
}
