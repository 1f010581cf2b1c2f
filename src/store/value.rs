//! The value of a key: one of the types in the list below, the only place that tells them apart.
//!
//! A new type is a folder beside this file with an implementation of [`ValueType`], a line in the list, its form in a snapshot
//! (`snapshot/value/`), and its family in `command/`. Everybody else asks the trait, or looks for one type by [`Kind`]; `tests/layers` fails
//! where another file names a variant.
//!
//! `Value` is 24 bytes; cloning one is O(1) for what is large (shared until written) and a copy for what is small, so that a
//! snapshot can share the keyspace with the writes that go on.

use super::name_look_up::NameLookUp;
use super::{Hash, List, Lock, Set, Str, Stream, ValueType, ZSet};
use crate::error::{ReplyError, WRONG_TYPE};

/// Makes the enum of a list of `Type(Type)` or `Type(Box<Type>)`, and all that depends on which type a value has.
macro_rules! value_types {
    ($(#[$about:meta])* pub enum Value { $($(#[$doc:meta])* $type:ident($held:ty),)+ }) => {
        $(#[$about])*
        pub enum Value {
            $($(#[$doc])* $type($held),)+
        }

        impl Value {
            /// Asks the value's type. Each arm calls with a type that the compiler knows: inlined, nothing is looked up in a vtable.
            #[inline]
            fn ask<T>(&self, ask: impl FnOnce(&dyn ValueType) -> T) -> T {
                match self {
                    $(Self::$type(value) => {
                        let value: &$type = value;
                        ask(value)
                    })+
                }
            }

            /// [`ValueType::exchange`] of two values of one type; false for others.
            pub(super) fn exchange(&mut self, other: &mut Self) -> bool {
                match (self, other) {
                    $((Self::$type(here), Self::$type(there)) => $type::exchange(here, there),)+
                    _ => false,
                }
            }
        }

        $(
            impl From<$type> for Value {
                fn from(value: $type) -> Self {
                    Self::$type(value.into())
                }
            }

            impl Kind for $type {
                fn of(value: &Value) -> Option<&Self> {
                    if let Value::$type(value) = value { Some(value) } else { None }
                }
                fn of_mut(value: &mut Value) -> Option<&mut Self> {
                    if let Value::$type(value) = value { Some(value) } else { None }
                }
            }
        )+
    };
}

value_types! {
    /// A key's value.
    #[derive(Clone, Debug, PartialEq)]
    pub enum Value {
        /// A string.
        Str(Str),
        /// A hash.
        Hash(Box<Hash>),
        /// A list.
        List(List),
        /// A set.
        Set(Box<Set>),
        /// A sorted set.
        ZSet(ZSet),
        /// A stream.
        Stream(Box<Stream>),
        /// A lock.
        Lock(Box<Lock>),
    }
}

/// One type of value: how it is found in a [`Value`].
pub trait Kind: ValueType + Into<Value> + Default {
    /// The value as this type.
    fn of(value: &Value) -> Option<&Self>;
    /// The value as this type, to change.
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
}

impl Value {
    /// The value as a `K`.
    ///
    /// # Errors
    /// WRONGTYPE if it is of another type.
    pub fn typed<K: Kind>(&self) -> Result<&K, ReplyError> {
        K::of(self).ok_or(WRONG_TYPE)
    }

    /// The value as a `K`, to change.
    ///
    /// # Errors
    /// WRONGTYPE if it is of another type.
    pub fn typed_mut<K: Kind>(&mut self) -> Result<&mut K, ReplyError> {
        K::of_mut(self).ok_or(WRONG_TYPE)
    }

    /// True for a lock.
    pub fn is_lock(&self) -> bool {
        Lock::of(self).is_some()
    }

    /// True for a stream.
    pub fn is_stream(&self) -> bool {
        Stream::of(self).is_some()
    }

    /// See [`ValueType::type_name`].
    pub fn type_name(&self) -> &'static str {
        self.ask(|value| value.type_name())
    }

    /// See [`ValueType::encoding`].
    pub fn encoding(&self) -> &'static str {
        self.ask(|value| value.encoding())
    }

    /// See [`ValueType::elements`].
    pub fn elements(&self) -> usize {
        self.ask(|value| value.elements())
    }

    /// See [`ValueType::memory`].
    pub fn memory(&self) -> usize {
        self.ask(|value| value.memory())
    }

    /// See [`ValueType::copy_units`].
    pub fn copy_units(&self) -> u64 {
        self.ask(|value| value.copy_units())
    }

    /// See [`ValueType::first_end_ms`].
    pub fn first_end_ms(&self) -> Option<u64> {
        self.ask(|value| value.first_end_ms())
    }

    /// See [`ValueType::last_end_ms`].
    #[inline]
    pub fn last_end_ms(&self) -> Option<u64> {
        self.ask(|value| value.last_end_ms())
    }

    /// See [`ValueType::shown_end_ms`].
    pub fn shown_end_ms(&self, now_ms: u64) -> Option<u64> {
        self.ask(|value| value.shown_end_ms(now_ms))
    }

    /// See [`ValueType::validate`].
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        self.ask(|value| value.validate())
    }

    pub(super) fn is_slow_to_free(&self) -> bool {
        self.ask(|value| value.is_slow_to_free())
    }

    pub(super) fn prefetch(&self) {
        self.ask(|value| value.prefetch());
    }

    /// Begins to look for a name, which may be about to have a score, if it is large.
    pub(super) fn look_up(&self, name: &[u8], score: Option<f64>) -> Option<NameLookUp<'_>> {
        match self {
            Self::Hash(hash) => hash.look_up(name).map(NameLookUp::Field),
            Self::Set(set) => set.look_up(name).map(NameLookUp::Member),
            Self::ZSet(zset) => zset.look_up(name, score).map(NameLookUp::Scored),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_three_words() {
        assert_eq!(size_of::<Value>(), 24);
    }

    #[test]
    fn small_strings_of_one_length_alone_exchange_their_bytes() {
        let string = |length| Value::from(Str::new(&vec![b'v'; length]));
        let other = |length| Value::from(Str::new(&vec![b'w'; length]));
        let hash = |large| Value::from(Hash::from_parts(large, [(b"f", b"v")]));
        for (mut here, mut there, exchanged) in [
            (string(9), other(9), true),
            (string(9), other(8), false),
            (string(5000), other(5000), false),
            (string(9), hash(false), false),
            (hash(false), string(9), false),
            (hash(false), hash(true), false),
        ] {
            let before = (here.clone(), there.clone());
            assert_eq!(here.exchange(&mut there), exchanged, "{before:?}");
            let expected = if exchanged { (before.1, before.0) } else { before };
            assert_eq!((here, there), expected);
        }
    }
}
