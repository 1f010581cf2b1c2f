//! What SORT and SORT_RO have in common: options, order, what is shown.
//!
//! Invariant: the result is a function of what the keys hold. Where Redis leaves the order to its hash tables or its locale, it is here the
//! order in which the value gives its elements, and that of their bytes.

pub(super) mod options;
mod order;
mod pattern;
#[cfg(test)]
mod tests;

use crate::command::Outcome;
use crate::error::{ReplyError, WRONG_TYPE};
use crate::protocol::Reply;
use crate::store::{ELEMENT_UNITS, End, Entry, Kind, List, ListLimits, Set, View, ZSet};
use options::Options;
use order::{Keyed, Weight};

/// An element of what is sorted, and its place.
type Element = Vec<u8>;

/// Sorts what a key holds.
///
/// # Errors
/// It is nothing that can be sorted, or an element's weight is no number.
pub(super) fn sorted(view: &View<'_>, key: &[u8], options: &Options<'_>) -> Result<Vec<Option<Element>>, ReplyError> {
    let entry = view.get(key);
    let len = entry.map_or(Ok(0), length)?;
    let (start, end) = options.range(len);
    let looked_up = u64::from(options.weighs()) + options.gets.len() as u64;
    view.work((len as u64).saturating_mul(2 * ELEMENT_UNITS * (1 + looked_up)))?;
    let Some(entry) = entry else { return Ok(Vec::new()) };
    let mut elements = elements(entry, options.descends && !options.sorts(entry));
    if options.sorts(entry) {
        elements = in_order(view, elements, options, Set::of(entry.value()).is_some())?;
    }
    let shown = elements.into_iter().skip(start).take(end.saturating_sub(start));
    if options.gets.is_empty() {
        return Ok(shown.map(Some).collect());
    }
    let parts = shown
        .flat_map(|element| options.gets.iter().map(|get| pattern::look_up(view, get, &element)).collect::<Vec<_>>());
    Ok(parts.collect())
}

/// The reply that shows it.
pub(super) fn reply(sorted: Vec<Option<Element>>) -> Outcome {
    Ok(Reply::Array(
        sorted.into_iter().map(|element| element.map_or(Reply::Nil, |element| Reply::Bulk(element.into()))).collect(),
    ))
}

/// The list that STORE makes of it: what a pattern did not find is an empty element.
pub(super) fn list(sorted: &[Option<Element>], limits: ListLimits) -> List {
    let mut list = List::default();
    list.push_all(End::Tail, sorted.iter().map(|element| element.as_deref().unwrap_or_default()), limits);
    list
}

fn length(entry: &Entry) -> Result<usize, ReplyError> {
    let value = entry.value();
    List::of(value)
        .map(List::len)
        .or_else(|| Set::of(value).map(Set::len))
        .or_else(|| <ZSet as Kind>::of(value).map(ZSet::len))
        .ok_or(WRONG_TYPE)
}

/// All elements in the value's own order, or from its end.
fn elements(entry: &Entry, from_end: bool) -> Vec<Element> {
    let value = entry.value();
    let mut elements: Vec<Element> = if let Some(list) = List::of(value) {
        list.iter().map(<[u8]>::to_vec).collect()
    } else if let Some(set) = <ZSet as Kind>::of(value) {
        set.iter().map(|(member, _)| member.to_vec()).collect()
    } else {
        Set::of(value).into_iter().flat_map(Set::iter).map(|member| member.as_ref().to_vec()).collect()
    };
    if from_end {
        elements.reverse();
    }
    elements
}

fn in_order(
    view: &View<'_>,
    elements: Vec<Element>,
    options: &Options<'_>,
    is_set: bool,
) -> Result<Vec<Element>, ReplyError> {
    // A set has no order of its own that BY could leave it in.
    let is_by_bytes = is_set && options.by.is_some() && !options.weighs();
    let weight = |element: &[u8]| match options.by {
        Some(by) if !is_by_bytes => pattern::look_up(view, by, element),
        _ => Some(element.to_vec()),
    };
    let mut keyed = Vec::with_capacity(elements.len());
    for element in elements {
        let found = weight(&element);
        let weight = if options.by_bytes || is_by_bytes { Weight::Bytes(found) } else { Weight::number(found)? };
        keyed.push(Keyed { weight, element });
    }
    order::sort(&mut keyed, options.descends);
    Ok(keyed.into_iter().map(|keyed| keyed.element).collect())
}
