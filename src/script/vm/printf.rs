//! Numbers and strings in C's `printf` formats, without C: the same on every system.

/// A conversion of `printf`, without its letter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Directive {
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// A blank.
    pub blank: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zeros: bool,
    /// Least number of bytes.
    pub width: usize,
    /// Behind the point.
    pub precision: Option<usize>,
}

impl Directive {
    /// `%.Ng`
    pub fn precision(precision: usize) -> Self {
        Self { precision: Some(precision), ..Self::default() }
    }

    /// Fills up to the width; `number`: zeros go behind sign and prefix.
    fn pad(self, out: &mut Vec<u8>, prefix: &str, digits: &[u8], zeros: bool) {
        let missing = self.width.saturating_sub(prefix.len() + digits.len());
        let fill = |out: &mut Vec<u8>, byte: u8| out.resize(out.len() + missing, byte);
        if !self.left && !zeros {
            fill(out, b' ');
        }
        out.extend_from_slice(prefix.as_bytes());
        if !self.left && zeros {
            fill(out, b'0');
        }
        out.extend_from_slice(digits);
        if self.left {
            fill(out, b' ');
        }
    }

    fn sign(self, negative: bool) -> &'static str {
        match (negative, self.plus, self.blank) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }

    /// `%s`
    pub fn string(self, out: &mut Vec<u8>, text: &[u8]) {
        let shown = self.precision.and_then(|precision| text.get(..precision)).unwrap_or(text);
        self.pad(out, "", shown, false);
    }

    /// `%d`, `%i`
    pub fn signed(self, out: &mut Vec<u8>, value: i64) {
        let digits = self.at_least(value.unsigned_abs().to_string(), value == 0);
        self.pad(out, self.sign(value < 0), digits.as_bytes(), self.zeros && self.precision.is_none());
    }

    /// `%u`, `%o`, `%x`, `%X`
    pub fn unsigned(self, out: &mut Vec<u8>, value: u64, letter: u8) {
        let (mut digits, mut prefix) = match letter {
            b'o' => (format!("{value:o}"), ""),
            b'x' => (format!("{value:x}"), "0x"),
            b'X' => (format!("{value:X}"), "0X"),
            _ => (value.to_string(), ""),
        };
        digits = self.at_least(digits, value == 0);
        if letter == b'o' && self.alternate && !digits.starts_with('0') {
            digits.insert(0, '0');
        }
        if !self.alternate || value == 0 {
            prefix = "";
        }
        self.pad(out, prefix, digits.as_bytes(), self.zeros && self.precision.is_none());
    }

    fn at_least(self, digits: String, is_zero: bool) -> String {
        match self.precision {
            Some(0) if is_zero => String::new(),
            Some(precision) => format!("{digits:0>precision$}"),
            None => digits,
        }
    }

    /// `%e`, `%E`, `%f`, `%g`, `%G`
    pub fn float(self, out: &mut Vec<u8>, value: f64, letter: u8) {
        let upper = letter.is_ascii_uppercase();
        // The sign of a NaN is the CPU's: shown is the one that 0/0 has where Redis runs most.
        let sign = self.sign(value.is_nan() || value.is_sign_negative());
        let precision = self.precision.unwrap_or(6);
        let magnitude = value.abs();
        let mut text = if value.is_nan() {
            "nan".to_owned()
        } else if value.is_infinite() {
            "inf".to_owned()
        } else {
            match letter.to_ascii_lowercase() {
                b'e' => self.scientific(magnitude, precision),
                b'f' => self.fixed(magnitude, precision),
                _ => self.general(magnitude, precision.max(1)),
            }
        };
        if upper {
            text.make_ascii_uppercase();
        }
        self.pad(out, sign, text.as_bytes(), self.zeros && value.is_finite());
    }

    fn fixed(self, value: f64, precision: usize) -> String {
        let mut text = format!("{value:.precision$}");
        if self.alternate && precision == 0 {
            text.push('.');
        }
        text
    }

    fn scientific(self, value: f64, precision: usize) -> String {
        let text = format!("{value:.precision$e}");
        let (digits, exponent) = split_exponent(&text);
        let point = if self.alternate && precision == 0 { "." } else { "" };
        format!("{digits}{point}{}", exponent_text(exponent))
    }

    fn general(self, value: f64, precision: usize) -> String {
        let text = format!("{value:.*e}", precision - 1);
        let (digits, exponent) = split_exponent(&text);
        let is_scientific = exponent < -4 || exponent >= precision as i32;
        let mut shown = if is_scientific {
            digits.to_owned()
        } else {
            format!("{value:.*}", (precision as i32 - 1 - exponent).max(0) as usize)
        };
        if self.alternate {
            if !shown.contains('.') {
                shown.push('.');
            }
        } else if shown.contains('.') {
            shown.truncate(shown.trim_end_matches('0').trim_end_matches('.').len());
        }
        if is_scientific {
            shown.push_str(&exponent_text(exponent));
        }
        shown
    }
}

fn split_exponent(text: &str) -> (&str, i32) {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (digits, exponent.parse().unwrap_or(0))
}

fn exponent_text(exponent: i32) -> String {
    format!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// A number as an argument of `redis.call`: `%.17g`.
pub fn number_argument(value: f64) -> Vec<u8> {
    let mut out = Vec::new();
    Directive::precision(17).float(&mut out, value, b'g');
    out
}

/// C's cast from double to a 64-bit integer as x86-64 does it: out of range is the smallest.
pub fn to_i64(value: f64) -> i64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&value) { value as i64 } else { i64::MIN }
}

/// C's cast from double to a 32-bit integer as x86-64 does it: out of range is the smallest.
pub fn to_i32(value: f64) -> i32 {
    let whole = to_i64(value);
    i32::try_from(whole).unwrap_or(i32::MIN)
}

/// C's cast from double to an unsigned 64-bit integer as x86-64 does it; NaN is the smallest signed one.
pub fn to_u64(value: f64) -> u64 {
    const HALF: f64 = 9_223_372_036_854_775_808.0;
    if value < HALF || value.is_nan() { to_i64(value) as u64 } else { (to_i64(value - HALF) as u64) ^ (1 << 63) }
}
