//! A hash as a read sees it: without the fields that are over.
//!
//! Invariant: of fields the same is true as of keys ([`View`]): what is over by the log is not there, what is over by the estimate alone is
//! hidden and noted. Noted is what the command has asked for: fields that it does not name do not send it to the log.

use super::hash::Ends;
use super::random::{Picks, Source};
use super::{FieldValue, Hash, Rng, ValueType, View};
use crate::error::ReplyError;

/// See the module's header.
#[derive(Clone, Copy)]
pub struct LiveHash<'v, 'a> {
    hash: &'a Hash,
    view: &'v View<'a>,
    /// Some field is hidden.
    hides: bool,
}

impl<'a> View<'a> {
    /// The hash at `key`, as of this view's time.
    ///
    /// # Errors
    /// WRONGTYPE if it is of another type.
    pub fn hash(&self, key: &[u8]) -> Result<Option<LiveHash<'_, 'a>>, ReplyError> {
        Ok(self.typed::<Hash>(key)?.map(|hash| LiveHash::new(self, hash)))
    }
}

impl<'v, 'a> LiveHash<'v, 'a> {
    /// Of a hash that the view shows.
    pub fn new(view: &'v View<'a>, hash: &'a Hash) -> Self {
        let hides = hash.first_end_ms().is_some_and(|end_ms| super::is_over(end_ms, view.hides_at_ms()));
        Self { hash, view, hides }
    }

    /// The value of a field.
    pub fn get(&self, field: &[u8]) -> Option<&'a [u8]> {
        self.hash.get(field).filter(|_| self.shows(field))
    }

    /// The end of a field that is there, if it has one.
    pub fn end_ms(&self, field: &[u8]) -> Option<u64> {
        self.hash.end_ms(field)
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.hash.len() - self.hidden_len()
    }

    /// True without fields.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True in the large representation.
    pub fn is_large(&self) -> bool {
        self.hash.is_large()
    }

    /// See [`Hash::lookup_units`].
    pub fn lookup_units(&self) -> u64 {
        self.hash.lookup_units()
    }

    /// See [`Hash::iter_units`].
    pub fn iter_units(&self) -> u64 {
        let of_ends = if self.hides { self.hash.lookup_units().saturating_mul(self.hash.len() as u64) } else { 0 };
        self.hash.iter_units().saturating_add(of_ends)
    }

    /// Fields and values, in the value's order.
    pub fn iter(self) -> impl Iterator<Item = FieldValue<'a>> + Clone {
        self.hash.iter().filter(move |(field, _)| self.shows(field))
    }

    /// The ends of fields, those included that are over.
    pub fn ends(&self) -> Option<&'a Ends> {
        self.hash.ends()
    }

    /// See [`Hash::scan`]; what is hidden counts among `count`.
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<FieldValue<'a>>) {
        let (next, mut fields) = self.hash.scan(cursor, count);
        if self.hides {
            fields.retain(|(field, _)| self.shows(field));
        }
        (next, fields)
    }

    /// See [`Hash::picks`].
    pub fn picks(&self, rng: Rng) -> Box<dyn Iterator<Item = FieldValue<'a>> + 'v>
    where
        'a: 'v,
    {
        let shown = *self;
        if !self.hides {
            Box::new(self.hash.picks(rng))
        } else if self.hidden_len() <= self.len() {
            // Each draw is a hit by one half at least.
            Box::new(self.hash.picks(rng).filter(move |(field, _)| shown.shows(field)))
        } else {
            Box::new(Picks::<Box<[u8]>, _>::new(Source::List(self.iter().collect()), rng))
        }
    }

    /// See [`Hash::sample`].
    pub fn sample(&self, count: usize, rng: Rng) -> Vec<FieldValue<'a>> {
        if !self.hides {
            return self.hash.sample(count, rng);
        }
        let picks = self.is_large().then_some(|rng| self.picks(rng));
        super::random::sample(self.iter(), self.len(), picks, count, rng)
    }

    fn shows(&self, field: &[u8]) -> bool {
        !self.hides || self.hash.end_ms(field).is_none_or(|end_ms| self.view.is_not_over(end_ms))
    }

    /// How many fields are hidden; noted, if the estimate alone hides some.
    fn hidden_len(&self) -> usize {
        if !self.hides {
            return 0;
        }
        let at_ms = self.view.hides_at_ms();
        // If the last of those is over by the log, all of them are.
        if let Some(end_ms) = self.hash.ends().and_then(|ends| ends.last_over_ms(at_ms)) {
            self.view.is_not_over(end_ms);
        }
        self.hash.over_len(at_ms)
    }
}
