use super::*;
use crate::store::{Deadline, Effects, Hash, Rng, State, Str};

const LIMITS: WaiterLimits = WaiterLimits { per_key: 1000, in_all: 1000 };

fn id(boot: u64, connection: u64, number: u64) -> WaiterId {
    WaiterId { boot, connection, number }
}

fn waiter(keys: &[&str], deadline_ms: u64) -> Waiter {
    let keys = keys.iter().map(|key| Arc::from(key.as_bytes())).collect();
    let args = Args::from_slices(["BLPOP", "k", "0"]);
    Waiter { db: 0, args, keys, wants: Wants::List, claim: None, since_ms: 0, deadline_ms, session: None, from: None }
}

fn key(name: &str) -> Arc<[u8]> {
    Arc::from(name.as_bytes())
}

fn queue(waiters: &Waiters, name: &str) -> Vec<WaiterId> {
    let mut found = Vec::new();
    let mut behind = 0;
    while let Some((ticket, id)) = waiters.next_of(0, &key(name), behind) {
        found.push(id);
        behind = ticket;
    }
    found
}

#[test]
fn a_queue_is_in_the_order_of_coming_whatever_the_ids_are() {
    let mut waiters = Waiters::default();
    for (connection, keys) in [(9, &["a", "b"][..]), (3, &["b"]), (5, &["b", "a"])] {
        waiters.join(id(1, connection, 1), waiter(keys, 0), LIMITS).unwrap();
    }
    assert_eq!(queue(&waiters, "a"), [id(1, 9, 1), id(1, 5, 1)]);
    assert_eq!(queue(&waiters, "b"), [id(1, 9, 1), id(1, 3, 1), id(1, 5, 1)]);
    assert!(waiters.remove(id(1, 9, 1)).is_some() && waiters.remove(id(1, 9, 1)).is_none());
    assert_eq!((queue(&waiters, "a"), waiters.len()), (vec![id(1, 5, 1)], 2));
    waiters.validate().unwrap();
}

#[test]
fn waiters_beyond_a_bound_are_refused_and_change_nothing() {
    let mut waiters = Waiters::default();
    let limits = WaiterLimits { per_key: 2, in_all: 3 };
    let mut join = |number, keys: &[&str]| waiters.join(id(1, number, 1), waiter(keys, 0), limits);
    assert!(join(1, &["a"]).is_ok() && join(2, &["a", "b"]).is_ok());
    assert_eq!(join(3, &["b", "a"]), Err(TOO_MANY_OF_KEY));
    assert!(join(3, &["b"]).is_ok());
    assert_eq!(join(4, &["c"]), Err(TOO_MANY));
    assert_eq!((waiters.len(), waiters.last_ticket()), (3, 3));
    let large = Waiter { args: Args::from_slices([vec![0; BYTES_MAX as usize]]), ..waiter(&["d"], 0) };
    assert_eq!(waiters.join(id(1, 5, 1), large, LIMITS), Err(TOO_LARGE));
    waiters.validate().unwrap();
}

#[test]
fn waiters_are_found_by_connection_and_boot() {
    let mut waiters = Waiters::default();
    for (boot, connection, number) in [(2, 7, 1), (2, 7, 2), (2, 7, 3), (2, 9, 1), (5, 1, 1), (5, 8, 4), (6, 2, 1)] {
        waiters.join(id(boot, connection, number), waiter(&["k"], 0), LIMITS).unwrap();
    }
    assert_eq!(waiters.of_connection(id(2, 7, 2)), [id(2, 7, 1), id(2, 7, 2)], "up to the one that is named");
    assert_eq!(waiters.of_boot(5), [id(5, 1, 1), id(5, 8, 4)]);
    for (connection, found) in [(7, Some(id(2, 7, 1))), (8, Some(id(5, 8, 4))), (2, Some(id(6, 2, 1))), (3, None)] {
        assert_eq!(waiters.find(connection), found, "{connection}");
    }
}

#[test]
fn a_key_is_ready_once_and_only_for_what_somebody_wants() {
    let mut waiters = Waiters::default();
    waiters.join(id(1, 1, 1), waiter(&["a", "b"], 0), LIMITS).unwrap();
    for (name, type_name) in [("a", "string"), ("b", "list"), ("c", "list"), ("a", "list"), ("b", "list")] {
        waiters.signal(0, name.as_bytes(), type_name);
    }
    waiters.signal(1, b"a", "list");
    assert_eq!(
        [waiters.next_ready(), waiters.next_ready(), waiters.next_ready()],
        [Some((0, key("b"))), Some((0, key("a"))), None]
    );
    waiters.signal(0, b"b", "list");
    assert!(waiters.validate().is_err(), "nobody has looked");
    assert_eq!(waiters.next_ready(), Some((0, key("b"))), "again, after a look");
}

/// Against a list of all, with images that must stay as they were.
#[test]
fn random_waits_are_those_of_a_plain_list() {
    for seed in 0..30 {
        let mut rng = Rng::new(seed);
        let mut waiters = Waiters::default();
        let mut model: Vec<(WaiterId, Waiter)> = Vec::new();
        let mut images = Vec::new();
        for _ in 0..300 {
            let name = id(1 + rng.below(3), rng.below(8), 1 + rng.below(3));
            if rng.below(3) > 0 {
                let keys: Vec<&str> = ["a", "b", "c"].into_iter().filter(|_| rng.below(2) == 0).collect();
                let keys = if keys.is_empty() { vec!["d"] } else { keys };
                let wants = [Wants::List, Wants::StreamGroup][rng.below(2) as usize];
                let waiter = Waiter { wants, ..waiter(&keys, rng.below(4) * 100) };
                waiters.join(name, waiter.clone(), LIMITS).unwrap();
                model.retain(|(id, _)| *id != name);
                model.push((name, waiter));
            } else {
                let present = model.iter().any(|(id, _)| *id == name);
                assert_eq!(waiters.remove(name).is_some(), present);
                model.retain(|(id, _)| *id != name);
            }
            for name in ["a", "b", "c", "d"] {
                let waiting = |waiter: &Waiter| waiter.keys.contains(&key(name));
                let expected: Vec<_> = model.iter().filter(|(_, waiter)| waiting(waiter)).map(|(id, _)| *id).collect();
                assert_eq!(
                    (queue(&waiters, name), waiters.len_of(0, &key(name))),
                    (expected.clone(), expected.len() as u64)
                );
            }
            let waited = |is: &dyn Fn(&Waiter) -> bool| {
                model
                    .iter()
                    .filter(|(_, waiter)| is(waiter))
                    .flat_map(|(_, waiter)| &waiter.keys)
                    .collect::<BTreeSet<_>>()
            };
            let expected = (waited(&|_| true).len(), waited(&|waiter| waiter.wants.is_for_end()).len());
            assert_eq!(waiters.key_counts(), expected);
            let first =
                model.iter().filter(|(_, waiter)| waiter.deadline_ms > 0).min_by_key(|(_, waiter)| waiter.deadline_ms);
            assert_eq!(waiters.first_deadline(), first.map(|(id, waiter)| (waiter.deadline_ms, *id)));
            waiters.validate().unwrap();
            if rng.below(40) == 0 {
                images.push((waiters.clone(), model.clone()));
            }
        }
        for (image, model) in images {
            assert_eq!(image.len(), model.len());
            assert!(model.iter().all(|(id, waiter)| image.get(*id).map(|(_, waiter)| &**waiter) == Some(waiter)));
            image.validate().unwrap();
        }
    }
}

#[test]
fn what_is_due_ends_in_the_order_of_deadlines_and_keys_before_waits() {
    let mut state = State::default();
    let mut effects = Effects::default();
    state.advance_clock(1000);
    for (name, deadline_ms) in [("early", 1100), ("same", 1200), ("late", 1300)] {
        state.txn(0, Rng::new(1), &mut effects).set(name.as_bytes(), Str::new(b"v").into(), Deadline::At(deadline_ms));
    }
    for (connection, deadline_ms) in [(1, 1250), (2, 1200), (3, 1150), (4, 0)] {
        let mut txn = state.txn(0, Rng::new(1), &mut effects);
        txn.wait(id(1, connection, 1), waiter(&["k"], deadline_ms)).unwrap();
    }
    let left = |state: &State, effects: &Effects| {
        let ended: Vec<u64> = effects.released.iter().map(|(id, _)| id.connection).collect();
        (state.db(0).len(), ended)
    };
    state.advance_clock(1200);
    assert_eq!(state.sweep(100, &mut effects), 2, "due is what is before now");
    assert_eq!(left(&state, &effects), (2, vec![3]));
    state.advance_clock(5000);
    assert_eq!(state.sweep(1, &mut effects), 1);
    assert_eq!(left(&state, &effects), (1, vec![3]), "the key of the same ms goes first");
    assert_eq!(state.sweep(100, &mut effects), 3);
    assert_eq!(left(&state, &effects), (0, vec![3, 2, 1]));
    assert!(effects.released.iter().all(|(_, reply)| *reply == Reply::NilArray));
    assert_eq!(state.waiters().len(), 1);
}

#[test]
fn exchanged_databases_make_no_key_ready_that_holds_something_else() {
    let mut state = State::default();
    let mut effects = Effects::default();
    let mut txn = state.txn(0, Rng::new(1), &mut effects);
    txn.wait(id(1, 1, 1), waiter(&["k"], 0)).unwrap();
    txn.on_db(1).set(b"k", Hash::default().into(), Deadline::Clear);
    txn.swap(0, 1);
    assert_eq!(state.next_ready(), None);
}

#[test]
fn whoever_waits_beside_another_of_its_owner_is_found_in_order_by_either_list() {
    let claims = |owner: &str, keys: &[&str]| {
        let claim = Some(Claim { owner: Arc::from(owner.as_bytes()), mode: LockMode::EXCLUSIVE });
        Waiter { wants: Wants::Lock, claim, ..waiter(keys, 0) }
    };
    // With others in the queues the owner's list is the shorter one, with others of the owner elsewhere the queues are.
    for (others, elsewhere) in [(9, 0), (0, 9)] {
        let mut waiters = Waiters::default();
        for number in 0..others {
            waiters.join(id(2, number, 1), claims("x", &["a", "b"]), LIMITS).unwrap();
        }
        for number in 0..elsewhere {
            waiters.join(id(3, number, 1), claims("o", &["z"]), LIMITS).unwrap();
        }
        for (connection, keys) in [(9, &["b", "c"][..]), (3, &["a", "b"]), (5, &["a"]), (6, &["c"])] {
            waiters.join(id(1, connection, 1), claims("o", keys), LIMITS).unwrap();
        }
        waiters.join(id(1, 7, 1), Waiter { db: 1, ..claims("o", &["a"]) }, LIMITS).unwrap();
        let found = waiters.beside(&claims("o", &["b", "a"]));
        assert_eq!(found, [id(1, 9, 1), id(1, 3, 1), id(1, 5, 1)], "{others} and {elsewhere}");
        assert!(waiters.beside(&claims("o", &["d"])).is_empty());
    }
}
