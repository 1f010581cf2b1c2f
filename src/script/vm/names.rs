//! Strings that the machine itself knows, by fixed numbers in front of every run's others.

use super::value::StrId;

/// Their texts, in order.
pub const NAMES: &[&str] = &[
    "__index",
    "__newindex",
    "__call",
    "__add",
    "__sub",
    "__mul",
    "__div",
    "__mod",
    "__pow",
    "__unm",
    "__concat",
    "__len",
    "__eq",
    "__lt",
    "__le",
    "__tostring",
    "__metatable",
    "n",
    "err",
    "ok",
    "",
    "KEYS",
    "ARGV",
    "nil",
    "true",
    "false",
    "boolean",
    "number",
    "string",
    "table",
    "function",
    "thread",
    "userdata",
    "userdata: (nil)",
];

/// `__index`
pub const INDEX: StrId = StrId(0);
/// `__newindex`
pub const NEWINDEX: StrId = StrId(1);
/// `__call`
pub const CALL: StrId = StrId(2);
/// `__add`
pub const ADD: StrId = StrId(3);
/// `__sub`
pub const SUB: StrId = StrId(4);
/// `__mul`
pub const MUL: StrId = StrId(5);
/// `__div`
pub const DIV: StrId = StrId(6);
/// `__mod`
pub const MOD: StrId = StrId(7);
/// `__pow`
pub const POW: StrId = StrId(8);
/// `__unm`
pub const UNM: StrId = StrId(9);
/// `__concat`
pub const CONCAT: StrId = StrId(10);
/// `__len`
pub const LEN: StrId = StrId(11);
/// `__eq`
pub const EQ: StrId = StrId(12);
/// `__lt`
pub const LT: StrId = StrId(13);
/// `__le`
pub const LE: StrId = StrId(14);
/// `__tostring`
pub const TOSTRING: StrId = StrId(15);
/// `__metatable`
pub const METATABLE: StrId = StrId(16);
/// `n`
pub const ARG_N: StrId = StrId(17);
/// `err`
pub const ERR: StrId = StrId(18);
/// `ok`
pub const OK: StrId = StrId(19);
/// The empty string.
pub const EMPTY: StrId = StrId(20);
/// `KEYS`
pub const KEYS: StrId = StrId(21);
/// `ARGV`
pub const ARGV: StrId = StrId(22);
/// `nil`
pub const NIL: StrId = StrId(23);
/// `true`
pub const TRUE: StrId = StrId(24);
/// `false`
pub const FALSE: StrId = StrId(25);
/// `boolean`
pub const T_BOOLEAN: StrId = StrId(26);
/// `number`
pub const T_NUMBER: StrId = StrId(27);
/// `string`
pub const T_STRING: StrId = StrId(28);
/// `table`
pub const T_TABLE: StrId = StrId(29);
/// `function`
pub const T_FUNCTION: StrId = StrId(30);
/// `thread`
pub const T_THREAD: StrId = StrId(31);
/// `userdata`
pub const T_USERDATA: StrId = StrId(32);
/// `userdata: (nil)`
pub const NULL: StrId = StrId(33);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places_in_the_list() {
        for (id, text) in
            [(INDEX, "__index"), (METATABLE, "__metatable"), (EMPTY, ""), (ARGV, "ARGV"), (NULL, "userdata: (nil)")]
        {
            assert_eq!(NAMES[id.0 as usize], text);
        }
        assert_eq!(NAMES.len(), NULL.0 as usize + 1);
    }
}
