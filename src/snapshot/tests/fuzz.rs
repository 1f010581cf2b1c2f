//! Garbage: bytes as they are, and, because checksums stop nearly all of those, bytes that stand behind right checksums.

use proptest::prelude::*;

use super::super::chunk::{ChunkWriter, Kind};
use super::super::{Damage, FORMAT_VERSION, Problem, value};
use super::*;

/// The file whose meta is right and whose contents are `body`.
fn seal(state: &State, body: &[u8], chunk_len_max: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut out = ChunkWriter::new(&mut bytes, FORMAT_VERSION, chunk_len_max).unwrap();
    meta_of(state).write(state, &mut out).unwrap();
    out.raw(body).unwrap();
    out.finish(state.db(0).len() as u64).unwrap();
    bytes
}

/// The contents of a file's body chunks.
fn body_of(bytes: &[u8]) -> Vec<u8> {
    let mut ends = chunk_offsets(bytes);
    ends.push(bytes.len());
    let chunks = ends.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);
    chunks.filter(|chunk| chunk[0] == Kind::Body as u8).flat_map(|chunk| chunk[17..].to_vec()).collect()
}

/// Reads `data` in every way; a state that comes out is a valid one.
fn fuzz_snapshot(data: &[u8]) {
    let state = created();
    let _ = read(data);
    // Strings that span chunks take another path than those that do not.
    let chunk_len_max = if data.iter().fold(0, |sum, byte| sum ^ byte) % 2 == 0 { 7 } else { 1 << 20 };
    if let Ok((_, state)) = read(&seal(&state, data, chunk_len_max)) {
        state.validate().unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn garbage_never_panics(data in prop::collection::vec(any::<u8>(), 0..2000)) {
        fuzz_snapshot(&data);
    }

    #[test]
    fn changed_contents_behind_right_checksums_never_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut body = body_of(&bytes_of(&sample(), 600));
        for (at, byte) in edits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        fuzz_snapshot(&body);
    }
}

#[test]
fn the_fuzzed_contents_are_those_that_are_read() {
    let state = build(&[Op::SetHash { db: 0, key: b"h".to_vec(), large: true, fields: 7 }]);
    let body = body_of(&bytes_of(&state, 50));
    assert_same(&state, &read(&seal(&state, &body, 50)).unwrap().1);
}

#[test]
fn every_changed_byte_behind_right_checksums_is_survived() {
    let body = body_of(&bytes_of(&sample(), 600));
    // The long string in the middle of it is all alike.
    for at in (0..body.len()).filter(|at| *at < 700 || at % 61 == 0) {
        for value in [1, 0x7F, 0xFF] {
            let mut body = body.clone();
            body[at] = value;
            fuzz_snapshot(&body);
        }
    }
}

/// What is wrong with contents that were put together by hand.
fn contents(keys: u64, make: impl FnOnce(&mut ChunkWriter<'_, Vec<u8>>)) -> String {
    let state = created();
    let mut bytes = Vec::new();
    let mut out = ChunkWriter::new(&mut bytes, FORMAT_VERSION, 1000).unwrap();
    meta_of(&state).write(&state, &mut out).unwrap();
    super::super::sections::write(&state, &mut out).unwrap();
    make(&mut out);
    out.finish(keys).unwrap();
    match read(&bytes).unwrap_err().problem {
        Problem::Damaged { damage: Damage::Contents(what), .. } => what,
        Problem::Damaged { damage: Damage::Truncated, .. } => "truncated".into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn lengths_and_counts_alone_allocate_nothing() {
    for claim in [1 << 33, 1 << 62, u64::MAX] {
        // A string, the number of keys, and the number of fields.
        let ends_early = "a chunk of 32 bytes and kind Some(End), not Body";
        assert_eq!(contents(0, |out| [6, 0, 1, claim].iter().for_each(|n| out.varint(*n).unwrap())), ends_early);
        assert_eq!(contents(0, |out| [6, 0, claim].iter().for_each(|n| out.varint(*n).unwrap())), ends_early);
        for tag in [3, 4] {
            let head = [6, 0, 1, 0, 1, 0, tag, claim];
            assert_eq!(contents(0, |out| head.iter().for_each(|n| out.varint(*n).unwrap())), ends_early);
        }
    }
}

/// How a file ends whose state has nothing of these: waiters (the last ticket too), libraries, subscriptions, replies of ONCE, events of locks,
/// sessions, users (version and last id too); and that no keys follow.
const EMPTY_SECTIONS: &[&[u8]] = &[&[8, 0, 0], &[9, 0], &[10, 0], &[20, 0], &[21, 0], &[30, 0], &[31, 0, 0, 0], &[0]];

/// A file whose body is this one, but for one section that was empty.
fn with_section(body: &[u8], tag: u8, section: &[u8]) -> Vec<u8> {
    let at = EMPTY_SECTIONS.iter().position(|empty| empty[0] == tag).unwrap();
    let head = &body[..body.len() - EMPTY_SECTIONS[at..].concat().len()];
    seal(&created(), &[head, &[tag], section, &EMPTY_SECTIONS[at + 1..].concat()].concat(), 1000)
}

#[test]
fn events_of_locks_that_no_state_has_are_refused() {
    let refused = |bytes: &[u8]| match read(bytes).unwrap_err().problem {
        Problem::Damaged { damage: Damage::Contents(what), .. } => what,
        other => panic!("{other:?}"),
    };
    let body = body_of(&bytes_of(&created(), 1000));
    let of = |events: &[u8]| refused(&with_section(&body, 21, events));
    // Database, name, event, owner, token, time.
    assert_eq!(of(&[1, 16, 1, b'l', 0, 0, 1, 1]), "an event of a lock in no database");
    assert_eq!(of(&[1, 0, 1, b'l', 6, 0, 1, 1]), "an unknown event 6 of a lock");
}

#[test]
fn creations_that_no_state_has_are_refused() {
    let refused = |bytes: &[u8]| match read(bytes).unwrap_err().problem {
        Problem::Damaged { damage: Damage::Contents(what), .. } => what,
        other => panic!("{other:?}"),
    };
    let mut state = created();
    // No slot is taken: the number of those, and the empty sections, end the contents.
    let body = body_of(&bytes_of(&state, 1000));
    let end = [&[0], EMPTY_SECTIONS.concat().as_slice()].concat();
    assert_eq!(body[body.len() - end.len()..], end);
    let kept = body.len() - end.len();
    let of = |end: &[u8]| refused(&seal(&created(), &[&body[..kept], end].concat(), 1000));
    assert_eq!(of(&[1, 0x80, 0x40, 9, 0]), "slot of creations 8192, not below 8192");
    assert_eq!(of(&[2, 0xFF, 0x3F, 9, 0, 9, 0]), "slot of creations 0, not below 0");
    assert_eq!(of(&[1, 5, 0, 0]), "a creation at revision 0");
    state.restore_creations(Creations::all_at(state.revision() + 1));
    assert_eq!(refused(&bytes_of(&state, 1000)), "a creation is newer than the state");
}

#[test]
fn waiters_that_no_state_has_are_refused() {
    let refused = |bytes: &[u8]| match read(bytes).unwrap_err().problem {
        Problem::Damaged { damage: Damage::Contents(what), .. } => what,
        other => panic!("{other:?}"),
    };
    let body = body_of(&bytes_of(&created(), 1000));
    // The last ticket, and the waiters.
    let of = |waiters: &[&[u8]]| {
        refused(&with_section(&body, 8, &[&[9, waiters.len() as u8], waiters.concat().as_slice()].concat()))
    };
    // Boot, connection, number, ticket, beginning, deadline, database, what it wants, its arguments and keys, its claim, its session, an address.
    assert_eq!(of(&[&[1, 1, 1, 1, 0, 0, 16]]), "database 16, not below 16");
    assert_eq!(of(&[&[1, 1, 1, 1, 0, 0, 0, 9]]), "kind of waiter 9, not below 6");
    let has_no_place = |waiters: &[&[u8]]| {
        let why = of(waiters);
        assert!(why.ends_with("that has no place"), "{why}");
    };
    has_no_place(&[&[1, 1, 1, 10, 0, 0, 0, 0, 1, 1, b'x', 1, 1, b'k', 0, 0, 0]]);
    has_no_place(&[&[1, 1, 1, 1, 0, 0, 0, 0, 1, 1, b'x', 0, 0, 0, 0]]);
    has_no_place(&[&[1, 1, 1, 1, 0, 0, 0, 0, 1, 1, b'x', 2, 1, b'k', 1, b'k', 0, 0, 0]]);
    has_no_place(&[
        &[1, 1, 1, 1, 0, 0, 0, 0, 1, 1, b'x', 1, 1, b'k', 0, 0, 0],
        &[1, 2, 1, 1, 0, 0, 0, 0, 1, 1, b'x', 1, 1, b'k', 0, 0, 0],
    ]);
    // Only who waits for locks has a claim.
    has_no_place(&[&[1, 1, 1, 1, 0, 0, 0, 2, 1, 1, b'x', 1, 1, b'k', 0, 0, 0]]);
    has_no_place(&[&[1, 1, 1, 1, 0, 0, 0, 0, 1, 1, b'x', 1, 1, b'k', 1, 1, b'o', 1, 0, 0]]);
    let why = of(&[&[77, 1, 1, 1, 0, 0, 0, 0, 1, 1, b'x', 1, 1, b'k', 0, 0, 0]]);
    assert!(why.contains("its boot has ended"), "{why}");
    let why = of(&[&[1, 1, 1, 1, 0, 0, 0, 0, 1, 1, b'x', 1, 1, b'k', 0, 0, 1, 1, b'?']]);
    assert_eq!(why, "\"?\" where an address belongs");
    let why = of(&[&[1, 1, 1, 1, 0, 0, 0, 0, 1, 1, b'x', 1, 1, b'k', 0, 9, 0]]);
    assert_eq!(why, "somebody waits for a session that has ended");
}

#[test]
fn libraries_that_no_state_has_are_refused() {
    let refused = |bytes: &[u8]| match read(bytes).unwrap_err().problem {
        Problem::Damaged { damage: Damage::Contents(what), .. } => what,
        other => panic!("{other:?}"),
    };
    let body = body_of(&bytes_of(&created(), 1000));
    let of = |libraries: &[u8]| refused(&with_section(&body, 9, libraries));
    // Name, code, four numbers, functions: name, description, flags.
    let function = |name: u8, flags: u8| [1, name, 0, flags];
    let library =
        |functions: &[[u8; 4]]| [&[1, b'l', 0, 1, 1, 1, 1, functions.len() as u8], functions.as_flattened()].concat();
    assert_eq!(of(&[&[1][..], &library(&[])].concat()), "library l is empty or misplaced");
    assert_eq!(of(&[&[1][..], &library(&[function(b'f', 32)])].concat()), "flags 32 of a function");
    assert_eq!(of(&[&[1][..], &library(&[function(b'f', 1), function(b'F', 1)])].concat()), "a name of two functions");
    let twice = [&[2][..], &library(&[function(b'f', 1)]), &library(&[function(b'g', 1)])].concat();
    assert!(of(&twice).starts_with("a name that stands twice"));
}

#[test]
fn subscriptions_that_no_state_has_are_refused() {
    let refused = |bytes: &[u8]| match read(bytes).unwrap_err().problem {
        Problem::Damaged { damage: Damage::Contents(what), .. } => what,
        other => panic!("{other:?}"),
    };
    let body = body_of(&bytes_of(&created(), 1000));
    let of = |held: &[u8]| refused(&with_section(&body, 10, held));
    // Boot, connection, kind, name.
    assert_eq!(of(&[1, 1, 1, 3, 0]), "kind of subscription 3, not below 3");
    assert_eq!(of(&[2, 1, 7, 0, 1, b'a', 1, 7, 0, 1, b'a']), "a subscription of connection 7 that stands twice");
    assert_eq!(of(&[1, 77, 7, 2, 1, b'a']), "connection 7 is subscribed, and its boot 77 has ended");
}

#[test]
fn replies_of_once_that_no_state_has_are_refused() {
    let refused = |bytes: &[u8]| match read(bytes).unwrap_err().problem {
        Problem::Damaged { damage: Damage::Contents(what), .. } => what,
        other => panic!("{other:?}"),
    };
    let body = body_of(&bytes_of(&created(), 1000));
    let of = |once: &[u8]| refused(&with_section(&body, 20, once));
    // Id, hash of the command, deadline, form of the reply.
    let reply = |form: &[u8]| [&[1, b'i'][..], &[7; 16], &[9, form.len() as u8], form].concat();
    assert_eq!(of(&[&[1][..], &reply(&[99])].concat()), "a reply of ONCE that is none");
    assert_eq!(of(&[&[2][..], &reply(&[1]), &reply(&[])].concat()), "an id of ONCE that stands twice");
}

#[test]
fn sessions_that_no_state_has_are_refused() {
    let refused = |bytes: &[u8]| match read(bytes).unwrap_err().problem {
        Problem::Damaged { damage: Damage::Contents(what), .. } => what,
        other => panic!("{other:?}"),
    };
    let body = body_of(&bytes_of(&created(), 1000));
    let of = |sessions: &[u8]| refused(&with_section(&body, 30, sessions));
    // Id, timeout, deadline, beginning, name, opener, address, keys.
    assert_eq!(of(&[1, 0, 5, 9, 1, 0, 0, 0, 0]), "a session 0 that stands twice");
    assert_eq!(of(&[2, 7, 5, 9, 1, 0, 0, 0, 0, 7, 5, 9, 1, 0, 0, 0, 0]), "a session 7 that stands twice");
    assert_eq!(of(&[1, 7, 5, 9, 1, 0, 0, 0, 1, 16, 1, b'k']), "database 16, not below 16");
    assert_eq!(of(&[1, 7, 5, 9, 1, 0, 0, 0, 2, 0, 1, b'k', 0, 1, b'k']), "a key of session 7 that is bound twice");
    assert_eq!(
        of(&[1, 7, 5, 9, 1, 0, 0, 0, 1, 0, 1, b'k']),
        "a key that is bound to session 7 is not there, or a lock"
    );
}

#[test]
fn users_that_no_state_has_are_refused() {
    let refused = |bytes: &[u8]| match read(bytes).unwrap_err().problem {
        Problem::Damaged { damage: Damage::Contents(what), .. } => what,
        other => panic!("{other:?}"),
    };
    let body = body_of(&bytes_of(&created(), 1000));
    // Version, last id, users: id, name, three flags, passwords, the root with three flags, keys, channels and rules, selectors.
    let of = |users: &[[u8; 14]]| {
        refused(&with_section(&body, 31, &[&[9, 2, users.len() as u8], users.as_flattened()].concat()))
    };
    let user = |id: u8, name: u8| [id, 1, name, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let why = |name: &str| format!("a user b\"{name}\" that stands twice, out of its order or without its id");
    assert_eq!(of(&[user(1, b'a'), user(2, b'a')]), why("a"));
    assert_eq!(of(&[user(1, b'b'), user(2, b'a')]), why("a"));
    assert_eq!(of(&[user(3, b'a')]), why("a"));
    assert_eq!(of(&[user(0, b'a')]), why("a"));
}

fn entry(out: &mut ChunkWriter<'_, Vec<u8>>, key: &[u8], revision: u64, value: &Value) {
    out.bytes(key).unwrap();
    out.varint(revision).unwrap();
    out.varint(0).unwrap();
    value::write(value, out).unwrap();
}

#[test]
fn contents_that_no_state_has_are_refused() {
    let string = Value::from(Str::new(b"v"));
    let begin = |out: &mut ChunkWriter<'_, Vec<u8>>, db: u64, keys: u64| {
        [6, db, keys].iter().for_each(|n| out.varint(*n).unwrap());
    };
    let twice = contents(0, |out| {
        begin(out, 0, 2);
        entry(out, b"same", 1, &string);
        entry(out, b"same", 2, &string);
    });
    assert_eq!(twice, "key \"same\" is out of order");
    let newer = contents(1, |out| {
        begin(out, 0, 1);
        entry(out, b"key", u64::MAX, &string);
        out.u8(0).unwrap();
    });
    assert!(newer.contains("is newer than the state"), "{newer}");
    let empty = contents(0, |out| {
        begin(out, 0, 1);
        [0, 1, 0, 3, 0].iter().for_each(|n| out.varint(*n).unwrap());
    });
    assert_eq!(empty, "an empty hash");
    let unknown = contents(0, |out| {
        begin(out, 0, 1);
        [0, 1, 0, 99].iter().for_each(|n| out.varint(*n).unwrap());
    });
    assert_eq!(unknown, "a value of the unknown type 99");
    assert_eq!(contents(0, |out| begin(out, 16, 1)), "database 16, not below 16");
    let falling = contents(0, |out| {
        begin(out, 5, 0);
        begin(out, 4, 0);
    });
    assert_eq!(falling, "database 4 comes too late");
    for tag in [3u8, 4] {
        let twice = contents(0, |out| {
            begin(out, 0, 1);
            [0, 1, 0, u64::from(tag), 2].iter().for_each(|n| out.varint(*n).unwrap());
            (0..4).for_each(|_| out.bytes(b"x").unwrap());
            out.u8(0).unwrap();
        });
        assert!(twice.contains("a hash with a field that stands twice"), "{twice}");
    }
    for (tag, elements) in [
        (10u8, &[][..]),
        (10, &[("a", 1.0), ("a", 1.0)]),
        (10, &[("a", 1.0), ("b", 2.0), ("a", 3.0)]),
        (10, &[("b", 1.0), ("a", 1.0)]),
        (10, &[("a", f64::NAN)]),
        (11, &[]),
        (11, &[("a", 1.0), ("b", 2.0), ("a", 3.0)]),
        (11, &[("a", 2.0), ("b", 1.0)]),
        (11, &[("a", 1.0), ("b", f64::NAN)]),
    ] {
        let wrong = contents(0, |out| {
            begin(out, 0, 1);
            [0, 1, 0, u64::from(tag), elements.len() as u64].iter().for_each(|n| out.varint(*n).unwrap());
            for (member, score) in elements {
                out.bytes(member.as_bytes()).unwrap();
                out.raw(&score.to_le_bytes()).unwrap();
            }
            out.u8(0).unwrap();
        });
        assert!(wrong.contains("sorted set"), "{tag} {elements:?}: {wrong}");
    }
    let overlong =
        contents(0, |out| out.raw(&[6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02]).unwrap());
    assert_eq!(overlong, "a number beyond 64 bits");
}
