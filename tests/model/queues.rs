//! The checker of queues itself.

use crate::support::queues::{Granted, Queue, check, check_tokens};

fn queue(owners: &[&str]) -> Queue {
    Queue { name: "l".into(), owners: owners.iter().map(|owner| (*owner).to_owned()).collect() }
}

fn granted(all: &[(&str, i64)]) -> Granted {
    all.iter().map(|(owner, token)| (("l".to_owned(), (*owner).to_owned()), *token)).collect()
}

#[test]
fn those_who_are_served_in_turn_pass() {
    let queues = [queue(&["a", "b", "c"]), queue(&["b", "c", "d"]), queue(&[])];
    assert_eq!(check(&queues, &granted(&[("a", 1), ("b", 4), ("c", 5)])), Ok(3));
    assert_eq!(check(&queues, &granted(&[("a", 1), ("c", 5)])), Ok(1), "b has given up");
}

#[test]
fn who_is_served_before_those_in_front_is_found() {
    let why = check(&[queue(&["a", "b", "c"])], &granted(&[("a", 7), ("c", 5)])).unwrap_err();
    assert!(why.contains("c was served before a"), "{why}");
    assert!(check(&[queue(&["a", "b"])], &granted(&[("a", 7), ("b", 7)])).is_err(), "one token for both");
}

#[test]
fn tokens_that_do_not_rise_are_found() {
    check_tokens("k", &[(1, 2, 10), (3, 4, 11), (3, 5, 9)]).unwrap_err();
    check_tokens("k", &[(1, 2, 10), (3, 4, 10)]).unwrap_err();
    // At the same time either may be first.
    check_tokens("k", &[(1, 3, 10), (2, 4, 9), (5, 6, 11)]).unwrap();
}
