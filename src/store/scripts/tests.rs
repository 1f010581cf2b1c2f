//! What goes and what stays, and what an image shares.

use super::*;
use crate::store::State;

static BODY: Bytes = Bytes::from_static(TEXT);
const TEXT: &[u8] = b"return 1";
const ONE: usize = TEXT.len() + SCRIPT_OVERHEAD;

fn name(n: usize) -> ScriptName {
    // Neighbours stand in different parts.
    format!("{:02x}{n:038x}", n % 256).as_bytes().try_into().unwrap()
}

fn numbers(names: &[ScriptName]) -> Vec<usize> {
    let number = |name: &ScriptName| usize::from_str_radix(std::str::from_utf8(&name[2..]).unwrap(), 16).unwrap();
    names.iter().map(number).collect()
}

/// Gives script `n` under a bound of `count` scripts: who went.
fn give(scripts: &mut Scripts, n: usize, count: usize) -> Vec<usize> {
    let (_, gone) = scripts.give(name(n), &BODY, count * ONE);
    scripts.validate().unwrap();
    numbers(&gone)
}

#[test]
fn given_scripts_go_oldest_first_and_never_exceed_the_bound() {
    let mut scripts = Scripts::default();
    for n in 0..10 {
        assert!(give(&mut scripts, n, 10).is_empty());
    }
    assert_eq!((scripts.len(), scripts.bytes()), (10, 10 * ONE));
    for n in 10..30 {
        assert_eq!(give(&mut scripts, n, 10), [n - 10]);
        assert_eq!(scripts.bytes(), 10 * ONE);
    }
    // One byte less than another script needs.
    assert_eq!(numbers(&scripts.give(name(30), &BODY, 11 * ONE - 1).1), [20]);
    assert_eq!(numbers(&scripts.fit(2 * ONE)), (21..29).collect::<Vec<_>>());
    assert_eq!((scripts.len(), scripts.contains(&name(29)), scripts.contains(&name(30))), (2, true, true));
    scripts.validate().unwrap();
}

#[test]
fn script_larger_than_the_bound_is_not_kept_and_nothing_goes_for_it() {
    let mut scripts = Scripts::default();
    give(&mut scripts, 1, 2);
    let large = Bytes::from(vec![b' '; 2 * ONE]);
    assert_eq!(scripts.give(name(2), &large, 2 * ONE), (false, Vec::new()));
    assert!(!Scripts::would_keep(&large, 2 * ONE) && Scripts::would_keep(&BODY, ONE));
    assert_eq!((scripts.len(), scripts.contains(&name(1))), (1, true));
}

#[test]
fn loaded_scripts_stay_whatever_is_given() {
    let mut scripts = Scripts::default();
    assert_eq!(scripts.load(name(0), &BODY, 2 * ONE), Ok(true));
    give(&mut scripts, 1, 3);
    // What EVAL brought stays too once it is loaded, and takes none of the room of the others.
    assert_eq!(scripts.load(name(1), &BODY, 2 * ONE), Ok(false));
    assert_eq!(scripts.load(name(1), &BODY, 2 * ONE), Ok(false));
    scripts.validate().unwrap();
    for n in 2..20 {
        give(&mut scripts, n, 3);
        give(&mut scripts, 0, 3);
    }
    assert_eq!((scripts.len(), scripts.bytes()), (5, 5 * ONE));
    assert!(scripts.contains(&name(0)) && scripts.contains(&name(1)));
    assert_eq!(scripts.load(name(50), &BODY, 3 * ONE - 1), Err(Full));
    assert!(!scripts.contains(&name(50)));
    assert_eq!(scripts.load(name(19), &BODY, 3 * ONE - 1), Err(Full), "it is given still");
    scripts.fit(0);
    assert_eq!(scripts.len(), 2);
    scripts.clear();
    assert_eq!((scripts.len(), scripts.bytes()), (0, 0));
    scripts.validate().unwrap();
}

#[test]
fn script_in_use_stays_and_its_uses_change_nothing_while_it_is_among_the_newer_half() {
    let mut scripts = Scripts::default();
    for n in 0..8 {
        give(&mut scripts, n, 8);
    }
    let before = scripts.newest();
    for n in [7, 6, 5, 4, 3, 7, 3] {
        scripts.note_use(&name(n));
    }
    assert_eq!(scripts.newest(), before);
    for n in 8..100 {
        scripts.note_use(&name(0));
        give(&mut scripts, n, 8);
    }
    assert!(scripts.contains(&name(0)));
    scripts.note_use(&name(99_999));
    scripts.validate().unwrap();
    // What goes has not been used while at least half of the queue was.
    for n in 100..104 {
        assert!(!give(&mut scripts, n, 8).contains(&0));
    }
}

#[test]
fn image_shares_every_part_and_a_change_copies_one() {
    let mut state = State::default();
    for n in 0..1000 {
        state.scripts.give(name(n), &BODY, usize::MAX);
    }
    let image = state.image();
    let shared = |state: &State| {
        let parts = state.scripts.parts.iter().zip(image.scripts.parts.iter());
        parts.filter(|(a, b)| Arc::ptr_eq(a, b)).count()
    };
    assert!(Arc::ptr_eq(&state.scripts.parts, &image.scripts.parts) && image.scripts.queue.is_empty());
    state.scripts.note_use(&name(3));
    assert_eq!(shared(&state), PARTS - 1);
    state.scripts.give(name(2000), &BODY, usize::MAX);
    assert_eq!(shared(&state), PARTS - 2);
    assert_eq!((image.scripts.len(), image.scripts.contains(&name(2000))), (1000, false));
    // Texts are the same bytes in memory, in a copied part too.
    let same =
        |n: usize| state.scripts.get(&name(n)).unwrap().as_ptr() == image.scripts.get(&name(n)).unwrap().as_ptr();
    assert!((0..1000).all(same));
}
