//! What is said of a run, or of a library's load, that did not end well.

use super::vm::machine::{End, Machine};
use super::vm::names;
use super::vm::value::LuaValue;
use crate::error::c_string;

/// The text of an uncaught error, without its place.
pub(super) fn message(vm: &Machine<'_>, value: LuaValue) -> Vec<u8> {
    let mut text = match value {
        LuaValue::Table(table) => {
            let text = vm.raw_get(table, LuaValue::Str(names::ERR));
            vm.text_of(text).map_or_else(|| b"ERR unknown error".to_vec(), |text| text.into_owned())
        }
        LuaValue::Str(_) | LuaValue::Number(_) => [b"ERR ", &*vm.text_of(value).unwrap_or_default()].concat(),
        LuaValue::Bool(value) => format!("ERR {value}").into_bytes(),
        other => format!("ERR {}", other.type_name()).into_bytes(),
    };
    // Redis takes the message for a C string.
    text.truncate(c_string(&text).len());
    text
}

/// Why a run, or a library's load, was stopped.
pub(super) fn stopped(what: &str, end: End, budget: u64, memory: u64) -> String {
    match end {
        End::Budget => format!("the {what} was stopped: its budget of {budget} units is used up (script-budget)"),
        End::Killed => format!("the {what} was stopped"),
        End::Memory => format!("the {what} was stopped: it needs more than {memory} bytes (script-memory)"),
    }
}
