//! What SORT and SORT_RO have in common: options, order, what is shown.
//!
//! Invariant: the result is a function of what the keys hold. Where Redis leaves the order to its hash tables or its locale, it is here the
//! order in which the value gives its elements, and that of their bytes.

pub(super) mod options;
mod order;
mod pattern;
#[cfg(test)]
mod tests;

use bytes::Bytes;

use crate::command::Outcome;
use crate::error::{ReplyError, WRONG_TYPE};
use crate::protocol::Reply;
use crate::store::{ELEMENT_UNITS, Entry, Kind, List, ListLimits, Set, View, ZSet};
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
    let entry = view.get(key);
    let len = entry.map_or(Ok(0), length)?;
    let (start, end) = options.range(len);
    let looked_up = u64::from(options.weighs()) + options.gets.len() as u64;
    view.work((len as u64).saturating_mul(2 * ELEMENT_UNITS * (1 + looked_up)))?;
    let Some(entry) = entry else { return Ok(Vec::new()) };
    let mut elements = elements(entry, options.descends && !options.sorts(entry));
    let lookups = Lookups::new(view);
    if options.sorts(entry) {
        elements = in_order(&lookups, elements, options, Set::of(entry.value()).is_some())?;
    }
    let shown = elements.into_iter().skip(start).take(end.saturating_sub(start));
    if options.gets.is_empty() {
        return Ok(shown.map(Some).collect());
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

/// All elements in the value's own order, or from its end.
fn elements(entry: &Entry, from_end: bool) -> Vec<Element> {
    let value = entry.value();
    let mut elements: Vec<Element> = if let Some(list) = <List as Kind>::of(value) {
        list.iter().map(Bytes::copy_from_slice).collect()
    } else if let Some(set) = <ZSet as Kind>::of(value) {
        set.iter().map(|(member, _)| Bytes::copy_from_slice(member)).collect()
    } else {
        Set::of(value).into_iter().flat_map(Set::iter).map(|member| Bytes::copy_from_slice(member.as_ref())).collect()
    };
    if from_end {
        elements.reverse();
    }
    elements
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
