//! Patterns of one byte: classes and sets.

use super::{Matcher, Stop};

impl<'a> Matcher<'a> {
    /// Behind the single-character class that begins at `p`.
    pub(super) fn class_end(&self, p: usize) -> Result<usize, Stop> {
        match self.byte(p) {
            Some(b'%') => {
                if self.byte(p + 1).is_none() {
                    return Err(Stop::Wrong("malformed pattern (ends with '%')"));
                }
                Ok(p + 2)
            }
            Some(b'[') => {
                let mut at = p + 1;
                if self.byte(at) == Some(b'^') {
                    at += 1;
                }
                loop {
                    // The first one may be a bracket itself.
                    let Some(byte) = self.byte(at) else { return Err(Stop::Wrong("malformed pattern (missing ']')")) };
                    at += 1;
                    if byte == b'%' && self.byte(at).is_some() {
                        at += 1;
                    }
                    if self.byte(at) == Some(b']') {
                        return Ok(at + 1);
                    }
                }
            }
            _ => Ok(p + 1),
        }
    }

    pub(super) fn is_single(&mut self, s: usize, p: usize, end: usize) -> bool {
        let Some(&byte) = self.text.get(s) else { return false };
        match self.byte(p) {
            Some(b'.') => true,
            Some(b'%') => in_class(byte, self.byte(p + 1).unwrap_or(0)),
            Some(b'[') => self.in_set(byte, p, end - 1),
            Some(other) => other == byte,
            None => false,
        }
    }

    /// `[set]`, from its opening to its closing bracket.
    pub(super) fn in_set(&mut self, byte: u8, p: usize, close: usize) -> bool {
        self.steps += 1 + (close - p) as u64 / 2;
        let mut at = p + 1;
        let mut inside = true;
        if self.byte(at) == Some(b'^') {
            inside = false;
            at += 1;
        }
        while at < close {
            let Some(first) = self.byte(at) else { break };
            if first == b'%' {
                if in_class(byte, self.byte(at + 1).unwrap_or(0)) {
                    return inside;
                }
                at += 2;
            } else if self.byte(at + 1) == Some(b'-') && at + 2 < close {
                if let Some(last) = self.byte(at + 2)
                    && (first..=last).contains(&byte)
                {
                    return inside;
                }
                at += 3;
            } else {
                if first == byte {
                    return inside;
                }
                at += 1;
            }
        }
        !inside
    }
}

/// A class by its letter, in the C locale.
fn in_class(byte: u8, letter: u8) -> bool {
    let inside = match letter.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => byte.is_ascii_whitespace() || byte == 0x0b,
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return letter == byte,
    };
    inside != letter.is_ascii_uppercase()
}
