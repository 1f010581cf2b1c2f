//! The language beside the C Lua 5.1, script by script, as it is and with a collection wherever there may be one.

use lockstep::script::lib::Script;
use lockstep::script::vm::machine::{Fault, Machine};
use lockstep::script::vm::number::number_text;
use lockstep::script::vm::value::LuaValue;

fn ours(source: &str, stress: bool) -> String {
    let script = match Script::new(source.as_bytes(), b"@user_script") {
        Ok(script) => script,
        Err(error) => return format!("compile: {}", String::from_utf8_lossy(&error.0)),
    };
    let mut vm = script.start(200_000_000, 256 << 20);
    if stress {
        (vm.heap.collect_from, vm.heap.collect_at) = (0, 0);
    }
    match vm.call_at(0, 0) {
        Ok(count) => {
            let values: Vec<String> = (0..count).map(|i| show(&vm, vm.thread.stack[i])).collect();
            values.join("|")
        }
        Err(Fault::Error(value)) => format!("error: {}", show(&vm, value)),
        Err(other) => format!("ended: {other:?}"),
    }
}

fn show(vm: &Machine<'_>, value: LuaValue) -> String {
    match value {
        LuaValue::Nil => "nil".into(),
        LuaValue::Bool(b) => b.to_string(),
        LuaValue::Number(n) => String::from_utf8(number_text(n)).unwrap(),
        LuaValue::Str(id) => format!("{:?}", String::from_utf8_lossy(vm.bytes(id))),
        other => other.type_name().into(),
    }
}

fn theirs(source: &str) -> String {
    let lua = mlua::Lua::new();
    let run: mlua::Function = lua
        .load(
            r#"return function(source)
            local f, e = loadstring(source, "@user_script")
            if not f then return "compile", e end
            local function pack(...) return select('#', ...), {...} end
            local n, r = pack(pcall(f))
            if not r[1] then return "error", r[2] end
            return "ok", unpack(r, 2, n)
        end"#,
        )
        .eval()
        .unwrap();
    let values: mlua::MultiValue = run.call(lua.create_string(source).unwrap()).unwrap();
    let mut shown = values.iter().map(|value| match value {
        mlua::Value::Nil => "nil".to_owned(),
        mlua::Value::Boolean(b) => b.to_string(),
        mlua::Value::Integer(n) => String::from_utf8(number_text(*n as f64)).unwrap(),
        mlua::Value::Number(n) => String::from_utf8(number_text(*n)).unwrap(),
        mlua::Value::String(text) => format!("{:?}", String::from_utf8_lossy(&text.as_bytes())),
        other => other.type_name().to_owned(),
    });
    match shown.next().as_deref() {
        Some("\"compile\"") => {
            let text = values.get(1).unwrap().as_string().unwrap().to_string_lossy();
            format!("compile: {text}")
        }
        Some("\"error\"") => format!("error: {}", shown.next().unwrap_or("nil".into())),
        _ => shown.collect::<Vec<_>>().join("|"),
    }
}

#[test]
fn scripts_give_what_the_c_lua_gives() {
    let mut failed = 0;
    let mut count = 0;
    for file in std::fs::read_dir("tests/script/corpus").unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for source in text.split("\n---\n") {
            count += 1;
            let (a, b, c) = (ours(source, false), theirs(source), ours(source, true));
            if a != b || a != c {
                failed += 1;
                println!("== {}\n{source}\n  ours:   {a}\n  theirs: {b}\n  stress: {c}", path.display());
            }
        }
    }
    println!("{count} scripts, {failed} differ");
    assert_eq!(failed, 0);
}
