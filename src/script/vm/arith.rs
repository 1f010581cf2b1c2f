//! Arithmetic on doubles, the same on every CPU.

/// `a % b` as Lua 5.1 defines it: a - floor(a / b) * b.
#[inline]
pub fn modulo(a: f64, b: f64) -> f64 {
    a - floor(a / b) * b
}

/// The largest whole number that is not above; without an instruction that older CPUs lack.
#[inline]
pub fn floor(x: f64) -> f64 {
    /// From here on every double is whole.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    if x.abs() < WHOLE {
        let cut = x as i64 as f64;
        // The sign of zero is that of what was cut.
        if cut > x {
            cut - 1.0
        } else if cut == 0.0 {
            x * 0.0
        } else {
            cut
        }
    } else {
        x
    }
}

/// `a ^ b`
pub fn power(a: f64, b: f64) -> f64 {
    if b == 2.0 { a * a } else { libm::pow(a, b) }
}
