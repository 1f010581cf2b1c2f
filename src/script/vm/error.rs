//! Errors of a run: their places, and what the operand at fault was called.

use super::chunk::{Chunk, Named};
use super::machine::{Caller, Fault, Machine};
use super::op::Op;
use super::thread::Frame;
use super::units;
use super::value::LuaValue;

impl<'h> Machine<'h> {
    /// An error with this text, behind the place of the call at `level` (1: what called the library function).
    pub fn error(&mut self, text: &str) -> Fault {
        self.error_at(1, text.as_bytes())
    }

    /// The same, of bytes.
    pub fn error_at(&mut self, level: u32, text: &[u8]) -> Fault {
        // It is copied until it is caught.
        self.heap.strings.spend(units::MESSAGE + text.len() as u64 / 4);
        let mut message = self.place(level);
        message.extend_from_slice(text);
        Fault::Error(LuaValue::Str(self.heap.owned(message)))
    }

    /// An error without a place.
    pub fn plain_error(&mut self, text: &[u8]) -> Fault {
        Fault::Error(LuaValue::Str(self.heap.string(text)))
    }

    /// An error of the machine itself: an instruction says where it is; in what the library asks for nothing does.
    pub(super) fn machine_error(&mut self, text: &[u8]) -> Fault {
        if self.caller == Caller::None { self.error_at(1, text) } else { self.plain_error(text) }
    }
}

impl Machine<'_> {
    /// `attempt to … a nil value`
    pub(super) fn type_error(&mut self, what: &str, value: LuaValue, named: Named) -> Fault {
        let kind = value.type_name();
        let mut text = format!("attempt to {what} ").into_bytes();
        match named.id() {
            Some(id) => {
                text.extend(format!("{} '", named.kind()).bytes());
                text.extend(self.bytes(id).iter().copied().take_while(|byte| *byte != 0));
                text.extend(format!("' (a {kind} value)").bytes());
            }
            None => text.extend(format!("a {kind} value").bytes()),
        }
        self.machine_error(&text)
    }
}

impl<'h> Machine<'h> {
    /// `chunk:line: ` of the Lua function at that level, nothing for another.
    pub fn place(&self, level: u32) -> Vec<u8> {
        let mut left = level;
        if self.caller == Caller::Library {
            left -= 1;
            if left == 0 {
                return Vec::new();
            }
        }
        for frame in self.thread.frames.iter().rev() {
            if left == 1 {
                return self.line(frame).map_or(Vec::new(), |(chunk, line)| {
                    let mut place = chunk.name.clone();
                    place.extend(format!(":{line}: ").bytes());
                    place
                });
            }
            left -= 1;
            let between = frame.tail_calls + u32::from(frame.is_entry);
            if left <= between {
                return Vec::new();
            }
            left -= between;
        }
        Vec::new()
    }

    /// Where a call is: chunk and line.
    pub fn line(&self, frame: &Frame) -> Option<(&Chunk, u32)> {
        let chunk = self.chunks.get(frame.chunk as usize)?;
        let line = *chunk.lines.get((frame.pc as usize).wrapping_sub(1))?;
        Some((chunk, line))
    }
}

impl Machine<'_> {
    /// The name of the running instruction's operand.
    pub(super) fn operand(&self, operand: u8) -> Named {
        let Some(frame) = self.thread.frames.last() else { return Named::Not };
        let Some(chunk) = self.chunks.get(frame.chunk as usize) else { return Named::Not };
        chunk.named((frame.pc as usize).wrapping_sub(1), operand)
    }

    /// What the function of the running call instruction was called.
    pub(super) fn called(&self) -> Named {
        let Some(frame) = self.thread.frames.last() else { return Named::Not };
        let at = (frame.pc as usize).wrapping_sub(1);
        match self.chunks.get(frame.chunk as usize).and_then(|chunk| chunk.code.get(at)) {
            Some(Op::Call { .. } | Op::TailCall { .. } | Op::TForLoop { .. }) => self.operand(0),
            _ => Named::Not,
        }
    }
}

impl<'h> Machine<'h> {
    /// What the running library function was called.
    pub fn called_as(&self) -> Named {
        if matches!(self.caller, Caller::Code | Caller::Instruction) { self.called() } else { Named::Not }
    }
}
