//! Calls from the library and from metamethods, and calls of library functions.
//!
//! Invariant: arguments stand behind the function on the stack, and results come to where the function was (a library function leaves
//! them at its first argument).

use super::chunk::Named;
use super::heap::Function;
use super::machine::{Args, Caller, LEVELS_MAX, Machine, Res};
use super::names;
use super::units;
use super::value::{LuaValue, NativeId};

/// Places of a thread's stack.
const STACK_MAX: usize = 1_000_000;

impl<'h> Machine<'h> {
    /// Makes sure that the stack has the places up to `len`.
    ///
    /// # Errors
    /// There are too many.
    pub fn reserve(&mut self, len: usize) -> Res<()> {
        if len > self.thread.stack.len() {
            if len > STACK_MAX {
                return Err(self.machine_error(b"stack overflow"));
            }
            let more = len.next_power_of_two() - self.thread.stack.len();
            self.charge(more as u64 / 8)?;
            self.grow_stack(more);
        }
        Ok(())
    }

    /// The stack has so many more places.
    #[cold]
    pub(super) fn grow_stack(&mut self, more: usize) {
        self.heap.bytes += more * size_of::<LuaValue>();
        self.thread.stack.resize(self.thread.stack.len() + more, LuaValue::Nil);
    }

    /// Calls a function from the library: its first result.
    ///
    /// # Errors
    /// Its own.
    pub fn call(&mut self, function: LuaValue, args: &[LuaValue]) -> Res<LuaValue> {
        let at = self.thread.top;
        self.reserve(at + args.len() + 8)?;
        for (place, value) in self.thread.stack.iter_mut().skip(at).zip([function].iter().chain(args)) {
            *place = *value;
        }
        self.thread.top = at + 1 + args.len();
        let count = self.call_at(at, args.len());
        self.thread.top = at;
        let count = count?;
        Ok(if count == 0 { LuaValue::Nil } else { self.thread.stack.get(at).copied().unwrap_or_default() })
    }

    /// Calls a function with the `count` values behind it: its results are from `at` on; how many.
    ///
    /// # Errors
    /// What the function raises; the frames that it left are still there.
    pub fn call_at(&mut self, at: usize, count: usize) -> Res<usize> {
        if self.levels >= LEVELS_MAX {
            return Err(self.machine_error(b"C stack overflow"));
        }
        self.charge(units::CALLBACK)?;
        self.levels += 1;
        self.thread.levels += 1;
        let saved = self.thread.top;
        let result = self.call_inner(at, count);
        self.levels -= 1;
        self.thread.levels -= 1;
        self.thread.top = saved;
        result
    }

    fn call_inner(&mut self, at: usize, count: usize) -> Res<usize> {
        let function = self.thread.stack.get(at).copied().unwrap_or_default();
        let caller = if self.caller == Caller::None { Caller::Instruction } else { Caller::Library };
        match function {
            LuaValue::Native(id) => self.call_native(id, at + 1, count, caller).inspect(|n| self.shift_down(at, *n)),
            LuaValue::Function(id) => {
                if let Some(Function::Bound(native, _)) = self.heap.functions.get(id.0) {
                    let native = *native;
                    return self.call_native(native, at + 1, count, caller).inspect(|n| self.shift_down(at, *n));
                }
                let outer = std::mem::replace(&mut self.caller, Caller::None);
                let result = self.push_frame(id, at, count, 0, true).and_then(|()| self.execute());
                self.caller = outer;
                result
            }
            _ => {
                self.callable(at, count, Named::Not)?;
                self.call_inner(at, count + 1)
            }
        }
    }

    /// Calls a library function.
    ///
    /// # Errors
    /// Its own.
    #[inline]
    pub(super) fn call_native(&mut self, id: NativeId, base: usize, count: usize, caller: Caller) -> Res<usize> {
        self.thread.top = base + count;
        self.charge(units::NATIVE)?;
        self.reserve(base + count + 8)?;
        let Some((_, native)) = self.natives.get(usize::from(id.0)) else { return Ok(0) };
        let outer = std::mem::replace(&mut self.caller, caller);
        let result = native(self, Args { base, count });
        self.caller = outer;
        result
    }

    /// Results of a library function go where the function was.
    fn shift_down(&mut self, at: usize, count: usize) {
        self.thread.stack.copy_within(at + 1..at + 1 + count, at);
    }
}

impl Machine<'_> {
    /// Makes what stands at `at` callable by its `__call`, which takes it as the first argument.
    pub(super) fn callable(&mut self, at: usize, count: usize, named: Named) -> Res<()> {
        let value = self.thread.stack.get(at).copied().unwrap_or_default();
        let handler = self.metamethod(value, names::CALL);
        if !matches!(handler, LuaValue::Function(_) | LuaValue::Native(_)) {
            return Err(self.type_error("call", value, named));
        }
        self.reserve(at + count + 10)?;
        self.thread.stack.copy_within(at..at + 1 + count, at + 1);
        if let Some(place) = self.thread.stack.get_mut(at) {
            *place = handler;
        }
        Ok(())
    }

    /// True if an instruction has called the running library function.
    pub(crate) fn is_called_by_code(&self) -> bool {
        self.caller == Caller::Code
    }
}
