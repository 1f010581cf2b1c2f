//! Sources that come up in a run: `load`, `loadstring`.

use super::protect::caught;
use crate::script::vm::machine::{Args, Machine, Res};
use crate::script::vm::value::LuaValue;

pub(super) fn loadstring(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    let name = if vm.arg(args, 2).is_nil() { id } else { vm.string_arg(args, 2)? };
    // The name stays with what is compiled.
    vm.charge_bytes(vm.heap.strings.len(id) + vm.heap.strings.len(name))?;
    let (source, name) = (vm.bytes(id).to_vec(), vm.bytes(name).to_vec());
    compiled(vm, args, &source, &name)
}

pub(super) fn load(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let function = vm.function_arg(args, 1)?;
    let name = if vm.arg(args, 2).is_nil() {
        b"=(load)".to_vec()
    } else {
        let id = vm.string_arg(args, 2)?;
        vm.charge_bytes(vm.heap.strings.len(id))?;
        vm.bytes(id).to_vec()
    };
    let mut source = Vec::new();
    loop {
        let piece = match caught(vm, function)? {
            Ok(piece) => piece,
            Err(raised) => return vm.give_all(args, &[LuaValue::Nil, raised]),
        };
        match piece {
            LuaValue::Nil => break,
            LuaValue::Str(id) if vm.heap.strings.len(id) == 0 => break,
            LuaValue::Str(id) => {
                vm.charge_bytes(source.len() + vm.heap.strings.len(id))?;
                source.extend_from_slice(vm.bytes(id));
            }
            _ => {
                let text = [&vm.place(1)[..], b"reader function must return a string"].concat();
                let text = vm.owned(text)?;
                return vm.give_all(args, &[LuaValue::Nil, text]);
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
            Ok(vm.give(args, LuaValue::Function(function)))
        }
        Err(text) => {
            let text = vm.owned(text)?;
            vm.give_all(args, &[LuaValue::Nil, text])
        }
    }
}
