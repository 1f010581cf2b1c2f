//! The instructions of compiled functions: register machine, eight bytes each.
//!
//! `a`, `b`, `c` are registers unless said otherwise; `k` is the number of a constant; `off` is counted from the next instruction.

/// No register: the value is not wanted.
pub const NO_REG: u8 = u8::MAX;

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "fields are explained above")]
pub enum Op {
    /// a = b
    Move {
        a: u8,
        b: u8,
    },
    /// a = constant
    LoadK {
        a: u8,
        k: u32,
    },
    /// a … a + n - 1 = nil
    LoadNil {
        a: u8,
        n: u8,
    },
    /// a = value; passes over the next instruction
    LoadBool {
        a: u8,
        value: bool,
        skip: bool,
    },
    /// a = upvalue i
    GetUpvalue {
        a: u8,
        i: u8,
    },
    /// upvalue i = a
    SetUpvalue {
        a: u8,
        i: u8,
    },
    /// a = global k
    GetGlobal {
        a: u8,
        k: u32,
    },
    /// global k = a
    SetGlobal {
        a: u8,
        k: u32,
    },
    /// a = b[c]
    GetTable {
        a: u8,
        b: u8,
        c: u8,
    },
    /// a = b[k], k a string
    GetField {
        a: u8,
        b: u8,
        k: u32,
    },
    /// a = b[k], k a number
    GetConst {
        a: u8,
        b: u8,
        k: u32,
    },
    /// a[b] = c
    SetTable {
        a: u8,
        b: u8,
        c: u8,
    },
    /// a[k] = c, k a string
    SetField {
        a: u8,
        c: u8,
        k: u32,
    },
    /// a[k] = c, k a number
    SetConst {
        a: u8,
        c: u8,
        k: u32,
    },
    /// a + 1 = b; a = b[k]
    Method {
        a: u8,
        b: u8,
        k: u32,
    },
    /// a = {} with room
    NewTable {
        a: u8,
        array: u16,
        fields: u16,
    },
    /// a[start + i] = the registers behind a; n of them, or up to the top
    SetList {
        a: u8,
        n: u8,
        start: u32,
    },
    Add {
        a: u8,
        b: u8,
        c: u8,
    },
    Sub {
        a: u8,
        b: u8,
        c: u8,
    },
    Mul {
        a: u8,
        b: u8,
        c: u8,
    },
    Div {
        a: u8,
        b: u8,
        c: u8,
    },
    Mod {
        a: u8,
        b: u8,
        c: u8,
    },
    Pow {
        a: u8,
        b: u8,
        c: u8,
    },
    AddK {
        a: u8,
        b: u8,
        k: u32,
    },
    SubK {
        a: u8,
        b: u8,
        k: u32,
    },
    MulK {
        a: u8,
        b: u8,
        k: u32,
    },
    DivK {
        a: u8,
        b: u8,
        k: u32,
    },
    ModK {
        a: u8,
        b: u8,
        k: u32,
    },
    PowK {
        a: u8,
        b: u8,
        k: u32,
    },
    Minus {
        a: u8,
        b: u8,
    },
    Not {
        a: u8,
        b: u8,
    },
    Len {
        a: u8,
        b: u8,
    },
    /// a = b .. … .. c
    Concat {
        a: u8,
        b: u8,
        c: u8,
    },
    Jump {
        off: i32,
    },
    /// Jumps if a is true or not, as `when` says
    Test {
        a: u8,
        when: bool,
        off: i32,
    },
    /// The same, and then the value goes to `a` too (unless that is NO_REG)
    TestSet {
        a: u8,
        b: u8,
        when: bool,
        off: i32,
    },
    /// Jumps if (a == b) is `when`
    Eq {
        a: u8,
        b: u8,
        when: bool,
        off: i32,
    },
    /// b is the number of one of the first 256 constants
    EqK {
        a: u8,
        b: u8,
        when: bool,
        off: i32,
    },
    Lt {
        a: u8,
        b: u8,
        when: bool,
        off: i32,
    },
    Le {
        a: u8,
        b: u8,
        when: bool,
        off: i32,
    },
    /// a < constant b, a number
    LtK {
        a: u8,
        b: u8,
        when: bool,
        off: i32,
    },
    LeK {
        a: u8,
        b: u8,
        when: bool,
        off: i32,
    },
    /// a > constant b, a number
    GtK {
        a: u8,
        b: u8,
        when: bool,
        off: i32,
    },
    GeK {
        a: u8,
        b: u8,
        when: bool,
        off: i32,
    },
    /// Calls a with the b - 1 registers behind it, or with those up to the top (0); c - 1 results from a on, or all (0)
    Call {
        a: u8,
        b: u8,
        c: u8,
    },
    /// return a(…)
    TailCall {
        a: u8,
        b: u8,
    },
    /// Returns b - 1 values from a on, or those up to the top (0)
    Return {
        a: u8,
        b: u8,
    },
    /// Prepares the numeric loop over a, a + 1, a + 2
    ForPrep {
        a: u8,
        off: i32,
    },
    /// The next round, its variable in a + 3
    ForLoop {
        a: u8,
        off: i32,
    },
    /// Calls the iterator a; c results from a + 3 on; jumps on unless the first is nil
    TForLoop {
        a: u8,
        c: u8,
        off: i32,
    },
    /// Closes the variables from a on
    Close {
        a: u8,
    },
    /// a = function p
    Closure {
        a: u8,
        p: u32,
    },
    /// b - 1 of the extra arguments from a on, or all (0)
    Vararg {
        a: u8,
        b: u8,
    },
}
