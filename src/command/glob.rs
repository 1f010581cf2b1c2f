//! Glob patterns as Redis matches them: KEYS, SCAN MATCH, CONFIG GET, ACL rules.
//!
//! Invariants
//! - Time is at most pattern × text, whatever the pattern: only the last `*` is ever tried again, which suffices because
//!   every other element stands for exactly one byte.
//! - Results are those of Redis 7, oddities included: no pattern but the empty one matches the empty text (`*` neither;
//!   KEYS and SCAN do not ask for a bare `*`), an unfinished class ends with the pattern, a range has its ends in either
//!   order and compares bytes as signed, a byte escaped inside a class keeps its case even where case is ignored.

/// Whether upper and lower case (of ASCII letters) differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They do.
    Sensitive,
    /// They do not (names of options).
    Ignored,
}

impl Case {
    fn fold(self, byte: u8) -> u8 {
        if self == Self::Ignored { byte.to_ascii_lowercase() } else { byte }
    }
}

/// True if `text` as a whole matches `pattern`.
pub fn matches(pattern: &[u8], text: &[u8], case: Case) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut pattern_left, mut text_left) = (pattern, text);
    // Where to go on when what follows the last `*` does not match: its pattern, and the text it has not swallowed.
    let mut retry: Option<(&[u8], &[u8])> = None;
    while let Some((&byte, text_rest)) = text_left.split_first() {
        if let [b'*', pattern_rest @ ..] = pattern_left {
            pattern_left = pattern_rest;
            retry = Some((pattern_left, text_left));
            continue;
        }
        if let Some(pattern_rest) = match_one(pattern_left, byte, case) {
            (pattern_left, text_left) = (pattern_rest, text_rest);
            continue;
        }
        let Some((after_star, [_, swallowed @ ..])) = retry else { return false };
        // A `*` at the end takes all that is left.
        if after_star.is_empty() {
            return true;
        }
        retry = Some((after_star, swallowed));
        (pattern_left, text_left) = (after_star, swallowed);
    }
    pattern_left.iter().all(|byte| *byte == b'*')
}

/// Matches one byte with the element (no `*`) that `pattern` begins with: the pattern behind it, or None.
fn match_one(pattern: &[u8], byte: u8, case: Case) -> Option<&[u8]> {
    match pattern {
        [] => None,
        [b'?', rest @ ..] => Some(rest),
        [b'[', rest @ ..] => match_class(rest, byte, case),
        [b'\\', literal, rest @ ..] | [literal, rest @ ..] => (case.fold(*literal) == case.fold(byte)).then_some(rest),
    }
}

/// Matches one byte with the class whose text behind the `[` is `class`: the pattern behind its `]`, or None.
fn match_class(class: &[u8], byte: u8, case: Case) -> Option<&[u8]> {
    let (negated, mut class) = match class {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, class),
    };
    let mut found = false;
    let rest = loop {
        class = match class {
            [] => break class,
            [b'\\', literal, rest @ ..] => {
                found |= *literal == byte;
                rest
            }
            [b']', rest @ ..] => break rest,
            [from, b'-', to, rest @ ..] => {
                found |= in_range(*from, *to, byte, case);
                rest
            }
            [literal, rest @ ..] => {
                found |= case.fold(*literal) == case.fold(byte);
                rest
            }
        };
    };
    (found != negated).then_some(rest)
}

fn in_range(from: u8, to: u8, byte: u8, case: Case) -> bool {
    let signed = |byte: u8| byte.cast_signed();
    let (low, high) = if signed(from) <= signed(to) { (from, to) } else { (to, from) };
    (signed(case.fold(low))..=signed(case.fold(high))).contains(&signed(case.fold(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_as_in_redis() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", false),
            ("*", "a", true),
            ("a*", "a", true),
            ("a**", "a", true),
            ("?", "", false),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h*llo", "heeeello", true),
            ("h*llo", "heeeell", false),
            ("*llo", "hellollo", true),
            ("*a*b", "xaxb", true),
            ("*a*b", "xbxa", false),
            ("a*?", "a", false),
            ("h[ae]llo", "hallo", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-b]llo", "hbllo", true),
            ("h[b-a]llo", "hallo", true),
            ("[^a-z]", "B", true),
            ("[^a-z]", "b", false),
            ("[a-]", "b", false),
            ("[a-]", "_", true),
            ("[a-]x", "_", true),
            ("[]", "a", false),
            ("[]a]", "a", false),
            ("[^]", "a", true),
            ("[^]b", "ab", true),
            ("[", "[", false),
            ("[^", "a", true),
            ("[a", "a", true),
            ("[ab", "b", true),
            ("[a\\]b]", "]", true),
            ("[\\a-c]", "b", false),
            ("[\\a-c]", "-", true),
            ("[\\", "\\", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("\\", "\\", true),
            ("\\\\", "\\", true),
            ("a\\", "a", false),
            ("A", "a", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), Case::Sensitive), expected, "{pattern:?} {text:?}");
        }
        assert!(matches(b"[\x01-\xff]", b"\x00", Case::Sensitive), "bytes are signed: -1 to 1");
        assert!(!matches(b"[\x01-\xff]", b"\x02", Case::Sensitive));
        for (pattern, text, expected) in
            [("MAX*", "maxmemory", true), ("[A-C]", "b", true), ("[B]", "b", true), ("[\\B]", "b", false)]
        {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), Case::Ignored), expected, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn a_hostile_pattern_costs_no_more_than_pattern_times_text() {
        let pattern = b"*a".repeat(2000);
        let text = [b"a".repeat(1999), b"b".repeat(2000)].concat();
        assert!(!matches(&pattern, &text, Case::Sensitive));
    }

    /// The definition: a `*` stands for any number of bytes, tried one after the other.
    fn by_definition(pattern: &[u8], text: &[u8], case: Case) -> bool {
        match (pattern, text) {
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|taken| by_definition(rest, &text[taken..], case)),
            (_, []) => pattern.is_empty(),
            (_, [byte, text @ ..]) => {
                match_one(pattern, *byte, case).is_some_and(|rest| by_definition(rest, text, case))
            }
        }
    }

    proptest! {
        #[test]
        fn glob_matches_as_its_definition(
            pattern in proptest::collection::vec(prop::sample::select(b"abA*?[]^-\\".to_vec()), 0..10),
            text in proptest::collection::vec(prop::sample::select(b"abA-]".to_vec()), 1..8),
            nocase: bool,
        ) {
            let case = if nocase { Case::Ignored } else { Case::Sensitive };
            prop_assert_eq!(matches(&pattern, &text, case), by_definition(&pattern, &text, case));
        }
    }
}
