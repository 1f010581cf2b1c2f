//! The set value: different members, in one of three representations, as in Redis.
//!
//! - *Ints*: integers in ascending order in one allocation. OBJECT ENCODING: `intset`.
//! - *Small*: one list of strings in one allocation, in order of insertion; lookup is linear. OBJECT ENCODING: `listpack`.
//! - *Large*: a persistent B-tree ordered by a hash of the member. A clone is O(1) and shares all that is not written afterwards, so a snapshot
//!   costs a write at most one path of the tree, never the whole value. OBJECT ENCODING: `hashtable`.
//!
//! Invariants
//! - Each member stands once. A set changes its representation where Redis 7.2 does: with a member that is no integer, with one too many or too
//!   long for [`SetLimits`], and never back, whatever is removed; only SPOP and the commands that store a set make a new one.
//! - What is seen of the order is a function of the value: it is the numeric one, that of insertion, kept by [`Set::from_parts`], or follows from
//!   the members alone.
//! - [`Set::scan`] meets every member that is there during the whole of a scan: a member's order never changes and cursors only rise.
//!
//! Deliberately without the key, a deadline or a revision: the entry has those.

mod ints;
mod member;
mod random;
#[cfg(test)]
mod tests;

use ints::Ints;
pub use member::SetMember;

use super::packed::{self, End, Packed};
use super::tree::{self, Tree};
use super::{ELEMENT_UNITS, Options, ValueType, units_of_bytes};
use crate::protocol::parse_i64;

/// A set value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set(Repr);

#[derive(Clone, Debug, PartialEq)]
enum Repr {
    Ints(Ints),
    Small(Packed),
    Large(Tree<()>),
}

impl Default for Repr {
    fn default() -> Self {
        Self::Ints(Ints::default())
    }
}

/// The representation of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetForm {
    /// Sorted integers.
    Ints,
    /// A list.
    Small,
    /// A tree.
    Large,
}

/// Up to where a set stays in the smaller representations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetLimits {
    /// Most members of sorted integers.
    pub ints_max: u64,
    /// Most members of a list.
    pub entries_max: u64,
    /// Longest member of a list, bytes.
    pub value_max: u64,
}

/// Bound of all limits, however large the options are: a lookup in a list goes through all of it on every node, and an integer that is added
/// moves all behind it.
const SMALL_MAX: u64 = 1 << 20;
/// Above so many members a set is freed in the background.
const SLOW_TO_FREE: usize = 64;

impl From<&Options> for SetLimits {
    fn from(options: &Options) -> Self {
        Self {
            ints_max: options.set_intset_entries_max.min(SMALL_MAX),
            entries_max: options.set_small_entries_max.min(SMALL_MAX),
            value_max: options.set_small_value_max.min(SMALL_MAX),
        }
    }
}

impl Set {
    /// The value that another one was: `form` is its [`Set::form`], `members` what its [`Set::iter`] gave, each member once. None if integers
    /// are none or do not rise.
    pub fn from_parts(form: SetForm, members: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Option<Self> {
        let members = members.into_iter();
        Some(Self(match form {
            SetForm::Ints => {
                let integers: Vec<i64> = members.map(|member| parse_i64(member.as_ref())).collect::<Option<_>>()?;
                if !integers.is_sorted_by(|a, b| a < b) {
                    return None;
                }
                Repr::Ints(Ints::from_sorted(&integers))
            }
            SetForm::Small => Repr::Small(Packed::from_elements(members)),
            SetForm::Large => {
                let mut tree = Tree::default();
                for member in members {
                    tree.add(member.as_ref());
                }
                Repr::Large(tree)
            }
        }))
    }

    /// A set that grows as a list: what SINTERSTORE begins with.
    pub fn small() -> Self {
        Self(Repr::Small(Packed::default()))
    }

    /// The representation.
    pub fn form(&self) -> SetForm {
        match &self.0 {
            Repr::Ints(_) => SetForm::Ints,
            Repr::Small(_) => SetForm::Small,
            Repr::Large(_) => SetForm::Large,
        }
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Ints(ints) => ints.len(),
            Repr::Small(packed) => packed.len(),
            Repr::Large(tree) => tree.len(),
        }
    }

    /// True without members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True if it has this member.
    pub fn contains(&self, member: &[u8]) -> bool {
        match &self.0 {
            Repr::Ints(ints) => parse_i64(member).is_some_and(|integer| ints.contains(integer)),
            Repr::Small(packed) => packed.iter().any(|present| present == member),
            Repr::Large(tree) => tree.get(member).is_some(),
        }
    }

    /// The units of finding one member (`store::work`), besides what a member costs anyway: a list is searched linearly.
    pub fn lookup_units(&self) -> u64 {
        match &self.0 {
            Repr::Ints(_) | Repr::Large(_) => 0,
            Repr::Small(packed) => packed.len() as u64,
        }
    }

    /// The units of adding or removing one member: a list is searched, and what stands in one allocation moves.
    pub fn change_units(&self) -> u64 {
        self.lookup_units()
            + match &self.0 {
                Repr::Ints(ints) => units_of_bytes(ints.bytes()),
                Repr::Small(packed) => units_of_bytes(packed.bytes()),
                Repr::Large(_) => 0,
            }
    }

    /// The units of going through all members.
    pub fn iter_units(&self) -> u64 {
        self.len() as u64 * ELEMENT_UNITS
    }

    /// The members in the value's order.
    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Repr::Ints(ints) => Iter::Ints(ints.iter()),
            Repr::Small(packed) => Iter::Small(packed.iter()),
            Repr::Large(tree) => Iter::Large(tree.iter()),
        }
    }

    /// Announces that one command adds `count` members, of which this is the first: if they are more than a smaller representation may have,
    /// the set becomes large at once, as in Redis, even should some be the same.
    pub fn expect(&mut self, first: &[u8], count: usize, limits: SetLimits) {
        let count = count as u64;
        let fits = match &self.0 {
            Repr::Ints(ints) if ints.len() == 0 => {
                if parse_i64(first).is_some() && count <= limits.ints_max {
                    return;
                }
                self.0 = Repr::Small(Packed::default());
                count <= limits.entries_max
            }
            Repr::Ints(_) => count <= limits.ints_max,
            Repr::Small(_) => count <= limits.entries_max,
            Repr::Large(_) => true,
        };
        if !fits {
            self.enlarge();
        }
    }

    /// Adds a member: true if it is new.
    pub fn add(&mut self, member: &[u8], limits: SetLimits) -> bool {
        let is_short = member.len() as u64 <= limits.value_max;
        match &mut self.0 {
            Repr::Ints(ints) => {
                if let Some(integer) = parse_i64(member) {
                    let is_new = ints.insert(integer);
                    if is_new && ints.len() as u64 > limits.ints_max {
                        self.enlarge();
                    }
                    return is_new;
                }
                let fits = (ints.len() as u64) < limits.entries_max && ints.longest_text() as u64 <= limits.value_max;
                if fits && is_short {
                    self.0 = Repr::Small(Packed::from_elements(self.iter()));
                }
            }
            Repr::Small(packed) => {
                if packed.iter().any(|present| present == member) {
                    return false;
                }
            }
            Repr::Large(tree) => return tree.add(member),
        }
        // A new one, and no integer among integers.
        match &mut self.0 {
            Repr::Small(packed) if is_short && (packed.len() as u64) < limits.entries_max => {
                packed.push(End::Tail, member)
            }
            _ => {
                self.enlarge();
                if let Repr::Large(tree) = &mut self.0 {
                    tree.add(member);
                }
            }
        }
        true
    }

    /// Removes a member: true if it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Ints(ints) => parse_i64(member).is_some_and(|integer| ints.remove(integer)),
            Repr::Small(packed) => {
                let Some(place) = packed.iter().position(|present| present == member) else { return false };
                packed.remove(place, 1);
                true
            }
            Repr::Large(tree) => tree.remove(member),
        }
    }

    /// Sorted integers, if all members are such and not too many: what the commands that store a set do at their end.
    pub fn settle(&mut self, limits: SetLimits) {
        if self.form() == SetForm::Ints || self.len() as u64 > limits.ints_max {
            return;
        }
        let integers: Option<Vec<i64>> = self.iter().map(|member| parse_i64(member.as_ref())).collect();
        if let Some(mut integers) = integers {
            integers.sort_unstable();
            self.0 = Repr::Ints(Ints::from_sorted(&integers));
        }
    }

    /// The next part of a scan, and the cursor to go on from (below 2^53; 0 at the end). A large set gives the members from `cursor` on, at
    /// least `count` if there are as many, all of one order value together. Another is given whole, as in Redis.
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<SetMember<'_>>) {
        match &self.0 {
            Repr::Large(tree) => {
                let (next, members) = tree.scan(cursor, count);
                (next, members.into_iter().map(|(member, ())| SetMember::Str(member)).collect())
            }
            _ => (0, self.iter().collect()),
        }
    }

    fn enlarge(&mut self) {
        if self.form() != SetForm::Large {
            let mut tree = Tree::default();
            for member in self.iter() {
                tree.add(member.as_ref());
            }
            self.0 = Repr::Large(tree);
        }
    }

    fn bytes(&self) -> usize {
        match &self.0 {
            Repr::Ints(ints) => ints.bytes(),
            Repr::Small(packed) => packed.bytes(),
            Repr::Large(tree) => tree.bytes(),
        }
    }
}

impl Set {
    /// Begins to look for a member, if it is large.
    pub(super) fn look_up(&self, member: &[u8]) -> Option<tree::LookUp<'_, ()>> {
        if let Repr::Large(tree) = &self.0 { tree.look_up(member) } else { None }
    }
}

impl ValueType for Set {
    fn type_name(&self) -> &'static str {
        "set"
    }

    fn encoding(&self) -> &'static str {
        match self.form() {
            SetForm::Ints => "intset",
            SetForm::Small => "listpack",
            SetForm::Large => "hashtable",
        }
    }

    fn elements(&self) -> usize {
        self.len()
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
            + match &self.0 {
                Repr::Ints(ints) => ints.memory(),
                Repr::Small(packed) => packed.bytes(),
                Repr::Large(tree) => tree.memory(),
            }
    }

    /// What writes to both sides of a clone cost in the end.
    fn copy_units(&self) -> u64 {
        self.iter_units() + units_of_bytes(self.bytes())
    }

    fn is_slow_to_free(&self) -> bool {
        self.form() == SetForm::Large && self.len() > SLOW_TO_FREE
    }

    /// Each member stands once, and all counts are right.
    fn validate(&self) -> Result<(), String> {
        match &self.0 {
            Repr::Ints(ints) => ints.validate(),
            Repr::Small(packed) => {
                packed.validate()?;
                let mut members: Vec<&[u8]> = packed.iter().collect();
                members.sort_unstable();
                members.dedup();
                if members.len() == packed.len() { Ok(()) } else { Err("a member that stands twice".into()) }
            }
            Repr::Large(tree) => tree.validate(),
        }
    }
}

/// Members of a set in its order.
#[derive(Clone)]
pub enum Iter<'a> {
    #[doc(hidden)]
    Ints(ints::Iter<'a>),
    #[doc(hidden)]
    Small(packed::Iter<'a>),
    #[doc(hidden)]
    Large(tree::Iter<'a, ()>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = SetMember<'a>;

    fn next(&mut self) -> Option<SetMember<'a>> {
        match self {
            Self::Ints(iter) => iter.next().map(SetMember::from),
            Self::Small(iter) => iter.next().map(SetMember::Str),
            Self::Large(iter) => iter.next().map(|(member, ())| SetMember::Str(member)),
        }
    }
}
