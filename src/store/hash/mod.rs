//! The hash value: fields with values, in one of two representations, as in Redis.
//!
//! - *Small*: one list of strings in one allocation, in order of insertion; lookup is linear. OBJECT ENCODING: `listpack`.
//! - *Large*: a persistent B-tree ordered by a hash of the field. A clone is O(1) and shares all that is not written
//!   afterwards, so a snapshot costs a write at most one path of the tree, never the whole value. OBJECT ENCODING:
//!   `hashtable`.
//!
//! A hash of which a field ever had an end has their ends beside it ([`Ends`]), in either representation; a small one is shown as
//! `listpackex` from then on, as in Redis. Others have no room for ends.
//!
//! Invariants
//! - Each field stands once. A small hash stays small while it has at most [`HashLimits::entries_max`] fields and none
//!   of its fields and values is longer than [`HashLimits::value_max`]; then it becomes large, and it never goes back,
//!   whatever is removed.
//! - What is seen of the order is a function of the value: insertion order is part of a small hash and kept by
//!   [`Hash::from_parts`]; the order of a large one follows from its fields alone.
//! - [`Hash::scan`] meets every field that is there during the whole of a scan: a field's order never changes and
//!   cursors only rise.
//! - What has an end is a field of the hash. A field that is over stays until it is swept or overwritten; who reads or writes a hash asks
//!   for it as of a time ([`super::LiveHash`], [`HashEdit`]), and does not meet such fields.
//! - A change of an end, or finding the first one, takes O(log n) in a large hash and copies a path of a tree.
//!
//! Deliberately without the key, a deadline or a revision: the entry has those.

mod edit;
mod ends;
mod packed;
mod random;
#[cfg(test)]
mod tests;

pub use edit::HashEdit;
pub use ends::{END_MAX_MS, Ends};
use packed::Packed;

use super::tree::{self, Tree};
use super::{ELEMENT_UNITS, Options, ValueType, ZSet, is_over, units_of_bytes};

/// A hash value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hash(Form);

#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// No field ever had an end.
    Plain(Repr),
    /// Some have, or had.
    Timed(Box<Timed>),
}

#[derive(Clone, Debug, PartialEq)]
struct Timed {
    fields: Repr,
    ends: Ends,
}

#[derive(Clone, Debug, PartialEq)]
enum Repr {
    Small(Packed),
    Large(Tree<Box<[u8]>>),
}

impl Default for Form {
    fn default() -> Self {
        Self::Plain(Repr::default())
    }
}

impl Default for Repr {
    fn default() -> Self {
        Self::Small(Packed::default())
    }
}

/// Up to where a hash stays small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashLimits {
    /// Most fields.
    pub entries_max: u64,
    /// Longest field or value, bytes.
    pub value_max: u64,
}

/// Bound of both limits, however large the options are: a lookup in a small hash goes through all of it on every node.
const SMALL_MAX: u64 = 1 << 20;
/// Above so many fields a hash is freed in the background.
const SLOW_TO_FREE: usize = 64;

impl From<&Options> for HashLimits {
    fn from(options: &Options) -> Self {
        Self {
            entries_max: options.hash_small_entries_max.min(SMALL_MAX),
            value_max: options.hash_small_value_max.min(SMALL_MAX),
        }
    }
}

/// A field and its value.
pub type FieldValue<'a> = (&'a [u8], &'a [u8]);

impl Hash {
    /// The value that another one was: `large` is its [`Hash::is_large`], `fields` what its [`Hash::iter`] gave, each
    /// field once.
    pub fn from_parts(large: bool, fields: impl IntoIterator<Item = (impl AsRef<[u8]>, impl AsRef<[u8]>)>) -> Self {
        if large {
            let mut tree = Tree::default();
            for (field, value) in fields {
                tree.set(field.as_ref(), value.as_ref());
            }
            Self(Form::Plain(Repr::Large(tree)))
        } else {
            let mut packed = Packed::default();
            for (field, value) in fields {
                packed.push(field.as_ref(), value.as_ref());
            }
            packed.shrink();
            Self(Form::Plain(Repr::Small(packed)))
        }
    }

    /// The same with these ends, as [`Ends::as_set`] gave them; None if they are none.
    pub fn with_ends(self, ends: ZSet) -> Option<Self> {
        let ends = Ends::from_set(ends).filter(|ends| ends.iter().all(|(field, _)| self.get(field).is_some()))?;
        let Form::Plain(fields) = self.0 else { return None };
        Some(Self(Form::Timed(Box::new(Timed { fields, ends }))))
    }

    fn fields(&self) -> &Repr {
        match &self.0 {
            Form::Plain(fields) => fields,
            Form::Timed(timed) => &timed.fields,
        }
    }

    fn fields_mut(&mut self) -> &mut Repr {
        match &mut self.0 {
            Form::Plain(fields) => fields,
            Form::Timed(timed) => &mut timed.fields,
        }
    }

    /// The ends of fields; None if no field ever had one.
    pub fn ends(&self) -> Option<&Ends> {
        match &self.0 {
            Form::Plain(_) => None,
            Form::Timed(timed) => Some(&timed.ends),
        }
    }

    fn ends_mut(&mut self) -> Option<&mut Ends> {
        match &mut self.0 {
            Form::Timed(timed) => Some(&mut timed.ends),
            Form::Plain(_) => None,
        }
    }

    /// Last ms of cluster time at which a field is there, if it ends by itself.
    pub fn end_ms(&self, field: &[u8]) -> Option<u64> {
        self.ends().and_then(|ends| ends.get(field))
    }

    /// Gives a field that is there an end, or none.
    pub fn set_end(&mut self, field: &[u8], end_ms: Option<u64>) {
        if let Form::Plain(fields) = &mut self.0 {
            if end_ms.is_none() {
                return;
            }
            let fields = std::mem::take(fields);
            self.0 = Form::Timed(Box::new(Timed { fields, ends: Ends::default() }));
        }
        let Some(ends) = self.ends_mut() else { return };
        match end_ms {
            Some(end_ms) => ends.set(field, end_ms),
            None => ends.remove(field),
        }
    }

    /// Takes the first field out whose end is over at `now_ms`, and the end.
    pub fn take_over(&mut self, now_ms: u64) -> Option<(Box<[u8]>, u64)> {
        let (field, end_ms) = self.ends()?.first().filter(|(_, end_ms)| is_over(*end_ms, now_ms))?;
        let field = Box::<[u8]>::from(field);
        self.remove(&field);
        Some((field, end_ms))
    }

    /// How many fields are over at `now_ms`.
    pub fn over_len(&self, now_ms: u64) -> usize {
        self.ends().map_or(0, |ends| ends.over_len(now_ms))
    }

    /// True in the large representation.
    pub fn is_large(&self) -> bool {
        matches!(self.fields(), Repr::Large(_))
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        match self.fields() {
            Repr::Small(packed) => packed.len(),
            Repr::Large(tree) => tree.len(),
        }
    }

    /// True without fields.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a field.
    pub fn get(&self, field: &[u8]) -> Option<&[u8]> {
        match self.fields() {
            Repr::Small(packed) => packed.get(field),
            Repr::Large(tree) => tree.get(field).map(|value| &**value),
        }
    }

    /// The units of finding one field (`store::work`), besides what a field costs anyway: a small hash is searched linearly.
    pub fn lookup_units(&self) -> u64 {
        let of_ends = self.ends().map_or(0, Ends::lookup_units);
        if self.is_large() { of_ends } else { self.len() as u64 + of_ends }
    }

    /// The units of going through all fields.
    pub fn iter_units(&self) -> u64 {
        self.len() as u64 * ELEMENT_UNITS
    }

    /// Fields and values, in the value's order.
    pub fn iter(&self) -> Iter<'_> {
        match self.fields() {
            Repr::Small(packed) => Iter::Small(packed.iter()),
            Repr::Large(tree) => Iter::Large(tree.iter()),
        }
    }

    /// Sets a field: true if it is new. One that is there keeps its place, and its end.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: HashLimits) -> bool {
        if field.len().max(value.len()) as u64 > limits.value_max {
            self.enlarge();
        }
        match self.fields_mut() {
            Repr::Large(tree) => tree.set(field, value),
            Repr::Small(packed) => {
                let added = packed.set(field, value);
                if packed.len() as u64 > limits.entries_max {
                    self.enlarge();
                }
                added
            }
        }
    }

    /// Announces that one command sets `fields` fields: if they are more than a small hash may have, it becomes large
    /// at once, as in Redis, even should some be the same.
    pub fn expect(&mut self, fields: usize, limits: HashLimits) {
        if fields as u64 > limits.entries_max {
            self.enlarge();
        }
    }

    /// Removes a field: true if it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        self.set_end(field, None);
        match self.fields_mut() {
            Repr::Small(packed) => packed.remove(field),
            Repr::Large(tree) => tree.remove(field),
        }
    }

    /// The next part of a scan, and the cursor to go on from (below 2^53; 0 at the end). A large hash gives the fields
    /// from `cursor` on, at least `count` if there are as many, all of one order value together. A small one is given
    /// whole, as in Redis.
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<FieldValue<'_>>) {
        match self.fields() {
            Repr::Small(packed) => (0, packed.iter().collect()),
            Repr::Large(tree) => {
                let (next, fields) = tree.scan(cursor, count);
                (next, fields.into_iter().map(|(field, value)| (field, &**value)).collect())
            }
        }
    }

    fn enlarge(&mut self) {
        let fields = self.fields_mut();
        if let Repr::Small(packed) = &*fields {
            let mut tree = Tree::default();
            for (field, value) in packed.iter() {
                tree.set(field, value);
            }
            *fields = Repr::Large(tree);
        }
    }
}

impl Hash {
    /// Begins to look for a field, if it is large.
    pub(super) fn look_up(&self, field: &[u8]) -> Option<tree::LookUp<'_, Box<[u8]>>> {
        if let Repr::Large(tree) = self.fields() { tree.look_up(field) } else { None }
    }
}

impl ValueType for Hash {
    fn type_name(&self) -> &'static str {
        "hash"
    }

    fn encoding(&self) -> &'static str {
        match self.fields() {
            Repr::Large(_) => "hashtable",
            Repr::Small(_) if self.ends().is_some() => "listpackex",
            Repr::Small(_) => "listpack",
        }
    }

    fn elements(&self) -> usize {
        self.len()
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
            + match self.fields() {
                Repr::Small(packed) => packed.memory(),
                Repr::Large(tree) => tree.memory(),
            }
            + self.ends().map_or(0, |ends| size_of::<Timed>() + ends.memory())
    }

    fn first_end_ms(&self) -> Option<u64> {
        self.ends()?.first().map(|(_, end_ms)| end_ms)
    }

    fn last_end_ms(&self) -> Option<u64> {
        let ends = self.ends().filter(|ends| ends.len() == self.len())?;
        ends.last_ms()
    }

    /// What writes to both sides of a clone cost in the end.
    fn copy_units(&self) -> u64 {
        let bytes = match self.fields() {
            Repr::Small(packed) => packed.bytes(),
            Repr::Large(tree) => tree.bytes(),
        };
        self.iter_units() + units_of_bytes(bytes) + self.ends().map_or(0, Ends::copy_units)
    }

    fn is_slow_to_free(&self) -> bool {
        self.len() > SLOW_TO_FREE
    }

    /// Each field stands once, all counts are right, and only fields have ends.
    fn validate(&self) -> Result<(), String> {
        let mut fields: Vec<&[u8]> = self.iter().map(|(field, _)| field).collect();
        let listed = fields.len();
        fields.sort_unstable();
        fields.dedup();
        if fields.len() != self.len() || listed != self.len() {
            return Err(format!("{listed} fields, {} different, counted {}", fields.len(), self.len()));
        }
        if let Some(ends) = self.ends() {
            ends.validate()?;
            if let Some((field, _)) = ends.iter().find(|(field, _)| self.get(field).is_none()) {
                return Err(format!("the field {field:?} has an end and is not there"));
            }
        }
        match self.fields() {
            Repr::Small(_) => Ok(()),
            Repr::Large(tree) => tree.validate(),
        }
    }
}

/// Fields and values of a hash in its order.
#[derive(Clone)]
pub enum Iter<'a> {
    #[doc(hidden)]
    Small(packed::Iter<'a>),
    #[doc(hidden)]
    Large(tree::Iter<'a, Box<[u8]>>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = FieldValue<'a>;

    fn next(&mut self) -> Option<FieldValue<'a>> {
        match self {
            Self::Small(iter) => iter.next(),
            Self::Large(iter) => iter.next().map(|(field, value)| (field, &**value)),
        }
    }
}
