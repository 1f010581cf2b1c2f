//! What every type of values says of itself: all that is asked of a value by those who do not know its type.

/// A type of values.
pub trait ValueType {
    /// What TYPE answers.
    fn type_name(&self) -> &'static str;

    /// What OBJECT ENCODING answers.
    fn encoding(&self) -> &'static str;

    /// Number of elements; 1 for a string. What reading the whole value costs.
    fn elements(&self) -> usize;

    /// Bytes of memory, roughly, without the key. O(1).
    fn memory(&self) -> usize;

    /// The units of copying it (`store::work`). A clone may share instead; then a later write makes the copy.
    fn copy_units(&self) -> u64;

    /// Cluster time in ms after which a part of it is over, if parts end by themselves: the first one.
    fn first_end_ms(&self) -> Option<u64> {
        None
    }

    /// Cluster time in ms after which nothing of it is left, if all its parts end by themselves and its key has no deadline for that.
    fn last_end_ms(&self) -> Option<u64> {
        None
    }

    /// Until when TTL shows it to last at `now_ms`, cluster time in ms, if that is not the key's deadline.
    fn shown_end_ms(&self, _now_ms: u64) -> Option<u64> {
        None
    }

    /// True if it is to be freed in the background, because that takes longer than handing it over: many elements, or pages that go back
    /// to the system.
    fn is_slow_to_free(&self) -> bool;

    /// True if the key has to go: no collection is ever empty.
    fn is_vacant(&self) -> bool {
        self.elements() == 0
    }

    /// True if whoever waits for such a value waits for more than that there is one: a change of it is worth a look, unless it is a quiet
    /// one ([`super::Txn::edit_quietly`]).
    fn wakes_by_change() -> bool
    where
        Self: Sized,
    {
        false
    }

    /// Prefetches the beginning of what the value keeps elsewhere.
    fn prefetch(&self) {}

    /// Exchanges the contents where both stand, if that is cheaper than exchanging the values: false if it is not, and nothing changed.
    fn exchange(&mut self, _other: &mut Self) -> bool
    where
        Self: Sized,
    {
        false
    }

    /// Checks what the type promises of itself; for tests and after a snapshot is installed.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}
