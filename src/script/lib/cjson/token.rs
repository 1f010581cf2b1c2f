//! What JSON text consists of.

use crate::script::vm::number::number_prefix;

/// A part of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    /// Its bytes are in [`Tokens::text`].
    String,
    Number(f64),
    Bool(bool),
    Null,
    Colon,
    Comma,
    End,
    /// What is wrong.
    Error(&'static str),
}

impl Token {
    /// What messages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ObjectBegin => "T_OBJ_BEGIN",
            Self::ObjectEnd => "T_OBJ_END",
            Self::ArrayBegin => "T_ARR_BEGIN",
            Self::ArrayEnd => "T_ARR_END",
            Self::String => "T_STRING",
            Self::Number(_) => "T_NUMBER",
            Self::Bool(_) => "T_BOOLEAN",
            Self::Null => "T_NULL",
            Self::Colon => "T_COLON",
            Self::Comma => "T_COMMA",
            Self::End => "T_END",
            Self::Error(text) => text,
        }
    }
}

/// Reads tokens one after the other from a text that each call is given again. As in C a zero byte ends it.
#[derive(Debug)]
pub(super) struct Tokens {
    /// The next byte.
    pub at: usize,
    /// Where the last token is, or what is wrong in it.
    pub place: usize,
    /// Bytes of the last string.
    pub text: Vec<u8>,
    /// NaN, infinities, hexadecimal numbers and such with leading zeros are read.
    pub takes_invalid: bool,
}

impl Tokens {
    fn byte(&self, data: &[u8], ahead: usize) -> u8 {
        data.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn error(&mut self, text: &'static str) -> Token {
        self.place = self.at;
        Token::Error(text)
    }

    /// The next one; behind an error there is none.
    pub(super) fn next(&mut self, data: &[u8]) -> Token {
        while let b' ' | b'\t' | b'\n' | b'\r' = self.byte(data, 0) {
            self.at += 1;
        }
        self.place = self.at;
        let token = match self.byte(data, 0) {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b',' => Token::Comma,
            b':' => Token::Colon,
            0 => return Token::End,
            b'"' => return self.string(data),
            b'-' | b'0'..=b'9' if !self.takes_invalid && self.is_invalid_number(data) => {
                return self.error("invalid number");
            }
            b'-' | b'0'..=b'9' => return self.number(data),
            _ => return self.word(data),
        };
        self.at += 1;
        token
    }

    fn word(&mut self, data: &[u8]) -> Token {
        let rest = data.get(self.at..).unwrap_or_default();
        for (word, token) in [(&b"true"[..], Token::Bool(true)), (b"false", Token::Bool(false)), (b"null", Token::Null)]
        {
            if rest.starts_with(word) {
                self.at += word.len();
                return token;
            }
        }
        let may_be_number = matches!(rest.first(), Some(b'+' | b'i' | b'I' | b'n' | b'N'));
        if may_be_number && self.takes_invalid && self.is_invalid_number(data) {
            return self.number(data);
        }
        self.error("invalid token")
    }

    /// True for what C reads as a number and JSON does not.
    fn is_invalid_number(&self, data: &[u8]) -> bool {
        let rest = data.get(self.at..).unwrap_or_default();
        let rest = match rest {
            [b'+', ..] => return true,
            [b'-', rest @ ..] => rest,
            rest => rest,
        };
        match rest {
            [b'0', b'x' | b'X' | b'0'..=b'9', ..] => true,
            [a, b, c, ..] => [*a, *b, *c].eq_ignore_ascii_case(b"inf") || [*a, *b, *c].eq_ignore_ascii_case(b"nan"),
            _ => false,
        }
    }

    fn number(&mut self, data: &[u8]) -> Token {
        let rest = data.get(self.at..).unwrap_or_default();
        let (value, mut used) = number_prefix(rest);
        if used == 0 {
            return self.error("invalid number");
        }
        // C reads `nan(…)` too.
        if value.is_nan()
            && let Some([b'(', inner @ ..]) = rest.get(used..)
        {
            let len = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            used += if inner.get(len) == Some(&b')') { len + 2 } else { 0 };
        }
        self.at += used;
        Token::Number(value)
    }

    fn string(&mut self, data: &[u8]) -> Token {
        self.at += 1;
        self.text.clear();
        loop {
            let rest = data.get(self.at..).unwrap_or_default();
            let plain = rest.iter().take_while(|byte| !matches!(**byte, b'"' | b'\\' | 0)).count();
            self.text.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.byte(data, 0) {
                b'"' => {
                    self.at += 1;
                    return Token::String;
                }
                b'\\' => {}
                _ => return self.error("unexpected end of string"),
            }
            let byte = match self.byte(data, 1) {
                byte @ (b'"' | b'\\' | b'/') => byte,
                b'b' => 0x08,
                b't' => b'\t',
                b'n' => b'\n',
                b'f' => 0x0c,
                b'r' => b'\r',
                b'u' => match self.unicode(data) {
                    Some((code, used)) => {
                        let mut bytes = [0; 4];
                        self.text.extend_from_slice(code.encode_utf8(&mut bytes).as_bytes());
                        self.at += used;
                        continue;
                    }
                    None => return self.error("invalid unicode escape code"),
                },
                _ => return self.error("invalid escape code"),
            };
            self.text.push(byte);
            self.at += 2;
        }
    }

    /// The character of `\uXXXX` or of two of them, and their length.
    fn unicode(&self, data: &[u8]) -> Option<(char, usize)> {
        let unit = |ahead: usize| -> Option<u32> {
            let digits = data.get(self.at + ahead..self.at + ahead + 4)?;
            digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
        };
        let high = unit(2)?;
        if high & 0xf800 != 0xd800 {
            return Some((char::from_u32(high)?, 6));
        }
        // The first of a pair comes first, and the second must follow.
        if high & 0x400 != 0 || self.byte(data, 6) != b'\\' || self.byte(data, 7) != b'u' {
            return None;
        }
        let low = unit(8)?;
        if low & 0xfc00 != 0xdc00 {
            return None;
        }
        Some((char::from_u32((((high & 0x3ff) << 10) | (low & 0x3ff)) + 0x10000)?, 12))
    }
}
