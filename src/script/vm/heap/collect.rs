//! The collector: it frees what nothing reaches.
//!
//! Invariant: whatever a collection must keep is reachable from the roots that [`Heap::collect`] is given: library functions keep their
//! values on the stack while they call back.

use super::super::strings::StrObj;
use super::super::value::LuaValue;
use super::{Function, Heap, OBJECT, Upvalue};

impl Heap {
    /// Frees what cannot be reached from `roots`: what it did, units.
    pub fn collect(&mut self, roots: impl Iterator<Item = LuaValue>, open: impl Iterator<Item = u32>) -> u64 {
        let mut work = 0;
        let mut grey: Vec<LuaValue> = roots.collect();
        let mut variables: Vec<u32> = open.collect();
        loop {
            while let Some(at) = variables.pop() {
                if !self.upvalues.mark(at) {
                    continue;
                }
                match self.upvalues.get(at) {
                    Some(Upvalue::Closed(value)) => grey.push(*value),
                    Some(Upvalue::Open(thread, place)) => {
                        let stack = self.threads.get(thread.0).map(|thread| &thread.stack);
                        grey.extend(stack.and_then(|stack| stack.get(*place as usize)));
                    }
                    None => {}
                }
            }
            let Some(value) = grey.pop() else { break };
            work += 2;
            match value {
                LuaValue::Nil | LuaValue::Bool(_) | LuaValue::Number(_) | LuaValue::Native(_) | LuaValue::Null => {}
                LuaValue::Str(id) => self.strings.mark(id),
                LuaValue::Table(id) => {
                    if self.tables.mark(id.0)
                        && let Some(table) = self.tables.get(id.0)
                    {
                        work += table.places() / 2;
                        grey.extend(table.children().filter(|value| value.is_object()));
                        grey.extend(table.meta.map(LuaValue::Table));
                    }
                }
                LuaValue::Function(id) => {
                    if self.functions.mark(id.0) {
                        match self.functions.get(id.0) {
                            Some(Function::Lua { upvalues, env, .. }) => {
                                variables.extend(upvalues);
                                grey.push(LuaValue::Table(*env));
                            }
                            Some(Function::Bound(_, values)) => grey.extend(values),
                            None => {}
                        }
                    }
                }
                LuaValue::Thread(id) => {
                    if self.threads.mark(id.0)
                        && let Some(thread) = self.threads.get(id.0)
                    {
                        work += thread.top as u64 / 2;
                        grey.extend(thread.values().filter(|value| value.is_object()));
                        variables.extend(thread.open_upvalues());
                    }
                }
            }
        }
        work + self.sweep()
    }

    fn sweep(&mut self) -> u64 {
        let Self { strings, tables, functions, upvalues, threads, bytes, .. } = self;
        let mut work = strings.own.len() + tables.places() + functions.places() + upvalues.places();
        // Free numbers in `own` are those that are not in use: their objects are empty.
        let mut is_free = vec![false; strings.own.len()];
        for at in &strings.free {
            if let Some(place) = is_free.get_mut(*at as usize) {
                *place = true;
            }
        }
        for (at, (object, free)) in strings.own.iter_mut().zip(is_free).enumerate() {
            if !std::mem::take(&mut object.marked) && !free {
                *bytes = bytes.saturating_sub(OBJECT + object.len());
                *object = StrObj::new(b"");
                strings.free.push(at as u32);
            }
        }
        tables.sweep(|table| *bytes = bytes.saturating_sub(OBJECT + table.bytes()));
        functions.sweep(|function| *bytes = bytes.saturating_sub(OBJECT + function.bytes()));
        // A thread that nobody will resume leaves its variables to the closures that share them.
        for thread in threads.unmarked() {
            for (place, number) in &thread.open {
                let value = thread.stack.get(*place as usize).copied();
                if let Some(upvalue) = upvalues.get_mut(*number) {
                    *upvalue = Upvalue::Closed(value.unwrap_or_default());
                }
            }
        }
        upvalues.sweep(|_| *bytes = bytes.saturating_sub(OBJECT));
        threads.sweep(|thread| *bytes = bytes.saturating_sub(OBJECT + thread.bytes()));
        self.collect_at = if self.collect_from == 0 { 0 } else { (*bytes * 2).max(self.collect_from) };
        work += threads.places();
        work as u64 / 4
    }
}
