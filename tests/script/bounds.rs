//! What compiling takes of a run's bounds, and how the units of a run may be cut.

use lockstep::script::lib::Script;
use lockstep::script::vm::lexer::NotCompiled;
use lockstep::script::vm::machine::{End, Fault, Machine};

use crate::support::scripts::corpora;

const UNITS: u64 = 50_000;
const MEMORY: usize = 64 << 20;

/// How a run ended with its results' types, the units that were left, and the bytes that it had.
type Trace = (String, u64, usize);

/// Runs on `units`, in one piece or in slices of that many.
fn run(script: &Script, units: u64, slice: Option<u64>) -> Trace {
    let mut vm = script.start(units, MEMORY);
    if let Some(slice) = slice {
        vm.slice_by(slice);
    }
    let end = match vm.call_at(0, 0) {
        Ok(count) => (0..count).map(|i| show(&vm, i)).collect::<Vec<_>>().join(","),
        Err(Fault::Error(value)) => format!("error: {:?}", vm.text_of(value).map(|text| text.into_owned())),
        Err(other) => format!("{other:?}"),
    };
    (end, vm.units_left(), vm.heap.bytes)
}

fn show(vm: &Machine<'_>, place: usize) -> String {
    let value = vm.thread.stack[place];
    match vm.text_of(value) {
        Some(text) => String::from_utf8_lossy(&text).into_owned(),
        None => format!("{value:?}"),
    }
}

#[test]
fn run_in_slices_of_any_length_is_as_one_in_one_piece() {
    let (mut ended, mut count) = (0, 0);
    for source in corpora() {
        let Ok(script) = Script::new(source.as_bytes(), b"@user_script") else { continue };
        count += 1;
        let whole = run(&script, UNITS, None);
        for slice in [1, 3, 7, 1_001] {
            assert_eq!(run(&script, UNITS, Some(slice)), whole, "slices of {slice}\n{source}");
        }
        // It ends at the same unit.
        let took = UNITS - whole.1;
        for less in [1, 5, 13, took / 2].into_iter().filter(|less| (1..=took).contains(less)) {
            let whole = run(&script, took - less, None);
            ended += usize::from(whole.0 == format!("{:?}", Fault::Ended(End::Budget)));
            for slice in [1, 17] {
                assert_eq!(run(&script, took - less, Some(slice)), whole, "{less} less, slices of {slice}\n{source}");
            }
        }
    }
    assert!(count > 200 && ended > count * 2, "{ended} ends in {count} scripts");
}

/// Sources whose code is long in each of its parts.
fn long_sources() -> Vec<String> {
    let list = |part: &dyn Fn(usize) -> String| (0..2000).map(part).collect::<String>();
    vec![
        "f()".repeat(2000),
        list(&|i| format!("x{i} = 1 ")),
        list(&|i| format!("x = {i} ")),
        list(&|i| format!("x = '{i}' ")),
        "x = function() end ".repeat(2000),
        "local a, b do local f = function() return a, b end end ".repeat(90),
        "if x then x = not x and (x or y) end ".repeat(2000),
        format!("x = '{}'", "y".repeat(40_000)),
        "return {".to_owned() + &"1,".repeat(4000) + "}",
    ]
}

#[test]
fn compiling_ends_at_its_memory_exactly_and_a_kept_script_by_the_same_bound() {
    for source in long_sources() {
        let script = Script::new(source.as_bytes(), b"@user_script").unwrap();
        let (units, bytes) = (script.units(), script.bytes());
        let within = |units, bytes| Script::within(source.as_bytes(), b"@user_script", units, bytes);
        assert_eq!(within(units, bytes).unwrap().bytes(), bytes, "{source}");
        for less in [1, bytes / 3, bytes - source.len(), bytes - source.len() + 1, bytes] {
            assert!(matches!(within(units, bytes - less), Err(NotCompiled::Memory)), "{less} less: {source}");
            assert!(matches!(script.fits(units, bytes - less), Err(NotCompiled::Memory)), "{less} less: {source}");
        }
        for less in [1, units] {
            assert!(matches!(within(units - less, bytes), Err(NotCompiled::Budget)), "{less} less: {source}");
            assert!(matches!(script.fits(units - less, 0), Err(NotCompiled::Budget)), "{less} less: {source}");
        }
        assert!(script.fits(units, bytes).is_ok(), "{source}");
    }
}

/// The error far behind is not reached, so the code in front of it was not made either.
#[test]
fn compiling_ends_when_its_code_has_no_room_and_not_behind_its_end() {
    for source in long_sources().into_iter().filter(|source| !source.starts_with("return")) {
        let room = Script::new(source.as_bytes(), b"@user_script").unwrap().bytes();
        let source = source.repeat(if source.starts_with("local") { 1 } else { 3 }) + " )";
        assert!(matches!(Script::within(source.as_bytes(), b"s", u64::MAX, usize::MAX), Err(NotCompiled::Syntax(_))));
        let room = if source.starts_with("local") { room / 2 } else { room };
        assert!(
            matches!(Script::within(source.as_bytes(), b"s", u64::MAX, room), Err(NotCompiled::Memory)),
            "{source}"
        );
    }
}

#[test]
fn sources_that_come_up_in_a_run_are_compiled_within_its_memory() {
    let end = |source: &str, memory: usize| {
        let script = Script::new(source.as_bytes(), b"@user_script").unwrap();
        let mut vm = script.start(1 << 40, memory);
        match vm.call_at(0, 0) {
            Ok(_) => "well".to_owned(),
            Err(Fault::Ended(end)) => format!("{end:?}"),
            Err(other) => format!("{other:?}"),
        }
    };
    for what in ["loadstring(s)", "load(function() local t = s s = nil return t end)"] {
        let calls = format!("local s = ('f()'):rep(300000) assert({what})");
        assert_eq!((end(&calls, 8 << 20), end(&calls, 64 << 20)), ("Memory".into(), "well".into()), "{what}");
    }
    // What was compiled stays for the run, and its name with it.
    let names = "local n = ('n'):rep(1000000) for i = 1, 20 do loadstring('return 1', n) end";
    assert_eq!((end(names, 16 << 20), end(names, 64 << 20)), ("Memory".into(), "well".into()));
    let names = "local n = ('n'):rep(1000000) for i = 1, 20 do load(function() end, n) end";
    assert_eq!((end(names, 16 << 20), end(names, 64 << 20)), ("Memory".into(), "well".into()));
}
