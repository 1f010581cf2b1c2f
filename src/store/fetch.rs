//! The CPU's caches.

/// Asks the CPU to bring the beginning of `place` into its caches, without waiting for it: a load would hold up all that follows once some
/// hundred instructions stand behind it.
#[inline]
pub fn prefetch<T>(place: &T) {
    prefetch_index::prefetch_index(std::slice::from_ref(place), 0);
}

/// The same for one of many; none that there need be.
#[inline]
pub fn prefetch_at<T>(places: &[T], index: usize) {
    prefetch_index::prefetch_index(places, index);
}
