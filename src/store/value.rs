//! The types of values. A new type adds a variant here and implements [`Kind`].
//!
//! `Value` is 24 bytes; cloning one is O(1) for what is large (shared until written) and a copy for what is small, so that a
//! snapshot can share the keyspace with the writes that go on.

use super::{Hash, Str, units_of_bytes};

/// A key's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    Str(Str),
    /// A hash.
    Hash(Box<Hash>),
}

impl Value {
    /// What TYPE answers.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Str(_) => "string",
            Self::Hash(_) => "hash",
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            Self::Str(s) => s.encoding(),
            Self::Hash(h) => h.encoding(),
        }
    }

    /// Number of elements; 1 for a string. What reading the whole value costs.
    pub fn elements(&self) -> usize {
        match self {
            Self::Str(_) => 1,
            Self::Hash(h) => h.len(),
        }
    }

    /// The units of copying it (`store::work`). A clone may share instead; then a later write makes the copy.
    pub fn copy_units(&self) -> u64 {
        match self {
            Self::Str(s) => units_of_bytes(s.len()),
            Self::Hash(h) => h.copy_units(),
        }
    }

    /// True if freeing it takes longer than handing it to another thread: many elements, or pages that go back to the system.
    pub(super) fn is_slow_to_free(&self) -> bool {
        match self {
            Self::Str(s) => s.len() > 1 << 20,
            Self::Hash(h) => h.len() > 64,
        }
    }

    /// Checks what the type promises of itself; for tests and after a snapshot is installed.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        match self {
            Self::Str(_) => Ok(()),
            Self::Hash(h) => h.validate(),
        }
    }

    /// The beginning of what the value keeps elsewhere: looking at it fetches it.
    pub(super) fn first_byte(&self) -> Option<u8> {
        match self {
            Self::Str(s) => s.as_bytes().first().copied(),
            Self::Hash(_) => None,
        }
    }

    /// Bytes of memory, roughly, without the key.
    pub fn memory(&self) -> usize {
        match self {
            Self::Str(s) => s.memory(),
            Self::Hash(h) => h.memory(),
        }
    }
}

/// One type of value: how [`super::Txn::edit`] finds it in a [`Value`].
pub trait Kind: Sized + Default {
    /// The value as this type.
    fn of(value: &Value) -> Option<&Self>;
    /// The value as this type, to change.
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
    /// As a value.
    fn into_value(self) -> Value;
    /// True if the key has to go: no collection is ever empty.
    fn is_vacant(&self) -> bool;
}

impl Kind for Str {
    fn of(value: &Value) -> Option<&Self> {
        if let Value::Str(s) = value { Some(s) } else { None }
    }
    fn of_mut(value: &mut Value) -> Option<&mut Self> {
        if let Value::Str(s) = value { Some(s) } else { None }
    }
    fn into_value(self) -> Value {
        Value::Str(self)
    }
    fn is_vacant(&self) -> bool {
        false
    }
}

impl Kind for Hash {
    fn of(value: &Value) -> Option<&Self> {
        if let Value::Hash(h) = value { Some(h) } else { None }
    }
    fn of_mut(value: &mut Value) -> Option<&mut Self> {
        if let Value::Hash(h) = value { Some(h) } else { None }
    }
    fn into_value(self) -> Value {
        Value::Hash(Box::new(self))
    }
    fn is_vacant(&self) -> bool {
        self.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_three_words() {
        assert_eq!(size_of::<Value>(), 24);
    }
}
