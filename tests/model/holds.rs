//! The checker of holds itself.

use crate::support::holds::{Hold, Limit, check};

fn hold(owner: &str, token: i64, limit: Limit, (asked, from, until): (u64, u64, u64)) -> Hold {
    Hold { name: "l".into(), owner: owner.into(), token, limit, asked, from, until }
}

const ONE: Limit = Some(1);

#[test]
fn holds_that_follow_each_other_pass() {
    let shared = [hold("c", 4, None, (20, 23, 40)), hold("d", 3, None, (20, 22, 40)), hold("e", 9, ONE, (0, 41, 50))];
    let pair = [hold("a", 1, Some(2), (0, 1, 9)), hold("b", 2, Some(2), (0, 1, 9)), hold("c", 3, Some(2), (0, 9, 10))];
    let mut other = hold("z", 1, ONE, (0, 1, 100));
    other.name = "other".into();
    for holds in
        [vec![hold("a", 1, ONE, (0, 1, 10)), hold("b", 2, ONE, (0, 10, 20)), other], shared.to_vec(), pair.to_vec()]
    {
        check(&holds).unwrap();
    }
}

#[test]
fn holds_that_contradict_each_other_are_found() {
    for (holds, what) in [
        ([hold("a", 1, ONE, (0, 1, 10)), hold("b", 2, ONE, (0, 9, 20))], "two holders at once"),
        ([hold("a", 1, ONE, (0, 1, 10)), hold("b", 2, None, (0, 9, 20))], "two holders at once"),
        ([hold("a", 2, ONE, (0, 1, 10)), hold("b", 1, ONE, (0, 11, 20))], "lower token"),
        ([hold("a", 1, ONE, (0, 1, 10)), hold("b", 1, ONE, (0, 11, 20))], "one token"),
        ([hold("a", 2, None, (0, 1, 10)), hold("b", 1, None, (2, 5, 20))], "lower token"),
    ] {
        let why = check(&holds).unwrap_err();
        assert!(why.contains(what), "{why}");
    }
    let three = ["a", "b", "c"].map(|owner| hold(owner, i64::from(owner.as_bytes()[0]), Some(2), (0, 1, 9)));
    assert!(check(&three).unwrap_err().contains("3 holders"));
}
