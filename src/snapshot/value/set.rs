//! Sets: the number of members, then each.

use std::io::{self, Read, Write};

use super::{ChunkReader, ChunkWriter, Problem, SET_INTS, SET_LARGE, SET_SMALL};
use crate::store::{Set, SetForm, ValueType};

pub(super) fn write(set: &Set, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.u8(match set.form() {
        SetForm::Ints => SET_INTS,
        SetForm::Small => SET_SMALL,
        SetForm::Large => SET_LARGE,
    })?;
    out.varint(set.len() as u64)?;
    set.iter().try_for_each(|member| out.bytes(member.as_ref()))
}

pub(super) fn read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Set, Problem> {
    let count = input.varint()?;
    let form = match tag {
        SET_INTS => SetForm::Ints,
        SET_SMALL => SetForm::Small,
        _ => SetForm::Large,
    };
    let mut problem = None;
    // One member at a time goes from the file into the set; whatever the count claims, it ends with the bytes.
    let members = (0..count).map_while(|_| match input.bytes(scratch) {
        Ok(member) => Some(Box::<[u8]>::from(member)),
        Err(found) => {
            problem = Some(found);
            None
        }
    });
    let set = Set::from_parts(form, members);
    match (problem, set) {
        (Some(problem), _) => Err(problem),
        (None, Some(set)) if set.is_empty() => Err(input.wrong("an empty set")),
        // A list would take a member twice; in a tree it is missing from the count.
        (None, Some(set)) if set.len() as u64 == count && (form != SetForm::Small || set.validate().is_ok()) => Ok(set),
        (None, _) => Err(input.wrong("a set with a member that stands twice, or integers that do not rise")),
    }
}
