//! Keys that one command names several times. Short as they may be, each naming of a large value would cost as much as the first, if what it says
//! were not known already.

use hashbrown::HashMap;

/// For each key, how often it is named, or 0 if it has been named before.
pub fn times_named<'a>(keys: impl Iterator<Item = &'a [u8]>) -> Vec<usize> {
    // Only asked for keys, never gone through.
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    let mut times = Vec::new();
    for (at, key) in keys.enumerate() {
        times.push(0);
        let first = *places.entry(key).or_insert(at);
        if let Some(times) = times.get_mut(first) {
            *times += 1;
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::times_named;

    #[test]
    fn keys_are_counted_where_they_are_named_first() {
        let times = |line: &str| times_named(line.split_whitespace().map(str::as_bytes));
        assert_eq!(times(""), [0; 0]);
        assert_eq!(times("a b a c b a"), [3, 2, 0, 1, 0, 0]);
    }
}
