//! What a source consists of.

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

    pub(super) fn keyword(word: &[u8]) -> Option<Self> {
        let keywords = SYMBOLS.get(..KEYWORDS)?;
        keywords.iter().find(|(_, text)| text.as_bytes() == word).map(|(sym, _)| *sym)
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
