//! Patterns (the manual's 5.4.1): matching with captures, every step charged. `class` has what matches one byte.
//!
//! A pattern ends at its first zero byte, as in Lua 5.1, where patterns are C strings.

mod class;

use crate::script::vm::machine::{End, Fault, Machine, Res};

/// Captures of a pattern.
const CAPTURES_MAX: usize = 32;

/// Steps of beginning or ending a capture, besides its own.
const CAPTURE_STEPS: u64 = 4;

/// Nested matches: one for each repeated item and capture of the pattern.
const DEPTH_MAX: usize = 200;

/// A part that was matched.
#[derive(Clone, Copy, Debug)]
pub(super) enum Capture {
    /// From here, this long.
    Part(usize, usize),
    /// A place, counted from 1.
    Position(usize),
    Open(usize),
}

/// Why a match ended without an answer.
pub(super) enum Stop {
    /// The pattern is wrong: Lua's text.
    Wrong(&'static str),
    /// The budget is used up.
    Ended,
}

/// One pattern on one text.
pub(super) struct Matcher<'a> {
    text: &'a [u8],
    pattern: &'a [u8],
    pub(super) captures: Vec<Capture>,
    /// Steps that may still be made, and those that were.
    left: u64,
    pub(super) steps: u64,
    depth: usize,
}

type Found = Result<Option<usize>, Stop>;

impl<'a> Matcher<'a> {
    pub(super) fn new(text: &'a [u8], pattern: &'a [u8], left: u64) -> Self {
        Self { text, pattern, captures: Vec::new(), left, steps: 0, depth: 0 }
    }

    /// Matches from `start` on: the end.
    pub(super) fn run(&mut self, start: usize, pattern_at: usize) -> Found {
        self.captures.clear();
        self.depth = 0;
        self.steps += 1;
        self.matches(start, pattern_at)
    }

    fn step(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps > self.left { Err(Stop::Ended) } else { Ok(()) }
    }

    /// The pattern's byte; `None` from its end on.
    fn byte(&self, at: usize) -> Option<u8> {
        self.pattern.get(at).copied().filter(|byte| *byte != 0)
    }

    fn matches(&mut self, s: usize, p: usize) -> Found {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Stop::Wrong("pattern too complex"));
        }
        let result = self.matches_here(s, p);
        self.depth -= 1;
        result
    }

    fn matches_here(&mut self, mut s: usize, mut p: usize) -> Found {
        loop {
            self.step()?;
            let Some(byte) = self.byte(p) else { return Ok(Some(s)) };
            match byte {
                b'(' if self.byte(p + 1) == Some(b')') => return self.captured(Capture::Position(s + 1), s, p + 2),
                b'(' => return self.captured(Capture::Open(s), s, p + 1),
                b')' => {
                    let open = self.captures.iter().rposition(|capture| matches!(capture, Capture::Open(_)));
                    let Some(open) = open else { return Err(Stop::Wrong("invalid pattern capture")) };
                    let before = self.captures.get(open).copied();
                    self.steps += CAPTURE_STEPS;
                    if let (Some(Capture::Open(from)), Some(place)) = (before, self.captures.get_mut(open)) {
                        *place = Capture::Part(from, s - from);
                    }
                    let found = self.matches(s, p + 1)?;
                    if found.is_none()
                        && let (Some(before), Some(place)) = (before, self.captures.get_mut(open))
                    {
                        *place = before;
                    }
                    return Ok(found);
                }
                b'%' if self.byte(p + 1) == Some(b'b') => {
                    match self.balanced(s, p + 2)? {
                        Some(end) => (s, p) = (end, p + 4),
                        None => return Ok(None),
                    }
                    continue;
                }
                b'%' if self.byte(p + 1) == Some(b'f') => {
                    p += 2;
                    if self.byte(p) != Some(b'[') {
                        return Err(Stop::Wrong("missing '[' after '%f' in pattern"));
                    }
                    let end = self.class_end(p)?;
                    let before = if s == 0 { 0 } else { self.text.get(s - 1).copied().unwrap_or(0) };
                    let here = self.text.get(s).copied().unwrap_or(0);
                    if self.in_set(before, p, end - 1) || !self.in_set(here, p, end - 1) {
                        return Ok(None);
                    }
                    p = end;
                    continue;
                }
                b'%' if self.byte(p + 1).is_some_and(|next| next.is_ascii_digit()) => {
                    match self.back_reference(s, self.byte(p + 1).unwrap_or(b'0'))? {
                        Some(end) => (s, p) = (end, p + 2),
                        None => return Ok(None),
                    }
                    continue;
                }
                b'$' if self.byte(p + 1).is_none() => return Ok((s == self.text.len()).then_some(s)),
                _ => {}
            }
            let end = self.class_end(p)?;
            match self.byte(end) {
                Some(b'?') => {
                    if self.is_single(s, p, end)
                        && let Some(found) = self.matches(s + 1, end + 1)?
                    {
                        return Ok(Some(found));
                    }
                    p = end + 1;
                }
                Some(b'*') => return self.longest(s, p, end),
                Some(b'+') => return if self.is_single(s, p, end) { self.longest(s + 1, p, end) } else { Ok(None) },
                Some(b'-') => loop {
                    if let Some(found) = self.matches(s, end + 1)? {
                        return Ok(Some(found));
                    }
                    self.step()?;
                    if !self.is_single(s, p, end) {
                        return Ok(None);
                    }
                    s += 1;
                },
                _ => {
                    if !self.is_single(s, p, end) {
                        return Ok(None);
                    }
                    (s, p) = (s + 1, end);
                }
            }
        }
    }

    fn captured(&mut self, capture: Capture, s: usize, p: usize) -> Found {
        if self.captures.len() >= CAPTURES_MAX {
            return Err(Stop::Wrong("too many captures"));
        }
        self.steps += CAPTURE_STEPS;
        self.captures.push(capture);
        let count = self.captures.len();
        let found = self.matches(s, p)?;
        if found.is_none() {
            self.captures.truncate(count - 1);
        }
        Ok(found)
    }

    fn longest(&mut self, s: usize, p: usize, end: usize) -> Found {
        let mut count = 0;
        while self.is_single(s + count, p, end) {
            self.step()?;
            count += 1;
        }
        loop {
            if let Some(found) = self.matches(s + count, end + 1)? {
                return Ok(Some(found));
            }
            if count == 0 {
                return Ok(None);
            }
            count -= 1;
        }
    }

    fn balanced(&mut self, s: usize, p: usize) -> Found {
        let (Some(open), Some(close)) = (self.byte(p), self.byte(p + 1)) else {
            return Err(Stop::Wrong("unbalanced pattern"));
        };
        if self.text.get(s) != Some(&open) {
            return Ok(None);
        }
        let mut depth = 1;
        let mut at = s + 1;
        while let Some(&byte) = self.text.get(at) {
            self.step()?;
            at += 1;
            if byte == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(Some(at));
                }
            } else if byte == open {
                depth += 1;
            }
        }
        Ok(None)
    }

    fn back_reference(&mut self, s: usize, digit: u8) -> Found {
        let index = usize::from(digit.wrapping_sub(b'1'));
        let (from, len) = match self.captures.get(index) {
            Some(Capture::Part(from, len)) => (*from, *len),
            // A place is not a text that could come again.
            Some(Capture::Position(_)) => return Ok(None),
            _ => return Err(Stop::Wrong("invalid capture index")),
        };
        self.steps += len as u64 / 16;
        self.step()?;
        let same = self.text.get(s..s + len).is_some_and(|part| Some(part) == self.text.get(from..from + len));
        Ok(same.then_some(s + len))
    }

    /// The part of a capture; the whole match if the pattern has none.
    pub(super) fn part(&self, index: usize, start: usize, end: usize) -> Result<Capture, Stop> {
        match self.captures.get(index) {
            Some(Capture::Open(_)) => Err(Stop::Wrong("unfinished capture")),
            Some(capture) => Ok(*capture),
            None if index == 0 => Ok(Capture::Part(start, end - start)),
            None => Err(Stop::Wrong("invalid capture index")),
        }
    }
}

impl Machine<'_> {
    /// Takes away what a match has used.
    ///
    /// # Errors
    /// The run is over, or the pattern is wrong.
    pub(super) fn matched<T>(&mut self, steps: u64, result: Result<T, Stop>) -> Res<T> {
        self.charge(steps)?;
        result.map_err(|stop| match stop {
            Stop::Wrong(text) => self.error(text),
            Stop::Ended => Fault::Ended(End::Budget),
        })
    }
}
