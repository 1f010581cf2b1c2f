//! Up to where elements stand together, as `list-max-listpack-size` says it.

use crate::store::Options;

/// Bytes that a negative value stands for, from -1 on.
const SIZES: [usize; 5] = [4096, 8192, 16_384, 32_768, 65_536];
/// Most bytes where a number of elements is the limit.
const COUNTED_SIZE_MAX: usize = 8192;
/// What Redis adds to an element's own bytes where it asks whether there is room for one more.
const ELEMENT_OVERHEAD: usize = 8;

/// Up to where elements stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    /// Bytes of a listpack.
    size_max: usize,
    /// Elements.
    len_max: usize,
}

impl From<&Options> for ListLimits {
    fn from(options: &Options) -> Self {
        // As all replicated options it is kept in 64 bits without a sign.
        Self::new(options.list_listpack_max as i64)
    }
}

impl ListLimits {
    /// By the option's value: elements, or one of the sizes by its negative number.
    pub fn new(value: i64) -> Self {
        match usize::try_from(value) {
            Ok(len) => Self { size_max: COUNTED_SIZE_MAX, len_max: len.max(1) },
            Err(_) => {
                let which = usize::try_from(value.unsigned_abs() - 1).unwrap_or(usize::MAX);
                let size_max = SIZES.get(which).or(SIZES.last()).copied().unwrap_or(COUNTED_SIZE_MAX);
                Self { size_max, len_max: usize::MAX }
            }
        }
    }

    /// True if so many are too many for one listpack.
    pub(super) fn exceeded(self, size: usize, len: usize) -> bool {
        size > self.size_max || len > self.len_max
    }

    /// True if an element of `added` bytes has room behind so many.
    pub(super) fn has_room(self, size: usize, len: usize, added: usize) -> bool {
        !self.exceeded(size.saturating_add(added).saturating_add(ELEMENT_OVERHEAD), len + 1)
    }

    /// True if so many are few enough to become one listpack again: half the limit, so that a list does not change back and forth.
    pub(super) fn is_far_below(self, size: usize, len: usize) -> bool {
        let size_max = if self.len_max == usize::MAX { self.size_max / 2 } else { usize::MAX };
        size <= size_max && len <= self.len_max / 2
    }
}
