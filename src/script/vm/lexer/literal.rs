//! Tokens of more than a symbol: strings in quotes and in long brackets, comments, numbers.

use super::super::number::number_of;
use super::{Lexer, NotCompiled, Token};
use crate::error::c_string;

impl<'a> Lexer<'a> {
    pub(super) fn comment(&mut self) -> Result<(), NotCompiled> {
        if self.peek() == Some(b'[')
            && let Some(level) = self.long_bracket()
        {
            return self.long(level, false).map(drop);
        }
        while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
            self.at += 1;
        }
        Ok(())
    }

    /// The level of a long bracket that opens here.
    pub(super) fn long_bracket(&self) -> Option<usize> {
        let level = self.source.get(self.at + 1..)?.iter().take_while(|byte| **byte == b'=').count();
        (self.peek_at(1 + level) == Some(b'[')).then_some(level)
    }

    pub(super) fn long(&mut self, level: usize, is_string: bool) -> Result<Vec<u8>, NotCompiled> {
        self.at += level + 2;
        let mut text = Vec::new();
        if matches!(self.peek(), Some(b'\n' | b'\r')) {
            self.new_line()?;
        }
        loop {
            match self.peek() {
                None => {
                    let what = if is_string { "unfinished long string" } else { "unfinished long comment" };
                    return Err(self.error_near(what, b"<eof>"));
                }
                Some(b']') => {
                    let rest = self.source.get(self.at + 1..).unwrap_or_default();
                    let found = rest.iter().take_while(|byte| **byte == b'=').count();
                    if found == level && rest.get(level) == Some(&b']') {
                        self.at += level + 2;
                        return Ok(text);
                    }
                    text.push(b']');
                    self.at += 1;
                }
                // Lua 5.1 as it is built everywhere warns of nesting, which Lua 5.0 had.
                Some(b'[') if level == 0 && self.peek_at(1) == Some(b'[') => {
                    self.at += 2;
                    return Err(self.error_here("nesting of [[...]] is deprecated", self.at - 1));
                }
                Some(b'\n' | b'\r') => {
                    self.new_line()?;
                    text.push(b'\n');
                }
                Some(byte) => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    pub(super) fn quoted(&mut self, quote: u8) -> Result<Vec<u8>, NotCompiled> {
        let mut text = vec![];
        self.at += 1;
        loop {
            let near = |text: &[u8]| [&[quote], text].concat();
            match self.peek() {
                None => return Err(self.error_near("unfinished string", b"<eof>")),
                Some(b'\n' | b'\r') => return Err(self.error_near("unfinished string", &near(&text))),
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let Some(byte) = self.peek() else { continue };
                    let plain = match byte {
                        b'a' => 7,
                        b'b' => 8,
                        b'f' => 12,
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'v' => 11,
                        b'\n' | b'\r' => {
                            self.new_line()?;
                            text.push(b'\n');
                            continue;
                        }
                        b'0'..=b'9' => {
                            let mut code = 0u32;
                            for _ in 0..3 {
                                let Some(digit) = self.peek().filter(u8::is_ascii_digit) else { break };
                                code = code * 10 + u32::from(digit - b'0');
                                self.at += 1;
                            }
                            let Ok(byte) = u8::try_from(code) else {
                                return Err(self.error_near("escape sequence too large", &near(&text)));
                            };
                            text.push(byte);
                            continue;
                        }
                        other => other,
                    };
                    text.push(plain);
                    self.at += 1;
                }
                Some(byte) => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    pub(super) fn number(&mut self) -> Result<(Token, usize, usize), NotCompiled> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit() || byte == b'.') {
            self.at += 1;
        }
        if self.is_one_of(0, b"eE") {
            self.at += 1;
            if self.is_one_of(0, b"+-") {
                self.at += 1;
            }
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
        let text = self.source.get(start..self.at).unwrap_or_default();
        match number_of(c_string(text)) {
            Some(value) => Ok((Token::Number(value), start, self.at)),
            None => Err(self.error_here("malformed number", start)),
        }
    }
}
