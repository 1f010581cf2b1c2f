//! Which arguments of a command are keys, by its key specs, or by a look at the arguments where those cannot say.

use super::{BeginSearch, FindKeys, KeyFlags, Spec};
use crate::protocol::{Args, parse_i64};

/// Positions of the keys in `args`, with what is done to each. None if the arguments do not fit the spec (a count of
/// keys that is no number, say).
pub fn keys_of(spec: &Spec, args: &Args) -> Option<Vec<(usize, KeyFlags)>> {
    if let Some(find) = spec.given_keys {
        return Some(find(args));
    }
    let argc = args.len() as i64;
    let mut found = Vec::new();
    for key_spec in spec.keys {
        let begin = match key_spec.begin {
            BeginSearch::Index(index) => i64::from(index),
            BeginSearch::Keyword(word, from) => {
                let position = if from >= 0 {
                    (from as usize..args.len()).find(|i| args.is(*i, word))
                } else {
                    (1..=(argc + i64::from(from)).max(0) as usize).rev().find(|i| args.is(*i, word))
                };
                match position {
                    Some(position) => position as i64 + 1,
                    None => continue,
                }
            }
            BeginSearch::Unknown => continue,
        };
        let (first, last, step) = match key_spec.find {
            FindKeys::Range { last, step, limit } => {
                let last = match i64::from(last) {
                    last if last >= 0 => begin + last,
                    -1 if limit > 1 => begin + (argc - begin) / i64::from(limit) - 1,
                    last => argc + last,
                };
                (begin, last, step)
            }
            FindKeys::Keynum { index, first, step } => {
                let count = parse_i64(args.opt((begin + i64::from(index)) as usize)?)?;
                if count < 0 {
                    return None;
                }
                let first = begin + i64::from(first);
                let last = count.checked_sub(1)?.checked_mul(i64::from(step))?.checked_add(first)?;
                if last >= argc {
                    return None;
                }
                (first, last, step)
            }
            FindKeys::Unknown => continue,
        };
        let mut at = first;
        while at <= last && at < argc {
            found.push((at as usize, key_spec.flags));
            at += i64::from(step.max(1));
        }
    }
    Some(found)
}
