//! `table` (the manual's 5.5).

use crate::script::vm::machine::{Args, Machine, Native, Res};
use crate::script::vm::table::NoSuchKey;
use crate::script::vm::units;
use crate::script::vm::value::{LuaValue, TableId};

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("table.concat", concat),
    ("table.foreach", foreach),
    ("table.foreachi", foreachi),
    ("table.getn", getn),
    ("table.insert", insert),
    ("table.maxn", maxn),
    ("table.remove", remove),
    ("table.setn", setn),
    ("table.sort", sort),
];

fn len(vm: &Machine<'_>, table: TableId) -> i64 {
    vm.heap.tables.get(table.0).map_or(0, |table| table.len(&vm.heap.strings)) as i64
}

fn at(vm: &Machine<'_>, table: TableId, i: i64) -> LuaValue {
    vm.raw_get(table, LuaValue::Number(i as f64))
}

fn set(vm: &mut Machine<'_>, table: TableId, i: i64, value: LuaValue) -> Res<()> {
    vm.raw_set(table, LuaValue::Number(i as f64), value)
}

fn getn(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let len = len(vm, table);
    Ok(vm.give(args, LuaValue::Number(len as f64)))
}

fn setn(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    vm.table_arg(args, 1)?;
    Err(vm.error("'setn' is obsolete"))
}

fn maxn(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let (mut most, mut place) = (0.0f64, 0);
    while let Some((next, key, _)) = vm.entry(table, place) {
        vm.charge(2)?;
        place = next;
        if let LuaValue::Number(n) = key {
            most = most.max(n);
        }
    }
    Ok(vm.give(args, LuaValue::Number(most)))
}

fn insert(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let end = len(vm, table) + 1;
    match args.count {
        2 => {
            let value = vm.arg(args, 2);
            set(vm, table, end, value)?;
        }
        3 => {
            let place = vm.int32_arg(args, 2)?;
            // The end of the list moves up to the place, whatever that is.
            let end = end.max(place);
            move_up(vm, table, place, end)?;
            let value = vm.arg(args, 3);
            set(vm, table, place, value)?;
        }
        _ => return Err(vm.error("wrong number of arguments to 'insert'")),
    }
    Ok(0)
}

/// `t[i] = t[i - 1]` for i from `end` down to `place` + 1; where there is little between the two, without asking for each.
fn move_up(vm: &mut Machine<'_>, table: TableId, place: i64, end: i64) -> Res<()> {
    let count = vm.heap.tables.get(table.0).map_or(0, |table| table.array_len() + table.node_count());
    vm.charge(4 * (end - place).min(4 * count as i64 + 8) as u64)?;
    if end - place <= 2 * count as i64 + 8 {
        for i in (place + 1..=end).rev() {
            let value = at(vm, table, i - 1);
            set(vm, table, i, value)?;
        }
        return Ok(());
    }
    let mut moved: Vec<(i64, LuaValue)> = Vec::new();
    let mut at = 0;
    while let Some((next, key, value)) = vm.entry(table, at) {
        if let LuaValue::Number(n) = key
            && n as i64 as f64 == n
            && (place..end).contains(&(n as i64))
        {
            moved.push((n as i64, value));
        }
        at = next;
    }
    for (i, _) in moved.iter().filter(|(i, _)| *i != place) {
        set(vm, table, *i, LuaValue::Nil)?;
    }
    for (i, value) in moved {
        set(vm, table, i + 1, value)?;
    }
    Ok(())
}

fn remove(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let end = len(vm, table);
    let place = vm.int32_or(args, 2, end)?;
    if !(1..=end).contains(&place) {
        return Ok(0);
    }
    let removed = at(vm, table, place);
    vm.charge(4 * (end - place) as u64)?;
    for i in place..end {
        let value = at(vm, table, i + 1);
        set(vm, table, i, value)?;
    }
    set(vm, table, end, LuaValue::Nil)?;
    Ok(vm.give(args, removed))
}

fn concat(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let separator = if vm.arg(args, 2).is_nil() { crate::script::vm::names::EMPTY } else { vm.string_arg(args, 2)? };
    let table = vm.table_arg(args, 1)?;
    let first = vm.int32_or(args, 3, 1)?;
    let last = if vm.arg(args, 4).is_nil() { len(vm, table) } else { vm.int32_arg(args, 4)? };
    let mut out = Vec::new();
    let mut i = first;
    while i <= last {
        let value = at(vm, table, i);
        let Some(text) = vm.text_of(value) else {
            let kind = value.type_name();
            return Err(vm.error(&format!("invalid value ({kind}) at index {i} in table for 'concat'")));
        };
        out.extend_from_slice(&text);
        let added = text.len();
        if i != last {
            out.extend_from_slice(vm.bytes(separator));
        }
        let wide = vm.heap.strings.len(separator);
        let made = if let LuaValue::Number(_) = value { units::TEXT } else { 0 };
        vm.charge(6 + made + (added + wide) as u64 / 16)?;
        vm.room(out.len())?;
        i += 1;
    }
    let value = vm.owned(out)?;
    Ok(vm.give(args, value))
}

fn foreach(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let function = vm.function_arg(args, 2)?;
    let mut key = LuaValue::Nil;
    loop {
        let next = vm.heap.tables.get(table.0).map(|table| table.next(key, &vm.heap.strings));
        match next {
            Some(Ok(Some((found, value)))) => {
                let answer = vm.call(function, &[found, value])?;
                if !answer.is_nil() {
                    return Ok(vm.give(args, answer));
                }
                key = found;
            }
            Some(Err(NoSuchKey)) => return Err(vm.plain_error(b"invalid key to 'next'")),
            _ => return Ok(0),
        }
    }
}

fn foreachi(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let function = vm.function_arg(args, 2)?;
    for i in 1..=len(vm, table) {
        let value = at(vm, table, i);
        let answer = vm.call(function, &[LuaValue::Number(i as f64), value])?;
        if !answer.is_nil() {
            return Ok(vm.give(args, answer));
        }
    }
    Ok(0)
}

fn sort(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let end = len(vm, table);
    let order = if vm.arg(args, 2).is_nil() { None } else { Some(vm.function_arg(args, 2)?) };
    vm.thread.top = args.base + 2.max(args.count);
    quicksort(vm, table, order, 1, end)?;
    Ok(0)
}

fn before(vm: &mut Machine<'_>, order: Option<LuaValue>, a: LuaValue, b: LuaValue) -> Res<bool> {
    vm.charge(5)?;
    // A comparator may take them out of the table.
    vm.kept.extend([a, b]);
    let answer = match order {
        Some(order) => vm.call(order, &[a, b]).map(LuaValue::is_true),
        None => vm.less(a, b),
    };
    vm.kept.truncate(vm.kept.len() - 2);
    answer
}

/// Sorts as Lua 5.1 does, so that a comparator sees the same pairs: Sedgewick's quicksort with the median of three, the smaller half
/// first.
fn quicksort(vm: &mut Machine<'_>, table: TableId, order: Option<LuaValue>, low: i64, high: i64) -> Res<()> {
    let (mut low, mut high) = (low, high);
    while low < high {
        let (a, b) = (at(vm, table, low), at(vm, table, high));
        if before(vm, order, b, a)? {
            set(vm, table, low, b)?;
            set(vm, table, high, a)?;
        }
        if high - low == 1 {
            break;
        }
        let middle = low.midpoint(high);
        let (m, a) = (at(vm, table, middle), at(vm, table, low));
        if before(vm, order, m, a)? {
            set(vm, table, middle, a)?;
            set(vm, table, low, m)?;
        } else {
            let b = at(vm, table, high);
            if before(vm, order, b, m)? {
                set(vm, table, middle, b)?;
                set(vm, table, high, m)?;
            }
        }
        if high - low == 2 {
            break;
        }
        let pivot = at(vm, table, middle);
        let kept = vm.kept.len();
        vm.kept.push(pivot);
        let other = at(vm, table, high - 1);
        set(vm, table, middle, other)?;
        set(vm, table, high - 1, pivot)?;
        let (mut i, mut j) = (low, high - 1);
        loop {
            let left = loop {
                i += 1;
                let value = at(vm, table, i);
                if !before(vm, order, value, pivot)? {
                    break value;
                }
                if i > high {
                    return Err(vm.error("invalid order function for sorting"));
                }
            };
            let right = loop {
                j -= 1;
                let value = at(vm, table, j);
                if !before(vm, order, pivot, value)? {
                    break value;
                }
                if j < low {
                    return Err(vm.error("invalid order function for sorting"));
                }
            };
            if j < i {
                break;
            }
            set(vm, table, i, right)?;
            set(vm, table, j, left)?;
        }
        vm.kept.truncate(kept);
        let (a, b) = (at(vm, table, high - 1), at(vm, table, i));
        set(vm, table, high - 1, b)?;
        set(vm, table, i, a)?;
        if i - low < high - i {
            quicksort(vm, table, order, low, i - 1)?;
            low = i + 1;
        } else {
            quicksort(vm, table, order, i + 1, high)?;
            high = i - 1;
        }
    }
    Ok(())
}
