//! Hashes with fields that end: the first end, then the number of fields, and for each of them 0 or how much later it ends, one added, in
//! front of it and its value; or a listpack of fields, values, and ends or 0. An end is in ms since the Unix epoch.

use super::input::Input;
use super::{HASH, HASH_METADATA, listpack};
use crate::protocol::parse_i64;
use crate::rdb::string::{write, write_length};
use crate::store::{END_MAX_MS, Hash, HashLimits, Options, Value};

/// Writes the fields that are shown: as any hash, if none of them has an end.
pub fn dump(hash: &Hash, is_shown: &impl Fn(u64) -> bool, out: &mut Vec<u8>) {
    let fields = || {
        let fields = hash.iter().map(|(field, value)| (field, value, hash.end_ms(field)));
        fields.filter(|(_, _, end_ms)| end_ms.is_none_or(is_shown))
    };
    let first_ms = fields().filter_map(|(_, _, end_ms)| end_ms).min();
    match first_ms {
        None => out.push(HASH),
        Some(first_ms) => {
            out.push(HASH_METADATA);
            out.extend_from_slice(&first_ms.to_le_bytes());
        }
    }
    write_length(fields().count(), out);
    for (field, value, end_ms) in fields() {
        if let Some(first_ms) = first_ms {
            let later = end_ms.map_or(0, |end_ms| end_ms - first_ms + 1);
            write_length(later as usize, out);
        }
        write(field, out);
        write(value, out);
    }
}

/// Puts a hash together of what is read.
struct Fields {
    hash: Hash,
    limits: HashLimits,
}

impl Fields {
    fn new(options: &Options) -> Self {
        Self { hash: Hash::default(), limits: HashLimits::from(options) }
    }

    /// None if the field stands there already, or its end is none; 0 is for ever.
    fn push(&mut self, field: &[u8], value: &[u8], end_ms: u64) -> Option<()> {
        if end_ms > END_MAX_MS || !self.hash.set(field, value, self.limits) {
            return None;
        }
        self.hash.set_end(field, (end_ms != 0).then_some(end_ms));
        Some(())
    }

    fn finish(self) -> Option<Value> {
        (!self.hash.is_empty()).then(|| self.hash.into())
    }
}

/// Reads the first form.
pub fn of_table(input: &mut Input<'_, '_>, options: &Options) -> Option<Value> {
    let mut fields = Fields::new(options);
    let first_ms = input.number()?;
    input.times(|input| {
        let end_ms = match input.length()? {
            0 => 0,
            later => first_ms.checked_add(later as u64)?.checked_sub(1)?,
        };
        let field = input.string()?;
        fields.push(&field, &input.string()?, end_ms)
    })?;
    fields.finish()
}

/// Reads the second.
pub fn of_listpack(input: &mut Input<'_, '_>, options: &Options) -> Option<Value> {
    let mut fields = Fields::new(options);
    // It stands in the listpack as well.
    input.number()?;
    let mut parts: Vec<Vec<u8>> = Vec::new();
    listpack::each(&input.blob()?, |part| {
        if let [field, value] = parts.as_slice() {
            let end_ms = u64::try_from(parse_i64(part)?).ok()?;
            fields.push(field, value, end_ms)?;
            parts.clear();
        } else {
            parts.push(part.to_vec());
        }
        Some(())
    })?;
    if parts.is_empty() { fields.finish() } else { None }
}
