//! Values to others: `tonumber`, `tostring`, `type`.

use crate::error::c_string;
use crate::script::vm::machine::{Args, Machine, Res};
use crate::script::vm::names;
use crate::script::vm::number::number_text;
use crate::script::vm::units;
use crate::script::vm::value::LuaValue;

pub(super) fn tonumber(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let base = vm.int32_or(args, 2, 10)?;
    if base == 10 {
        let value = vm.any_arg(args, 1)?;
        vm.charge_number(value)?;
        let answer = vm.to_number(value).map_or(LuaValue::Nil, LuaValue::Number);
        return Ok(vm.give(args, answer));
    }
    let id = vm.string_arg(args, 1)?;
    if !(2..=36).contains(&base) {
        return Err(vm.bad_argument(2, "base out of range"));
    }
    vm.charge(units::READING + 2 * vm.heap.strings.len(id) as u64)?;
    let answer = whole_number(vm.bytes(id), base as u32).map_or(LuaValue::Nil, LuaValue::Number);
    Ok(vm.give(args, answer))
}

/// As `strtoul` reads it: a sign, `0x` before base 16, at most 64 bits.
fn whole_number(text: &[u8], base: u32) -> Option<f64> {
    let text = c_string(text);
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

pub(super) fn tostring(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let value = vm.any_arg(args, 1)?;
    let text = vm.show(value)?;
    Ok(vm.give(args, text))
}

pub(super) fn type_of(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = match vm.any_arg(args, 1)? {
        LuaValue::Nil => names::NIL,
        LuaValue::Bool(_) => names::T_BOOLEAN,
        LuaValue::Number(_) => names::T_NUMBER,
        LuaValue::Str(_) => names::T_STRING,
        LuaValue::Table(_) => names::T_TABLE,
        LuaValue::Function(_) | LuaValue::Native(_) => names::T_FUNCTION,
        LuaValue::Thread(_) => names::T_THREAD,
        LuaValue::Null => names::T_USERDATA,
    };
    Ok(vm.give(args, LuaValue::Str(id)))
}

impl Machine<'_> {
    /// `tostring`: objects by their type alone.
    ///
    /// # Errors
    /// What `__tostring` raises.
    fn show(&mut self, value: LuaValue) -> Res<LuaValue> {
        let handler = self.metamethod(value, names::TOSTRING);
        if !handler.is_nil() {
            return self.call(handler, &[value]);
        }
        Ok(LuaValue::Str(match value {
            LuaValue::Str(id) => id,
            LuaValue::Number(n) => {
                self.charge(units::TEXT)?;
                return self.string(&number_text(n));
            }
            LuaValue::Nil => names::NIL,
            LuaValue::Bool(true) => names::TRUE,
            LuaValue::Bool(false) => names::FALSE,
            LuaValue::Table(_) => names::T_TABLE,
            LuaValue::Function(_) | LuaValue::Native(_) => names::T_FUNCTION,
            LuaValue::Thread(_) => names::T_THREAD,
            LuaValue::Null => names::NULL,
        }))
    }
}
