//! The registers of a sketch, and what they say of the number of elements.

/// Bits of the hash that choose a register.
pub(super) const BITS: u32 = 14;
/// How many there are.
pub(super) const COUNT: usize = 1 << BITS;
/// The highest that one can say.
pub(super) const VALUE_MAX: usize = 64 - BITS as usize + 1;

/// How often each value stands in the registers. Larger ones than any element gives are counted where they stand; they say nothing.
pub(super) type Histogram = [u32; 64];

/// The number of elements, by Otmar Ertl's estimator ("New cardinality estimation algorithms for HyperLogLog sketches", 2017).
///
/// Additions, multiplications, divisions and square roots of IEEE 754 alone: the same on every node.
pub(super) fn estimate(histogram: &Histogram) -> u64 {
    let count = COUNT as f64;
    let at = |value: usize| f64::from(histogram.get(value).copied().unwrap_or(0));
    let mut sum = count * tau((count - at(VALUE_MAX)) / count);
    for value in (1..VALUE_MAX).rev() {
        sum = (sum + at(value)) * 0.5;
    }
    sum += count * sigma(at(0) / count);
    // 1 / (2 ln 2)
    (0.721_347_520_444_481_7 * count * count / sum).round() as u64
}

fn sigma(share: f64) -> f64 {
    if share == 1.0 {
        return f64::INFINITY;
    }
    let (mut share, mut weight, mut sum) = (share, 1.0, share);
    loop {
        let before = sum;
        share *= share;
        sum += share * weight;
        weight += weight;
        if sum == before {
            return sum;
        }
    }
}

fn tau(share: f64) -> f64 {
    if share == 0.0 || share == 1.0 {
        return 0.0;
    }
    let (mut share, mut weight, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        let before = sum;
        share = share.sqrt();
        weight *= 0.5;
        sum -= (1.0 - share) * (1.0 - share) * weight;
        if sum == before {
            return sum / 3.0;
        }
    }
}
