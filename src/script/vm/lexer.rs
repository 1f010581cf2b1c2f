//! Source text to tokens (the manual's 2.1), with Lua's texts for what is none.

use super::number::number_of;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A name that is no keyword.
    Name(Vec<u8>),
    /// A string, without its quotes.
    Text(Vec<u8>),
    /// A number.
    Number(f64),
    /// A keyword or a symbol.
    Sym(Sym),
    /// A byte that is neither.
    Other(u8),
    /// The end of the source.
    End,
}

/// Keywords and symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their texts say what they are")]
pub enum Sym {
    And,
    Break,
    Do,
    Else,
    Elseif,
    EndWord,
    False,
    For,
    Function,
    If,
    In,
    Local,
    Nil,
    Not,
    Or,
    Repeat,
    Return,
    Then,
    True,
    Until,
    While,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Caret,
    Hash,
    Eq,
    Ne,
    Le,
    Ge,
    Lt,
    Gt,
    Assign,
    OpenParen,
    CloseParen,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Semicolon,
    Colon,
    Comma,
    Dot,
    Concat,
    Dots,
}

/// Each as it is written; keywords first.
const SYMBOLS: [(Sym, &str); 47] = [
    (Sym::And, "and"),
    (Sym::Break, "break"),
    (Sym::Do, "do"),
    (Sym::Else, "else"),
    (Sym::Elseif, "elseif"),
    (Sym::EndWord, "end"),
    (Sym::False, "false"),
    (Sym::For, "for"),
    (Sym::Function, "function"),
    (Sym::If, "if"),
    (Sym::In, "in"),
    (Sym::Local, "local"),
    (Sym::Nil, "nil"),
    (Sym::Not, "not"),
    (Sym::Or, "or"),
    (Sym::Repeat, "repeat"),
    (Sym::Return, "return"),
    (Sym::Then, "then"),
    (Sym::True, "true"),
    (Sym::Until, "until"),
    (Sym::While, "while"),
    (Sym::Plus, "+"),
    (Sym::Minus, "-"),
    (Sym::Star, "*"),
    (Sym::Slash, "/"),
    (Sym::Percent, "%"),
    (Sym::Caret, "^"),
    (Sym::Hash, "#"),
    (Sym::Eq, "=="),
    (Sym::Ne, "~="),
    (Sym::Le, "<="),
    (Sym::Ge, ">="),
    (Sym::Lt, "<"),
    (Sym::Gt, ">"),
    (Sym::Assign, "="),
    (Sym::OpenParen, "("),
    (Sym::CloseParen, ")"),
    (Sym::OpenBrace, "{"),
    (Sym::CloseBrace, "}"),
    (Sym::OpenBracket, "["),
    (Sym::CloseBracket, "]"),
    (Sym::Semicolon, ";"),
    (Sym::Colon, ":"),
    (Sym::Comma, ","),
    (Sym::Dot, "."),
    (Sym::Concat, ".."),
    (Sym::Dots, "..."),
];
/// Of them keywords.
const KEYWORDS: usize = 21;

impl Sym {
    /// As it is written.
    pub fn text(self) -> &'static str {
        SYMBOLS.get(self as usize).map_or("", |(_, text)| text)
    }

    fn keyword(word: &[u8]) -> Option<Self> {
        let keywords = SYMBOLS.get(..KEYWORDS)?;
        keywords.iter().find(|(_, text)| text.as_bytes() == word).map(|(sym, _)| *sym)
    }
}

/// Why the source is no program: the text with chunk and line.
#[derive(Debug)]
pub struct SyntaxError(pub Vec<u8>);

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
    pub fn advance(&mut self) -> Result<(), SyntaxError> {
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
    pub fn look_ahead(&mut self) -> Result<&Token, SyntaxError> {
        if self.ahead.is_none() {
            self.ahead = Some(self.read()?);
        }
        Ok(self.ahead.as_ref().map_or(&Token::End, |(token, ..)| token))
    }

    /// An error at the present token.
    pub fn error(&self, message: &str) -> SyntaxError {
        let near = match &self.token {
            // Lua takes a zero byte for no token.
            Token::Other(0) => return self.plain_error(message),
            Token::End => b"<eof>".to_vec(),
            Token::Sym(sym) => sym.text().as_bytes().to_vec(),
            Token::Other(byte) if byte.is_ascii_control() => format!("char({byte})").into_bytes(),
            _ => self.source.get(self.start..self.end).unwrap_or_default().to_vec(),
        };
        self.error_near(message, &near)
    }

    /// An error at the present line, without a token.
    pub fn plain_error(&self, message: &str) -> SyntaxError {
        let mut text = self.chunk.to_vec();
        text.extend(format!(":{}: {message}", self.line).bytes());
        SyntaxError(text)
    }

    fn error_near(&self, message: &str, near: &[u8]) -> SyntaxError {
        let SyntaxError(mut text) = self.plain_error(message);
        text.extend(b" near '");
        // Lua formats it as a C string.
        text.extend(near.iter().copied().take_while(|byte| *byte != 0));
        text.push(b'\'');
        SyntaxError(text)
    }

    fn error_here(&self, message: &str, start: usize) -> SyntaxError {
        self.error_near(message, self.source.get(start..self.at).unwrap_or_default())
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn peek_at(&self, distance: usize) -> Option<u8> {
        self.source.get(self.at + distance).copied()
    }

    fn new_line(&mut self) -> Result<(), SyntaxError> {
        let first = self.peek();
        self.at += 1;
        if let (Some(b'\n'), Some(b'\r')) | (Some(b'\r'), Some(b'\n')) = (first, self.peek()) {
            self.at += 1;
        }
        self.line += 1;
        if self.line >= LINES_MAX { Err(self.plain_error("chunk has too many lines")) } else { Ok(()) }
    }

    fn read(&mut self) -> Result<(Token, usize, usize), SyntaxError> {
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
                b'.' if self.peek_at(1) == Some(b'.') && self.peek_at(2) == Some(b'.') => Sym::Dots,
                b'.' if self.peek_at(1) == Some(b'.') => Sym::Concat,
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

    fn comment(&mut self) -> Result<(), SyntaxError> {
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
    fn long_bracket(&self) -> Option<usize> {
        let level = self.source.get(self.at + 1..)?.iter().take_while(|byte| **byte == b'=').count();
        (self.peek_at(1 + level) == Some(b'[')).then_some(level)
    }

    fn long(&mut self, level: usize, is_string: bool) -> Result<Vec<u8>, SyntaxError> {
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

    fn quoted(&mut self, quote: u8) -> Result<Vec<u8>, SyntaxError> {
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

    fn number(&mut self) -> Result<(Token, usize, usize), SyntaxError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit() || byte == b'.') {
            self.at += 1;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
        let text = self.source.get(start..self.at).unwrap_or_default();
        match number_of(text) {
            Some(value) => Ok((Token::Number(value), start, self.at)),
            None => Err(self.error_here("malformed number", start)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_stand_in_the_order_of_their_list() {
        for (i, (sym, text)) in SYMBOLS.into_iter().enumerate() {
            assert_eq!((sym as usize, sym.text()), (i, text));
            assert_eq!(Sym::keyword(text.as_bytes()).is_some(), i < KEYWORDS, "{text}");
        }
    }
}
