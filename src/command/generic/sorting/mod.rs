//! What SORT and SORT_RO have in common: options, order, what is shown.
//!
//! Invariant: the result is a function of what the keys hold. Where Redis leaves the order to its hash tables or its locale, it is here the
//! order in which the value gives its elements, and that of their bytes.

pub(super) mod options;
mod order;
mod pattern;
#[cfg(test)]
mod tests;

use std::ops::Range;

use bytes::Bytes;

use crate::command::Outcome;
use crate::error::{ReplyError, WRONG_TYPE};
use crate::protocol::Reply;
use crate::store::{ELEMENT_UNITS, Entry, Kind, List, ListLimits, Set, View, ZSet, units_of_bytes};
use options::Options;
use order::{Keyed, Weight};
use pattern::{Lookups, Pattern};

/// An element of what is sorted.
type Element = Bytes;

/// Sorts what a key holds.
///
/// # Errors
/// It is nothing that can be sorted, an element's weight is no number, or too much is looked up.
pub(super) fn sorted(view: &View<'_>, key: &[u8], options: &Options<'_>) -> Result<Vec<Option<Element>>, ReplyError> {
    let Some(entry) = view.get(key) else { return Ok(Vec::new()) };
    let len = length(entry)?;
    let (start, end) = options.range(len);
    let is_sorted = options.sorts(entry);
    // Of what is not put in order nothing is taken but what is shown.
    let taken = if is_sorted { 0..len } else { start..end };
    let places = taken.len() as u64 * (1 + u64::from(options.weighs()));
    let parts = (end - start) as u64 * options.gets.len() as u64;
    view.work(places.saturating_add(parts).saturating_mul(2 * ELEMENT_UNITS))?;
    let mut shown = elements(view, entry, taken, options.descends && !is_sorted)?;
    let lookups = Lookups::new(view);
    if is_sorted {
        shown = in_order(&lookups, shown, options, Set::of(entry.value()).is_some())?;
        shown.truncate(end);
        shown.drain(..start);
    }
    if options.gets.is_empty() {
        return Ok(shown.into_iter().map(Some).collect());
    }
    let gets: Vec<Pattern<'_>> = options.gets.iter().map(|get| Pattern::read(get)).collect();
    // What is sorted comes once for nothing, as it does without patterns.
    let free = gets.iter().position(|get| matches!(get, Pattern::Itself));
    let mut parts = Vec::new();
    for element in shown {
        for (at, get) in gets.iter().enumerate() {
            parts.push(if free == Some(at) { Some(element.clone()) } else { lookups.part(get, &element)? });
        }
    }
    Ok(parts)
}

/// The reply that shows it.
pub(super) fn reply(sorted: Vec<Option<Element>>) -> Outcome {
    Ok(Reply::Array(sorted.into_iter().map(|element| element.map_or(Reply::Nil, Reply::Bulk)).collect()))
}

/// The list that STORE makes of it: what a pattern did not find is an empty element.
pub(super) fn list(sorted: &[Option<Element>], limits: ListLimits) -> List {
    List::of(sorted.iter().map(|element| element.as_deref().unwrap_or_default()), limits)
}

fn length(entry: &Entry) -> Result<usize, ReplyError> {
    let value = entry.value();
    <List as Kind>::of(value)
        .map(List::len)
        .or_else(|| Set::of(value).map(Set::len))
        .or_else(|| <ZSet as Kind>::of(value).map(ZSet::len))
        .ok_or(WRONG_TYPE)
}

/// The elements at some places, as the value itself orders them, or counted from its end.
fn elements(view: &View<'_>, entry: &Entry, places: Range<usize>, from_end: bool) -> Result<Vec<Element>, ReplyError> {
    let value = entry.value();
    let whole = length(entry)?;
    let (start, len) = (if from_end { whole - places.end } else { places.start }, places.len());
    let mut elements = if let Some(list) = <List as Kind>::of(value) {
        view.work(list.seek_units())?;
        copied(view, list.iter_from(start).take(len))?
    } else if let Some(set) = <ZSet as Kind>::of(value) {
        view.work(set.lookup_units())?;
        copied(view, set.range(start..start + len).map(|(member, _)| member))?
    } else {
        // Always put in order, so all of them.
        copied(view, Set::of(value).into_iter().flat_map(Set::iter))?
    };
    if from_end {
        elements.reverse();
    }
    Ok(elements)
}

fn copied(view: &View<'_>, elements: impl Iterator<Item: AsRef<[u8]>>) -> Result<Vec<Element>, ReplyError> {
    let elements: Vec<_> = elements.collect();
    view.work(units_of_bytes(elements.iter().map(|element| element.as_ref().len()).sum()))?;
    Ok(elements.iter().map(|element| Bytes::copy_from_slice(element.as_ref())).collect())
}

fn in_order(
    lookups: &Lookups<'_, '_>,
    elements: Vec<Element>,
    options: &Options<'_>,
    is_set: bool,
) -> Result<Vec<Element>, ReplyError> {
    // A set has no order of its own that BY could leave it in.
    let is_by_bytes = is_set && options.by.is_some() && !options.weighs();
    let by = options.by.filter(|_| !is_by_bytes).map(Pattern::read);
    let mut keyed = Vec::with_capacity(elements.len());
    for element in elements {
        let found = match &by {
            Some(by) => lookups.weight(by, &element)?,
            None => Some(element.clone()),
        };
        let weight = if options.by_bytes || is_by_bytes { Weight::Bytes(found) } else { Weight::number(found)? };
        keyed.push(Keyed { weight, element });
    }
    order::sort(&mut keyed, options.descends);
    Ok(keyed.into_iter().map(|keyed| keyed.element).collect())
}
