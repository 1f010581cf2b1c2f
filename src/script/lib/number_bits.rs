//! The bits of floating point numbers, with one NaN: which one arithmetic makes differs by CPU, so scripts see and store only what
//! `0/0` is on x86-64.

/// IEEE 754's 64 bits.
pub(super) fn f64_bits(value: f64) -> u64 {
    if value.is_nan() { 0xfff8 << 48 } else { value.to_bits() }
}

/// IEEE 754's 32 bits.
pub(super) fn f32_bits(value: f32) -> u32 {
    if value.is_nan() { 0xffc0 << 16 } else { value.to_bits() }
}

/// The number of 64 bits.
pub(super) fn f64_of(bits: u64) -> f64 {
    let value = f64::from_bits(bits);
    if value.is_nan() { f64::NAN } else { value }
}

/// The number of 32 bits.
pub(super) fn f32_of(bits: u32) -> f64 {
    let value = f32::from_bits(bits);
    if value.is_nan() { f64::NAN } else { f64::from(value) }
}
