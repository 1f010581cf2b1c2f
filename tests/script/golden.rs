//! Numbers and what the libraries make of them, beside values that the C Lua of redis-server 7.0.15 gave on x86-64 with glibc
//! (`golden/*.txt`): `expression TAB its values`, where `z` is 0, and `expression TAB ours TAB theirs` where ours differ on purpose:
//! - `format.txt`: glibc loses the zeros of `%#g` where rounding makes one more digit.
//! - `libm.txt`: the functions that IEEE 754 leaves open are `libm`'s here, the same on every CPU, and often off by one in the last place.

use lockstep::script::lib::Script;
use lockstep::script::vm::machine::Fault;
use lockstep::script::vm::value::LuaValue;

use crate::libraries::SHOW;

/// Expressions of one script.
const BATCH: usize = 50;

fn values(expressions: &[&str]) -> Vec<String> {
    let mut source = format!("{SHOW} local R = {{}}");
    for expression in expressions {
        // Each is a chunk of its own, so that no constant is shared.
        source.push_str(&format!(" R[#R + 1] = all(loadstring([==[local z = ... return {expression}]==], '=e')(0))"));
    }
    source.push_str(r#" return table.concat(R, "\n")"#);
    let script = Script::new(source.as_bytes(), b"=e").map_err(|error| error.0.escape_ascii().to_string()).unwrap();
    let mut vm = script.start(1 << 40, 1 << 30);
    match vm.call_at(0, 0) {
        Ok(_) => match vm.thread.stack[0] {
            LuaValue::Str(id) => String::from_utf8_lossy(vm.bytes(id)).lines().map(str::to_owned).collect(),
            other => panic!("no string: {other:?}"),
        },
        Err(Fault::Error(LuaValue::Str(id))) => panic!("{}", vm.bytes(id).escape_ascii()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn numbers_are_those_of_the_c_lua() {
    let mut files: Vec<_> =
        std::fs::read_dir("tests/script/golden").unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let (mut count, mut wrong) = (0, String::new());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
        for batch in lines.chunks(BATCH) {
            let got = values(&batch.iter().map(|line| line[0]).collect::<Vec<_>>());
            assert_eq!(got.len(), batch.len());
            for (line, got) in batch.iter().zip(got) {
                count += 1;
                assert!(line.len() < 3 || line[1] != line[2], "no difference: {}", line[0]);
                if got != line[1] {
                    let name = path.file_name().unwrap().display();
                    wrong.push_str(&format!("{name}\t{}\t{got}\t{}\n", line[0], line[1]));
                }
            }
        }
    }
    println!("{count} values");
    assert!(count > 5_000);
    assert!(wrong.is_empty(), "file, expression, ours, theirs:\n{wrong}");
}
