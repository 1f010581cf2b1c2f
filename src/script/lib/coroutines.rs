//! `coroutine` (the manual's 5.2).

use crate::script::vm::machine::{Args, Fault, LEVELS_MAX, Machine, Native, Res};
use crate::script::vm::thread::{Status, Thread};
use crate::script::vm::units;
use crate::script::vm::value::{LuaValue, ThreadId};

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("coroutine.create", create),
    ("coroutine.resume", resume),
    ("coroutine.running", running),
    ("coroutine.status", status),
    ("coroutine.wrap", wrap),
    ("wrapped coroutine", wrapped),
    ("coroutine.yield", yield_now),
];

fn new_thread(vm: &mut Machine<'_>, args: Args) -> Res<ThreadId> {
    let function = vm.arg(args, 1);
    if !matches!(function, LuaValue::Function(_)) || vm.is_bound(function) {
        return Err(vm.bad_argument(1, "Lua function expected"));
    }
    let mut thread = Thread::default();
    thread.stack.resize(32, LuaValue::Nil);
    if let Some(place) = thread.stack.first_mut() {
        *place = function;
    }
    thread.top = 1;
    Ok(vm.heap.thread(thread))
}

fn create(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let thread = new_thread(vm, args)?;
    Ok(vm.give(args, LuaValue::Thread(thread)))
}

fn wrap(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let thread = new_thread(vm, args)?;
    let native = vm.native("wrapped coroutine");
    let function = vm.bound(native, &[LuaValue::Thread(thread)]);
    Ok(vm.give(args, function))
}

fn thread_arg(vm: &mut Machine<'_>, args: Args) -> Res<ThreadId> {
    match vm.arg(args, 1) {
        LuaValue::Thread(id) => Ok(id),
        _ => Err(vm.bad_argument(1, "coroutine expected")),
    }
}

fn status(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = thread_arg(vm, args)?;
    let text = status_text(vm.status(id));
    let value = vm.string(text.as_bytes())?;
    Ok(vm.give(args, value))
}

fn status_text(status: Status) -> &'static str {
    match status {
        Status::Suspended => "suspended",
        Status::Running => "running",
        Status::Normal => "normal",
        Status::Dead => "dead",
    }
}

fn running(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let value = if vm.is_main() { LuaValue::Nil } else { LuaValue::Thread(vm.current) };
    Ok(vm.give(args, value))
}

fn yield_now(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if vm.is_main() || vm.thread.levels > 0 || !vm.is_called_by_code() {
        let text = vm.string(b"attempt to yield across metamethod/C-call boundary")?;
        return Err(Fault::Error(text));
    }
    vm.thread.top = args.base + args.count;
    Err(Fault::Yield(args.count as u32))
}

fn resume(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = thread_arg(vm, args)?;
    let values: Vec<LuaValue> = (2..=args.count).map(|i| vm.arg(args, i)).collect();
    match vm.resume(id, &values) {
        Ok(mut results) => {
            results.insert(0, LuaValue::Bool(true));
            vm.give_all(args, &results)
        }
        Err(Fault::Error(value)) => vm.give_all(args, &[LuaValue::Bool(false), value]),
        Err(other) => Err(other),
    }
}

fn wrapped(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let Some(LuaValue::Thread(id)) = vm.state(args).first().copied() else { return Ok(0) };
    let values: Vec<LuaValue> = (1..=args.count).map(|i| vm.arg(args, i)).collect();
    match vm.resume(id, &values) {
        Ok(results) => vm.give_all(args, &results),
        Err(Fault::Error(value @ LuaValue::Str(text))) => {
            // As Lua: a text has the place of the caller put in front.
            let text = vm.bytes(text).to_vec();
            let _ = value;
            Err(vm.error_at(1, &text))
        }
        Err(other) => Err(other),
    }
}

impl Machine<'_> {
    fn status(&self, id: ThreadId) -> Status {
        if id == self.current {
            Status::Running
        } else {
            self.heap.threads.get(id.0).map_or(Status::Dead, |t| t.status)
        }
    }

    /// Runs a coroutine up to its next `yield` or its end: the values that it gives.
    ///
    /// # Errors
    /// Its own, or that it cannot be resumed.
    fn resume(&mut self, id: ThreadId, values: &[LuaValue]) -> Res<Vec<LuaValue>> {
        let status = self.status(id);
        if status != Status::Suspended {
            let text = format!("cannot resume {} coroutine", status_text(status));
            return Err(Fault::Error(self.string(text.as_bytes())?));
        }
        if self.levels >= LEVELS_MAX {
            return Err(Fault::Error(self.string(b"C stack overflow")?));
        }
        self.charge(units::RESUME + values.len() as u64)?;
        let Some(place) = self.heap.threads.get_mut(id.0) else { return Ok(Vec::new()) };
        let mut thread = std::mem::take(place);
        thread.status = Status::Running;
        self.thread.status = Status::Normal;
        let outer = std::mem::replace(&mut self.thread, thread);
        let outer_id = std::mem::replace(&mut self.current, id);
        if let Some(place) = self.heap.threads.get_mut(outer_id.0) {
            *place = outer;
        }
        self.levels += 1;
        // Who waits for the coroutine lives as long as it runs.
        self.kept.push(LuaValue::Thread(outer_id));
        let result = self.go_on(values);
        self.kept.pop();
        self.levels -= 1;
        let Some(place) = self.heap.threads.get_mut(outer_id.0) else { return Ok(Vec::new()) };
        let outer = std::mem::take(place);
        let mut thread = std::mem::replace(&mut self.thread, outer);
        self.thread.status = Status::Running;
        thread.status = if let Err(Fault::Yield(_)) = result { Status::Suspended } else { Status::Dead };
        if thread.status == Status::Dead {
            // What closures still share of a failed coroutine is closed with it.
            std::mem::swap(&mut self.thread, &mut thread);
            self.close_all();
            std::mem::swap(&mut self.thread, &mut thread);
        }
        self.current = outer_id;
        let (from, count) = match result {
            Ok(count) => (0, count),
            Err(Fault::Yield(count)) => (thread.top - count as usize, count as usize),
            Err(other) => {
                thread.frames.clear();
                if let Some(place) = self.heap.threads.get_mut(id.0) {
                    *place = thread;
                }
                return Err(other);
            }
        };
        let values = thread.stack.get(from..from + count).unwrap_or_default().to_vec();
        if let Some(place) = self.heap.threads.get_mut(id.0) {
            *place = thread;
        }
        self.charge(values.len() as u64)?;
        Ok(values)
    }
}
