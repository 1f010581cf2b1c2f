//! Source text to tokens (the manual's 2.1), with Lua's texts for what is none.

mod literal;
mod token;

pub use self::token::{Sym, Token};

/// Why a source is not compiled.
#[derive(Debug)]
pub enum NotCompiled {
    /// It is no program: the text with chunk and line.
    Syntax(Vec<u8>),
    /// The budget does not pay for its length.
    Budget,
    /// Its code needs more memory than there is.
    Memory,
}

/// Reads tokens one by one.
pub struct Lexer<'a> {
    source: &'a [u8],
    chunk: &'a [u8],
    at: usize,
    /// Line of the token that is read next.
    pub line: u32,
    /// Line of the last token.
    pub last_line: u32,
    /// Where the present token begins.
    start: usize,
    /// Where it ends.
    end: usize,
    /// The present token.
    pub token: Token,
    ahead: Option<(Token, usize, usize)>,
}

/// Longest source, lines.
const LINES_MAX: u32 = i32::MAX as u32 - 2;

impl<'a> Lexer<'a> {
    /// A lexer in front of the first token.
    pub fn new(source: &'a [u8], chunk: &'a [u8]) -> Self {
        Self { source, chunk, at: 0, line: 1, last_line: 1, start: 0, end: 0, token: Token::End, ahead: None }
    }

    /// Goes on to the next token.
    ///
    /// # Errors
    /// There is none.
    pub fn advance(&mut self) -> Result<(), NotCompiled> {
        self.last_line = self.line;
        (self.token, self.start, self.end) = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.read()?,
        };
        Ok(())
    }

    /// The token behind the present one.
    ///
    /// # Errors
    /// There is none.
    pub fn look_ahead(&mut self) -> Result<&Token, NotCompiled> {
        if self.ahead.is_none() {
            self.ahead = Some(self.read()?);
        }
        Ok(self.ahead.as_ref().map_or(&Token::End, |(token, ..)| token))
    }

    /// An error at the present token.
    pub fn error(&self, message: &str) -> NotCompiled {
        let near = match &self.token {
            // Lua takes a zero byte for no token.
            Token::Other(0) => return self.plain_error(message),
            Token::End => b"<eof>".to_vec(),
            Token::Sym(sym) => sym.text().as_bytes().to_vec(),
            Token::Other(byte) if byte.is_ascii_control() => format!("char({byte})").into_bytes(),
            Token::Text(text) => self.delimited(text),
            _ => self.source.get(self.start..self.end).unwrap_or_default().to_vec(),
        };
        self.error_near(message, &near)
    }

    /// A string as messages show it: what it means, between its delimiters.
    fn delimited(&self, text: &[u8]) -> Vec<u8> {
        let token = self.source.get(self.start..self.end).unwrap_or_default();
        let width = match token {
            [b'[', rest @ ..] => 2 + rest.iter().take_while(|byte| **byte == b'=').count(),
            _ => 1,
        };
        let (open, close) = (token.get(..width), token.get(token.len().saturating_sub(width)..));
        [open.unwrap_or_default(), text, close.unwrap_or_default()].concat()
    }

    /// An error at the present line, without a token.
    pub fn plain_error(&self, message: &str) -> NotCompiled {
        NotCompiled::Syntax(self.placed(message))
    }

    fn placed(&self, message: &str) -> Vec<u8> {
        let mut text = self.chunk.to_vec();
        text.extend(format!(":{}: {message}", self.line).bytes());
        text
    }

    fn error_near(&self, message: &str, near: &[u8]) -> NotCompiled {
        let mut text = self.placed(message);
        text.extend(b" near '");
        // Lua formats it as a C string.
        text.extend(near.iter().copied().take_while(|byte| *byte != 0));
        text.push(b'\'');
        NotCompiled::Syntax(text)
    }

    fn error_here(&self, message: &str, start: usize) -> NotCompiled {
        self.error_near(message, self.source.get(start..self.at).unwrap_or_default())
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn peek_at(&self, distance: usize) -> Option<u8> {
        self.source.get(self.at + distance).copied()
    }

    /// True if the byte there is one of these. Lua searches them as a C string, so a zero byte is found at its end.
    fn is_one_of(&self, distance: usize, bytes: &[u8]) -> bool {
        self.peek_at(distance).is_some_and(|byte| byte == 0 || bytes.contains(&byte))
    }

    fn new_line(&mut self) -> Result<(), NotCompiled> {
        let first = self.peek();
        self.at += 1;
        if let (Some(b'\n'), Some(b'\r')) | (Some(b'\r'), Some(b'\n')) = (first, self.peek()) {
            self.at += 1;
        }
        self.line += 1;
        if self.line >= LINES_MAX { Err(self.plain_error("chunk has too many lines")) } else { Ok(()) }
    }

    fn read(&mut self) -> Result<(Token, usize, usize), NotCompiled> {
        loop {
            let start = self.at;
            let Some(byte) = self.peek() else { return Ok((Token::End, start, start)) };
            let sym = match byte {
                b'\n' | b'\r' => {
                    self.new_line()?;
                    continue;
                }
                b' ' | b'\t' | 0x0b | 0x0c => {
                    self.at += 1;
                    continue;
                }
                b'-' if self.peek_at(1) == Some(b'-') => {
                    self.at += 2;
                    self.comment()?;
                    continue;
                }
                b'[' => {
                    if let Some(level) = self.long_bracket() {
                        let text = self.long(level, true)?;
                        return Ok((Token::Text(text), start, self.at));
                    }
                    if self.peek_at(1) == Some(b'=') {
                        self.at += 1;
                        while self.peek() == Some(b'=') {
                            self.at += 1;
                        }
                        return Err(self.error_here("invalid long string delimiter", start));
                    }
                    Sym::OpenBracket
                }
                b'"' | b'\'' => {
                    let text = self.quoted(byte)?;
                    return Ok((Token::Text(text), start, self.at));
                }
                b'0'..=b'9' => return self.number(),
                b'.' if self.peek_at(1).is_some_and(|next| next.is_ascii_digit()) => return self.number(),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                        self.at += 1;
                    }
                    let word = self.source.get(start..self.at).unwrap_or_default();
                    let token = Sym::keyword(word).map_or_else(|| Token::Name(word.to_vec()), Token::Sym);
                    return Ok((token, start, self.at));
                }
                b'.' if self.is_one_of(1, b".") && self.is_one_of(2, b".") => Sym::Dots,
                b'.' if self.is_one_of(1, b".") => Sym::Concat,
                b'.' => Sym::Dot,
                b'=' if self.peek_at(1) == Some(b'=') => Sym::Eq,
                b'=' => Sym::Assign,
                b'~' if self.peek_at(1) == Some(b'=') => Sym::Ne,
                b'<' if self.peek_at(1) == Some(b'=') => Sym::Le,
                b'<' => Sym::Lt,
                b'>' if self.peek_at(1) == Some(b'=') => Sym::Ge,
                b'>' => Sym::Gt,
                b'+' => Sym::Plus,
                b'-' => Sym::Minus,
                b'*' => Sym::Star,
                b'/' => Sym::Slash,
                b'%' => Sym::Percent,
                b'^' => Sym::Caret,
                b'#' => Sym::Hash,
                b'(' => Sym::OpenParen,
                b')' => Sym::CloseParen,
                b'{' => Sym::OpenBrace,
                b'}' => Sym::CloseBrace,
                b']' => Sym::CloseBracket,
                b';' => Sym::Semicolon,
                b':' => Sym::Colon,
                b',' => Sym::Comma,
                other => {
                    self.at += 1;
                    return Ok((Token::Other(other), start, self.at));
                }
            };
            self.at += sym.text().len();
            return Ok((Token::Sym(sym), start, self.at));
        }
    }
}
