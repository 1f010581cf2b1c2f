//! Elements as replies.

use crate::command::strings::bulks;
use crate::protocol::Reply;
use crate::store::Element;

/// The members alone.
pub(super) fn members(elements: &[Element<'_>]) -> Reply {
    Reply::Array(bulks(elements.iter().map(|(member, _)| *member)).collect())
}

/// Each with its score.
pub(super) fn scored(elements: &[Element<'_>]) -> Reply {
    let members = bulks(elements.iter().map(|(member, _)| *member));
    Reply::Pairs(members.zip(elements).map(|(member, (_, score))| (member, Reply::Double(*score))).collect())
}

/// One or the other.
pub(super) fn elements(elements: &[Element<'_>], with_scores: bool) -> Reply {
    if with_scores { scored(elements) } else { members(elements) }
}

/// A score, if there is one.
pub(super) fn score(score: Option<f64>) -> Reply {
    score.map_or(Reply::Nil, Reply::Double)
}
