//! `struct`: values as the bytes of C structures (Ierusalimschy's struct library as Redis bounds it), laid out as on x86-64
//! Linux whatever the node is.

use crate::script::vm::machine::{Args, Machine, Native, Res};
use crate::script::vm::printf::{to_i64, to_u64};
use crate::script::vm::value::LuaValue;

pub(super) const FUNCTIONS: &[(&str, Native)] =
    &[("struct.pack", pack), ("struct.size", size), ("struct.unpack", unpack)];

/// Largest integer, bytes.
const INTEGER_MAX: i32 = 32;
/// Alignment of `!` without a number.
const ALIGNMENT: i32 = 8;

/// A format while it is read.
struct Format {
    bytes: Vec<u8>,
    at: usize,
    big_endian: bool,
    align: u64,
}

/// One letter with the bytes that it stands for.
#[derive(Clone, Copy)]
struct Item {
    letter: u8,
    size: u64,
}

impl Format {
    /// Argument 1, up to its first zero.
    fn new(vm: &mut Machine<'_>, args: Args) -> Res<Self> {
        let id = vm.string_arg(args, 1)?;
        vm.charge_bytes(vm.heap.strings.len(id))?;
        let bytes = vm.bytes(id).split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        Ok(Self { bytes, at: 0, big_endian: false, align: 1 })
    }

    /// The next letter.
    fn item(&mut self, vm: &mut Machine<'_>) -> Res<Option<Item>> {
        let Some(letter) = self.bytes.get(self.at).copied() else { return Ok(None) };
        vm.charge(5)?;
        self.at += 1;
        let size = match letter {
            b'b' | b'B' | b'x' => 1,
            b'h' | b'H' => 2,
            b'f' => 4,
            b'l' | b'L' | b'T' | b'd' => 8,
            b'c' => self.number(vm, 1)? as u64,
            b'i' | b'I' => {
                let size = self.number(vm, 4)?;
                if size > INTEGER_MAX {
                    let text = format!("integral size {size} is larger than limit of {INTEGER_MAX}");
                    return Err(vm.error(&text));
                }
                size as u64
            }
            _ => 0,
        };
        Ok(Some(Item { letter, size }))
    }

    /// The number here, or the default; it is a C `int`.
    fn number(&mut self, vm: &mut Machine<'_>, default: i32) -> Res<i32> {
        let mut number = None;
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(self.at).copied() {
            vm.charge(1)?;
            let more = number.unwrap_or(0i32).checked_mul(10).and_then(|n| n.checked_add(i32::from(digit - b'0')));
            let Some(more) = more else { return Err(vm.error("integral size overflow")) };
            number = Some(more);
            self.at += 1;
        }
        Ok(number.unwrap_or(default))
    }

    /// Bytes that are missing before `item` at `place`.
    fn padding(&self, item: Item, place: u64) -> u64 {
        if item.size == 0 || item.letter == b'c' {
            return 0;
        }
        let size = item.size.min(self.align);
        (size.wrapping_sub(place & (size - 1))) & (size - 1)
    }

    /// What changes how the rest is read.
    fn control(&mut self, vm: &mut Machine<'_>, letter: u8) -> Res<()> {
        match letter {
            b' ' => {}
            b'>' => self.big_endian = true,
            b'<' => self.big_endian = false,
            b'!' => {
                let align = self.number(vm, ALIGNMENT)?;
                if !u32::try_from(align).is_ok_and(u32::is_power_of_two) {
                    return Err(vm.error(&format!("alignment {align} is not a power of 2")));
                }
                self.align = align as u64;
            }
            _ => return Err(vm.bad_argument_bytes(1, &[b"invalid format option '", &[letter][..], b"'"].concat())),
        }
        Ok(())
    }

    /// Appends the bytes of a number, given least significant first.
    fn put(&self, out: &mut Vec<u8>, little: &[u8]) {
        if self.big_endian {
            out.extend(little.iter().rev());
        } else {
            out.extend(little);
        }
    }

    /// The bytes of a number, least significant first.
    fn take(&self, bytes: &[u8]) -> Vec<u8> {
        let mut little = bytes.to_vec();
        if self.big_endian {
            little.reverse();
        }
        little
    }
}

fn pack(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let mut format = Format::new(vm, args)?;
    // The library has a nil of its own behind the arguments: messages show it for the first one that is missing.
    let args = Args { count: args.count + 1, ..args };
    if let Some(place) = vm.thread.stack.get_mut(args.base + args.count - 1) {
        *place = LuaValue::Nil;
    }
    let mut out = Vec::new();
    let mut next = 2;
    while let Some(item) = format.item(vm)? {
        let padding = format.padding(item, out.len() as u64);
        out.resize(out.len() + padding as usize, 0);
        vm.room(out.len())?;
        match item.letter {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let n = vm.number_arg(args, next)?;
                next += 1;
                let value = if n < 0.0 { to_i64(n) as u64 } else { to_u64(n) };
                let mut little = [0; INTEGER_MAX as usize];
                little[..8].copy_from_slice(&value.to_le_bytes());
                format.put(&mut out, little.get(..item.size as usize).unwrap_or_default());
            }
            b'x' => out.push(0),
            b'f' => {
                let n = vm.number_arg(args, next)?;
                next += 1;
                format.put(&mut out, &super::number_bits::f32_bits(n as f32).to_le_bytes());
            }
            b'd' => {
                let n = vm.number_arg(args, next)?;
                next += 1;
                format.put(&mut out, &super::number_bits::f64_bits(n).to_le_bytes());
            }
            b'c' | b's' => {
                let id = vm.string_arg(args, next)?;
                next += 1;
                let len = vm.heap.strings.len(id);
                let size = if item.size == 0 { len } else { item.size as usize };
                if len < size {
                    // The library counts one too many.
                    return Err(vm.bad_argument(next, "string too short"));
                }
                vm.charge_bytes(size)?;
                vm.room(out.len().saturating_add(size))?;
                out.extend_from_slice(vm.bytes(id).get(..size).unwrap_or_default());
                if item.letter == b's' {
                    out.push(0);
                }
            }
            letter => format.control(vm, letter)?,
        }
    }
    let value = vm.owned(out)?;
    Ok(vm.give(args, value))
}

/// An integer of `little.len()` bytes; of long ones the first eight count.
fn integer(little: &[u8], is_signed: bool) -> f64 {
    let value = little.iter().take(8).rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    if !is_signed {
        return value as f64;
    }
    // For sizes beyond eight (and zero) C leaves the shift open: x86-64 takes it modulo 64.
    let mask = u64::MAX.wrapping_shl((little.len() as u32 * 8).wrapping_sub(1));
    (if value & mask == 0 { value } else { value | mask }) as i64 as f64
}

fn unpack(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let mut format = Format::new(vm, args)?;
    let data = vm.string_arg(args, 2)?;
    let len = vm.heap.strings.len(data) as u64;
    // Negative places are beyond every string.
    let place = vm.int_or(args, 3, 1)? as u64;
    let Some(mut place) = place.checked_sub(1) else {
        return Err(vm.bad_argument(3, "offset must be 1 or greater"));
    };
    let mut values = Vec::new();
    while let Some(mut item) = format.item(vm)? {
        place = place.wrapping_add(format.padding(item, place));
        let fits = |size: u64| size <= len && place <= len - size;
        if !fits(item.size) {
            return Err(vm.bad_argument(2, "data string too short"));
        }
        if args.count + values.len() + 2 > super::C_STACK {
            return Err(vm.error("stack overflow (too many results)"));
        }
        let start = place as usize;
        let bytes =
            |vm: &Machine<'_>| format.take(vm.bytes(data).get(start..start + item.size as usize).unwrap_or_default());
        match item.letter {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                values.push(LuaValue::Number(integer(&bytes(vm), item.letter.is_ascii_lowercase())));
            }
            b'x' => {}
            b'f' => {
                let bits = u32::from_le_bytes(bytes(vm).try_into().unwrap_or_default());
                values.push(LuaValue::Number(super::number_bits::f32_of(bits)));
            }
            b'd' => {
                let bits = u64::from_le_bytes(bytes(vm).try_into().unwrap_or_default());
                values.push(LuaValue::Number(super::number_bits::f64_of(bits)));
            }
            b'c' => {
                if item.size == 0 {
                    let size = values.pop().and_then(|value| vm.to_number(value));
                    let Some(size) = size else { return Err(vm.error("format 'c0' needs a previous size")) };
                    item.size = to_u64(size);
                    if !fits(item.size) {
                        return Err(vm.bad_argument(2, "data string too short"));
                    }
                }
                vm.charge_bytes(item.size as usize)?;
                values.push(vm.heap.part(data, start..start + item.size as usize));
            }
            b's' => {
                let rest = vm.bytes(data).get(start..).unwrap_or_default();
                let found = rest.iter().position(|byte| *byte == 0);
                vm.charge_bytes(found.unwrap_or(rest.len()))?;
                let Some(found) = found else { return Err(vm.error("unfinished string in data")) };
                values.push(vm.heap.part(data, start..start + found));
                item.size = found as u64 + 1;
            }
            letter => format.control(vm, letter)?,
        }
        place = place.wrapping_add(item.size);
    }
    values.push(LuaValue::Number(place.wrapping_add(1) as i64 as f64));
    vm.give_all(args, &values)
}

fn size(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let mut format = Format::new(vm, args)?;
    let mut place = 0u64;
    while let Some(item) = format.item(vm)? {
        place = place.wrapping_add(format.padding(item, place));
        match item.letter {
            b's' => return Err(vm.bad_argument(1, "option 's' has no fixed size")),
            b'c' if item.size == 0 => return Err(vm.bad_argument(1, "option 'c0' has no fixed size")),
            // Other letters are nothing, here alone.
            letter if letter.is_ascii_alphanumeric() => {}
            letter => format.control(vm, letter)?,
        }
        place = place.wrapping_add(item.size);
    }
    Ok(vm.give(args, LuaValue::Number(place as i64 as f64)))
}
