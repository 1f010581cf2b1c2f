//! The order of SORT.

use std::cmp::Ordering;

use bytes::Bytes;

use super::Element;
use crate::error::ReplyError;
use crate::protocol::parse_weight;

const NO_NUMBER: ReplyError = ReplyError::new("ERR One or more scores can't be converted into double");

/// By what an element is sorted.
pub enum Weight {
    /// No weight is 0.
    Number(f64),
    /// None stands in front of all.
    Bytes(Option<Bytes>),
}

impl Weight {
    /// A weight that was found, as a number.
    ///
    /// # Errors
    /// It is none.
    pub fn number(found: Option<Bytes>) -> Result<Self, ReplyError> {
        let number = found.map_or(Some(0.0), |text| parse_weight(&text));
        number.map(Self::Number).ok_or(NO_NUMBER)
    }
}

/// An element with its weight.
pub struct Keyed {
    pub weight: Weight,
    pub element: Element,
}

/// Puts elements in order. Those of one number are in the order of their bytes, those of the same bytes stay as they stood.
pub fn sort(keyed: &mut [Keyed], descends: bool) {
    let compare = |a: &Keyed, b: &Keyed| match (&a.weight, &b.weight) {
        (Weight::Number(first), Weight::Number(second)) => {
            first.partial_cmp(second).unwrap_or(Ordering::Equal).then_with(|| a.element.cmp(&b.element))
        }
        (Weight::Bytes(first), Weight::Bytes(second)) => first.cmp(second),
        _ => Ordering::Equal,
    };
    if descends {
        keyed.sort_by(|a, b| compare(b, a));
    } else {
        keyed.sort_by(compare);
    }
}
