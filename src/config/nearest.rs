//! What was probably meant by a name that is no option.

use super::options;

/// One typing error in so many letters still makes a name the same.
const LETTERS_PER_ERROR: usize = 3;
/// Beginning of a name from which the whole is told.
const BEGINNING_LEN_MIN: usize = 3;

/// The option, or the one of `others`, whose name or Redis's other name for it is nearest to `wrong`; none if nothing is near.
pub fn nearest(wrong: &str, others: &[&'static str]) -> Option<&'static str> {
    let wrong = wrong.to_ascii_lowercase();
    let given = options().filter(|opt| opt.is_given());
    given
        .flat_map(|opt| opt.aliases.iter().chain([&opt.name]).map(|known| (*known, opt.name)))
        .chain(others.iter().map(|name| (*name, *name)))
        .map(|(known, name)| (strsim::osa_distance(&wrong, known), known, name))
        .filter(|(errors, known, _)| {
            let is_beginning = wrong.len() >= BEGINNING_LEN_MIN && known.starts_with(&wrong);
            is_beginning || *errors <= wrong.chars().count() / LETTERS_PER_ERROR
        })
        // `szet` is rather `zset` with two letters exchanged than `set` with one too many.
        .min_by_key(|(errors, known, _)| (*errors, known.len().abs_diff(wrong.len())))
        .map(|(.., name)| name)
}
