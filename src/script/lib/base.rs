//! The functions that are globals (the manual's 5.1).

use crate::script::vm::machine::{Args, Fault, Machine, Native, Res};
use crate::script::vm::names;
use crate::script::vm::number::{TEXT_UNITS, number_text};
use crate::script::vm::table::NoSuchKey;
use crate::script::vm::value::Value;

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("assert", assert),
    ("error", error),
    ("getmetatable", getmetatable),
    ("ipairs", ipairs),
    ("ipairs iterator", ipairs_next),
    ("loadstring", loadstring),
    ("load", load),
    ("next", next),
    ("pairs", pairs),
    ("pcall", pcall),
    ("rawequal", rawequal),
    ("rawget", rawget),
    ("rawset", rawset),
    ("select", select),
    ("setmetatable", setmetatable),
    ("tonumber", tonumber),
    ("tostring", tostring),
    ("type", type_of),
    ("unpack", unpack),
    ("xpcall", xpcall),
    (UNKNOWN_GLOBAL, unknown_global),
];

/// What reading a global that there is not calls.
pub(super) const UNKNOWN_GLOBAL: &str = "unknown global";

fn assert(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if vm.any_arg(args, 1)?.is_true() {
        return Ok(args.count);
    }
    if args.count < 2 || vm.arg(args, 2).is_nil() {
        return Err(vm.error("assertion failed!"));
    }
    let id = vm.string_arg(args, 2)?;
    let text = vm.bytes(id).to_vec();
    Err(vm.error_at(1, &text))
}

fn error(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let level = vm.int32_or(args, 2, 1)?;
    let value = vm.arg(args, 1);
    if let (Value::Str(_) | Value::Number(_), 1..) = (value, level) {
        let text = vm.text_of(value).map(|text| text.into_owned()).unwrap_or_default();
        return Err(vm.error_at(level.min(1 << 20) as u32, &text));
    }
    Err(Fault::Error(value))
}

fn getmetatable(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let value = vm.any_arg(args, 1)?;
    let protected = vm.metamethod(value, names::METATABLE);
    let answer = if protected.is_nil() { vm.metatable(value).map_or(Value::Nil, Value::Table) } else { protected };
    Ok(vm.give(args, answer))
}

fn setmetatable(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let meta = match vm.arg(args, 2) {
        Value::Nil if args.count >= 2 => None,
        Value::Table(id) => Some(id),
        _ => return Err(vm.bad_argument(2, "nil or table expected")),
    };
    if !vm.metamethod(Value::Table(table), names::METATABLE).is_nil() {
        return Err(vm.error("cannot change a protected metatable"));
    }
    if let Some(object) = vm.heap.tables.get_mut(table.0) {
        if object.read_only() {
            return Err(vm.plain_error(b"Attempt to modify a readonly table"));
        }
        object.set_meta(meta);
    }
    Ok(vm.give(args, Value::Table(table)))
}

fn ipairs(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let iterator = vm.native("ipairs iterator");
    vm.give_all(args, &[iterator, Value::Table(table), Value::Number(0.0)])
}

fn ipairs_next(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let i = vm.int_arg(args, 2)?.wrapping_add(1);
    let value = vm.raw_get(table, Value::Number(i as f64));
    if value.is_nil() {
        return Ok(vm.give(args, Value::Nil));
    }
    vm.give_all(args, &[Value::Number(i as f64), value])
}

fn pairs(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let next = vm.native("next");
    vm.give_all(args, &[next, Value::Table(table), Value::Nil])
}

fn next(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let key = vm.arg(args, 2);
    let found = vm.heap.tables.get(table.0).map(|table| table.next(key, &vm.heap.strings));
    match found {
        Some(Ok(Some((key, value)))) => vm.give_all(args, &[key, value]),
        Some(Err(NoSuchKey)) => Err(vm.plain_error(b"invalid key to 'next'")),
        _ => Ok(vm.give(args, Value::Nil)),
    }
}

fn rawequal(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let (a, b) = (vm.any_arg(args, 1)?, vm.any_arg(args, 2)?);
    let answer = vm.heap.strings.raw_equal(a, b);
    Ok(vm.give(args, Value::Bool(answer)))
}

fn rawget(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let key = vm.any_arg(args, 2)?;
    let value = vm.raw_get(table, key);
    Ok(vm.give(args, value))
}

fn rawset(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let (key, value) = (vm.any_arg(args, 2)?, vm.any_arg(args, 3)?);
    vm.raw_set(table, key, value)?;
    Ok(vm.give(args, Value::Table(table)))
}

fn select(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if let Value::Str(id) = vm.arg(args, 1)
        && vm.bytes(id).first() == Some(&b'#')
    {
        return Ok(vm.give(args, Value::Number((args.count - 1) as f64)));
    }
    let n = vm.int32_arg(args, 1)?;
    let count = args.count as i64;
    let from = if n < 0 { count + n } else { n.min(count) };
    if from < 1 {
        return Err(vm.bad_argument(1, "index out of range"));
    }
    let given = (count - from) as usize;
    let start = args.base + from as usize;
    vm.charge(given as u64 / 8)?;
    vm.thread.stack.copy_within(start..start + given, args.base);
    Ok(given)
}

fn unpack(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let first = vm.int32_or(args, 2, 1)?;
    let last = if vm.arg(args, 3).is_nil() {
        vm.heap.tables.get(table.0).map_or(0, |table| table.len(&vm.heap.strings)) as i64
    } else {
        vm.int32_arg(args, 3)?
    };
    if first > last {
        return Ok(0);
    }
    let count = i128::from(last) - i128::from(first) + 1;
    // Lua's own bound for results of a C function.
    let Some(count) = usize::try_from(count).ok().filter(|count| *count < 8000) else {
        return Err(vm.error("too many results to unpack"));
    };
    vm.charge(count as u64)?;
    vm.reserve(args.base + count + 8)?;
    for i in 0..count {
        let value = vm.raw_get(table, Value::Number((first + i as i64) as f64));
        if let Some(place) = vm.thread.stack.get_mut(args.base + i) {
            *place = value;
        }
    }
    Ok(count)
}

fn tonumber(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let base = vm.int32_or(args, 2, 10)?;
    if base == 10 {
        let value = vm.any_arg(args, 1)?;
        vm.charge_number(value)?;
        let answer = vm.to_number(value).map_or(Value::Nil, Value::Number);
        return Ok(vm.give(args, answer));
    }
    let id = vm.string_arg(args, 1)?;
    if !(2..=36).contains(&base) {
        return Err(vm.bad_argument(2, "base out of range"));
    }
    vm.charge(vm.heap.strings.len(id) as u64 / 8)?;
    let answer = whole_number(vm.bytes(id), base as u32).map_or(Value::Nil, Value::Number);
    Ok(vm.give(args, answer))
}

/// As `strtoul` reads it: a sign, `0x` before base 16, at most 64 bits.
fn whole_number(text: &[u8], base: u32) -> Option<f64> {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let start = text.iter().take_while(|byte| blank(byte)).count();
    let mut rest = text.get(start..)?;
    let is_negative = rest.first() == Some(&b'-');
    if let Some(b'-' | b'+') = rest.first() {
        rest = rest.get(1..)?;
    }
    if base == 16
        && let [b'0', b'x' | b'X', digit, ..] = rest
        && digit.is_ascii_hexdigit()
    {
        rest = rest.get(2..)?;
    }
    let digits = rest.iter().map_while(|byte| char::from(*byte).to_digit(base));
    let (mut value, mut count) = (Some(0u64), 0);
    for digit in digits {
        value = value.and_then(|value| value.checked_mul(u64::from(base))?.checked_add(u64::from(digit)));
        count += 1;
    }
    if count == 0 || !rest.get(count..)?.iter().all(blank) {
        return None;
    }
    let value = match value {
        Some(value) if is_negative => value.wrapping_neg(),
        Some(value) => value,
        None => u64::MAX,
    };
    Some(value as f64)
}

fn tostring(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let value = vm.any_arg(args, 1)?;
    let text = vm.show(value)?;
    Ok(vm.give(args, text))
}

fn type_of(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = match vm.any_arg(args, 1)? {
        Value::Nil => names::NIL,
        Value::Bool(_) => names::T_BOOLEAN,
        Value::Number(_) => names::T_NUMBER,
        Value::Str(_) => names::T_STRING,
        Value::Table(_) => names::T_TABLE,
        Value::Function(_) | Value::Native(_) => names::T_FUNCTION,
        Value::Thread(_) => names::T_THREAD,
        Value::Null => names::T_USERDATA,
    };
    Ok(vm.give(args, Value::Str(id)))
}

/// As Redis has it: what it caught is the text of an error table; without arguments it is false.
fn pcall(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if args.count == 0 {
        return Ok(vm.give(args, Value::Bool(false)));
    }
    let count = protected(vm, args, None)?;
    if let (Value::Bool(false), Some(Value::Table(table))) =
        (vm.thread.stack.get(args.base).copied().unwrap_or_default(), vm.thread.stack.get(args.base + 1).copied())
        && let text @ (Value::Str(_) | Value::Number(_)) = vm.raw_get(table, Value::Str(names::ERR))
        && let Some(place) = vm.thread.stack.get_mut(args.base + 1)
    {
        *place = text;
    }
    Ok(count)
}

fn xpcall(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let handler = vm.any_arg(args, 2)?;
    let called = Args { base: args.base, count: 1 };
    // The handler stays below, where a collection sees it.
    vm.kept.push(handler);
    let result = protected(vm, called, Some(handler));
    vm.kept.pop();
    result
}

fn protected(vm: &mut Machine<'_>, args: Args, handler: Option<Value>) -> Res<usize> {
    let frames = vm.thread.frames.len();
    let (levels, own_levels, kept) = (vm.levels, vm.thread.levels, vm.kept.len());
    vm.thread.top = args.base + args.count;
    match vm.call_at(args.base, args.count.saturating_sub(1)) {
        Ok(count) => {
            vm.reserve(args.base + count + 9)?;
            vm.thread.stack.copy_within(args.base..args.base + count, args.base + 1);
            vm.give(args, Value::Bool(true));
            Ok(count + 1)
        }
        Err(Fault::Error(value)) => {
            let mut value = value;
            if let Some(handler) = handler {
                let at = vm.thread.top.max(vm.thread.frames.last().map_or(0, |frame| frame.base as usize + 256));
                vm.thread.top = at;
                value = match vm.call(handler, &[value]) {
                    Ok(value) => value,
                    Err(Fault::Error(_)) => vm.string(b"error in error handling")?,
                    Err(other) => return Err(other),
                };
            }
            vm.unwind(frames, args.base);
            (vm.levels, vm.thread.levels) = (levels, own_levels);
            vm.kept.truncate(kept);
            vm.thread.top = args.base + args.count;
            vm.give_all(args, &[Value::Bool(false), value])
        }
        Err(other) => Err(other),
    }
}

fn loadstring(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    let name = if vm.arg(args, 2).is_nil() { id } else { vm.string_arg(args, 2)? };
    let (source, name) = (vm.bytes(id).to_vec(), vm.bytes(name).to_vec());
    compiled(vm, args, &source, &name)
}

fn load(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let function = vm.function_arg(args, 1)?;
    let name = if vm.arg(args, 2).is_nil() {
        b"=(load)".to_vec()
    } else {
        let id = vm.string_arg(args, 2)?;
        vm.bytes(id).to_vec()
    };
    let mut source = Vec::new();
    loop {
        match vm.call(function, &[])? {
            Value::Nil => break,
            Value::Str(id) if vm.heap.strings.len(id) == 0 => break,
            Value::Str(id) => {
                vm.charge_bytes(source.len() + vm.heap.strings.len(id))?;
                source.extend_from_slice(vm.bytes(id));
            }
            _ => {
                let text = [&vm.place(1)[..], b"reader function must return a string"].concat();
                let text = vm.owned(text)?;
                return vm.give_all(args, &[Value::Nil, text]);
            }
        }
    }
    compiled(vm, args, &source, &name)
}

fn compiled(vm: &mut Machine<'_>, args: Args, source: &[u8], name: &[u8]) -> Res<usize> {
    let globals = vm.globals;
    match vm.compile(source, name)? {
        Ok(chunk) => {
            let function = vm.load(chunk, globals);
            Ok(vm.give(args, Value::Function(function)))
        }
        Err(text) => {
            let text = vm.owned(text)?;
            vm.give_all(args, &[Value::Nil, text])
        }
    }
}

fn unknown_global(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let name = vm.text_of(vm.arg(args, 2)).map(|name| String::from_utf8_lossy(&name).into_owned()).unwrap_or_default();
    Err(vm.error_at(2, format!("Script attempted to access nonexistent global variable '{name}'").as_bytes()))
}

impl Machine<'_> {
    /// `tostring`: objects by their type alone.
    ///
    /// # Errors
    /// What `__tostring` raises.
    pub fn show(&mut self, value: Value) -> Res<Value> {
        let handler = self.metamethod(value, names::TOSTRING);
        if !handler.is_nil() {
            return self.call(handler, &[value]);
        }
        Ok(Value::Str(match value {
            Value::Str(id) => id,
            Value::Number(n) => {
                self.charge(TEXT_UNITS)?;
                return self.string(&number_text(n));
            }
            Value::Nil => names::NIL,
            Value::Bool(true) => names::TRUE,
            Value::Bool(false) => names::FALSE,
            Value::Table(_) => names::T_TABLE,
            Value::Function(_) | Value::Native(_) => names::T_FUNCTION,
            Value::Thread(_) => names::T_THREAD,
            Value::Null => names::NULL,
        }))
    }
}
