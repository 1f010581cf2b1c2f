//! The patterns of BY and GET: keys, or fields of hashes, with an element in their names.

use crate::store::{Hash, Kind, Str, View};

/// What a pattern stands for: `#` for the element itself, `a*b` for the string at the key with the element in the place of the asterisk,
/// `a*b->c` for a field of the hash there. None if there is nothing of the kind.
pub fn look_up(view: &View<'_>, pattern: &[u8], element: &[u8]) -> Option<Vec<u8>> {
    if pattern == b"#" {
        return Some(element.to_vec());
    }
    let asterisk = pattern.iter().position(|byte| *byte == b'*')?;
    let (prefix, behind) = (pattern.get(..asterisk)?, pattern.get(asterisk + 1..)?);
    let arrow = behind.windows(2).position(|two| two == b"->").filter(|arrow| arrow + 2 < behind.len());
    let (postfix, field) = match arrow {
        Some(arrow) => (behind.get(..arrow)?, behind.get(arrow + 2..)),
        None => (behind, None),
    };
    let entry = view.get(&[prefix, element, postfix].concat())?;
    match field {
        Some(field) => Hash::of(entry.value())?.get(field).map(<[u8]>::to_vec),
        None => Str::of(entry.value()).map(|string| string.as_bytes().to_vec()),
    }
}
