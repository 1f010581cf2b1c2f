//! Cells of the Earth's surface: numbers whose bits halve it in turn by longitude and latitude. The smallest cell, of 52 bits, is the score
//! of a place in a sorted set.
//!
//! Invariant: additions, multiplications, divisions and conversions of IEEE 754 alone, in Redis's order: each CPU finds the same cell.

/// Halvings of longitude, and of latitude, of the smallest cell.
pub(super) const STEPS_MAX: u32 = 26;
/// How far places may be to the east and the west, degrees.
const LONGITUDE_MAX: f64 = 180.0;
/// How far places may be to the north and the south, degrees: where the Mercator map is a square.
const LATITUDE_MAX: f64 = 85.05112878;

/// A place, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub longitude: f64,
    pub latitude: f64,
}

impl Point {
    /// True if it is on the map.
    pub fn is_on_map(self) -> bool {
        self.longitude.abs() <= LONGITUDE_MAX && self.latitude.abs() <= LATITUDE_MAX
    }

    /// The score of the place in a sorted set.
    pub fn score(self) -> f64 {
        Cell::of(self, STEPS_MAX).bits as f64
    }

    /// The place of a score: the middle of its cell. Any score has one.
    pub fn of_score(score: f64) -> Self {
        let area = Cell { bits: bits_of(score), steps: STEPS_MAX }.area();
        let middle = |range: Range, max: f64| f64::midpoint(range.min, range.max).clamp(-max, max);
        Self { longitude: middle(area.longitude, LONGITUDE_MAX), latitude: middle(area.latitude, LATITUDE_MAX) }
    }

    /// The place in the letters of geohash.org, which halves latitude from pole to pole; 52 bits of its 55.
    pub fn letters(self) -> String {
        const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
        let bits = Cell::within(self, STEPS_MAX, 90.0).bits;
        let letter = |at: u32| {
            let index = if at == 10 { 0 } else { bits >> (52 - 5 * (at + 1)) & 0x1f };
            char::from(LETTERS.get(index as usize).copied().unwrap_or(b'0'))
        };
        (0..11).map(letter).collect()
    }
}

/// A double as C on x86-64 makes an unsigned integer of it: scores need not be places.
fn bits_of(score: f64) -> u64 {
    const HALF: f64 = (1u64 << 63) as f64;
    let signed = |value: f64| if (-HALF..HALF).contains(&value) { value as i64 } else { i64::MIN };
    if score < HALF { signed(score) as u64 } else { signed(score - HALF) as u64 ^ 1 << 63 }
}

/// From one degree to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub min: f64,
    pub max: f64,
}

/// What a cell covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub longitude: Range,
    pub latitude: Range,
}

/// A cell: the bits of longitude at odd places, those of latitude at even ones, `steps` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    bits: u64,
    steps: u32,
}

/// The even places.
const LATITUDE_BITS: u64 = 0x5555_5555_5555_5555;
/// The odd ones.
const LONGITUDE_BITS: u64 = !LATITUDE_BITS;

impl Cell {
    /// The cell of a place on the map.
    pub fn of(point: Point, steps: u32) -> Self {
        Self::within(point, steps, LATITUDE_MAX)
    }

    fn within(point: Point, steps: u32, latitude_max: f64) -> Self {
        let place = |degrees: f64, max: f64| {
            let offset = (degrees + max) / (max - -max);
            (offset * (1u64 << steps) as f64) as u32
        };
        let (longitude, latitude) = (place(point.longitude, LONGITUDE_MAX), place(point.latitude, latitude_max));
        Self { bits: spread(latitude) | spread(longitude) << 1, steps }
    }

    /// What it covers.
    pub fn area(self) -> Area {
        let range = |place: u32, max: f64| {
            let (scale, parts) = (max - -max, (1u64 << self.steps) as f64);
            let edge = |place: u32| -max + (f64::from(place) / parts) * scale;
            // Only a score that is no place is so far.
            Range { min: edge(place), max: edge(place.wrapping_add(1)) }
        };
        Area {
            longitude: range(gather(self.bits >> 1), LONGITUDE_MAX),
            latitude: range(gather(self.bits), LATITUDE_MAX),
        }
    }

    /// The scores of the places in it: from the first, included, to the second.
    pub fn scores(self) -> (f64, f64) {
        let shift = 52 - 2 * self.steps;
        ((self.bits << shift) as f64, ((self.bits + 1) << shift) as f64)
    }

    /// The cell so many to the east and to the north; behind the last comes the first.
    pub fn moved(self, east: i64, north: i64) -> Self {
        let used = u64::MAX >> (64 - 2 * self.steps);
        // Ones at the places of the other coordinate let a carry pass.
        let step = |mine: u64, by: i64| {
            let (mine, other) = (mine & used, !mine & used);
            let value = self.bits & mine;
            match by {
                0 => value,
                1.. => (value | other).wrapping_add(1) & mine,
                _ => value.wrapping_sub(mine & mine.wrapping_neg()) & mine,
            }
        };
        Self { bits: step(LONGITUDE_BITS, east) | step(LATITUDE_BITS, north), steps: self.steps }
    }
}

/// The bits of a number at the even places of another.
fn spread(number: u32) -> u64 {
    [(16, 0x0000_ffff_0000_ffff), (8, 0x00ff_00ff_00ff_00ff), (4, 0x0f0f_0f0f_0f0f_0f0f), (2, 0x3333_3333_3333_3333)]
        .into_iter()
        .chain([(1, LATITUDE_BITS)])
        .fold(u64::from(number), |bits, (shift, mask)| (bits | bits << shift) & mask)
}

/// The reverse of [`spread`].
fn gather(bits: u64) -> u32 {
    [(1, 0x3333_3333_3333_3333), (2, 0x0f0f_0f0f_0f0f_0f0f), (4, 0x00ff_00ff_00ff_00ff), (8, 0x0000_ffff_0000_ffff)]
        .into_iter()
        .chain([(16, 0x0000_0000_ffff_ffff)])
        .fold(bits & LATITUDE_BITS, |bits, (shift, mask)| (bits | bits >> shift) & mask) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_bits_are_gathered_again() {
        for number in [0, 1, 2, 0x8000_0000, 0xffff_ffff, 0x1234_5678] {
            assert_eq!(gather(spread(number)), number);
            assert_eq!(spread(number) & LONGITUDE_BITS, 0);
        }
    }

    #[test]
    fn eight_neighbours_are_where_they_are_said_to_be() {
        for steps in [1, 2, 3, 26] {
            let cell = Cell::of(Point { longitude: 13.361389, latitude: 38.115556 }, steps);
            let at = |cell: Cell| (gather(cell.bits >> 1), gather(cell.bits));
            let (longitude, latitude) = at(cell);
            let mask = (1u32 << steps) - 1;
            for (east, north) in [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)] {
                let expected = (longitude.wrapping_add(east as u32) & mask, latitude.wrapping_add(north as u32) & mask);
                assert_eq!(at(cell.moved(east, north)), expected, "{steps} steps, {east} {north}");
            }
        }
    }

    #[test]
    fn any_score_has_a_place_on_the_map() {
        for score in [0.0, -1.0, 1e300, -1e300, f64::INFINITY, f64::NEG_INFINITY, 4503599627370496.0, 9.3e18, 0.5] {
            assert!(Point::of_score(score).is_on_map(), "{score}");
        }
    }
}
