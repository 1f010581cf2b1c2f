//! Lists: the number of elements, then each; of a large one the number of nodes, then each so.

use std::io::{self, Read, Write};

use super::{ChunkReader, ChunkWriter, LIST_LARGE, LIST_SMALL, Problem};
use crate::store::List;

pub(super) fn write(list: &List, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    match list.nodes() {
        None => {
            out.u8(LIST_SMALL)?;
            write_elements(list.len(), list.iter(), out)
        }
        Some(mut nodes) => {
            out.u8(LIST_LARGE)?;
            out.varint(list.node_count() as u64)?;
            nodes.try_for_each(|(len, elements)| write_elements(len, elements, out))
        }
    }
}

fn write_elements<'a>(
    len: usize,
    mut elements: impl Iterator<Item = &'a [u8]>,
    out: &mut ChunkWriter<'_, impl Write>,
) -> io::Result<()> {
    out.varint(len as u64)?;
    elements.try_for_each(|element| out.bytes(element))
}

pub(super) fn read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<List, Problem> {
    let list = if tag == LIST_SMALL {
        List::small(read_elements(input, scratch)?)
    } else {
        let count = input.varint()?;
        let mut problem = None;
        // One node at a time goes from the file into the list; whatever the count claims, it ends with the bytes.
        let list = List::large((0..count).map_while(|_| match read_elements(input, scratch) {
            Ok(elements) => Some(elements),
            Err(found) => {
                problem = Some(found);
                None
            }
        }));
        if let Some(problem) = problem {
            return Err(problem);
        }
        list
    };
    if list.is_empty() { Err(input.wrong("an empty list")) } else { Ok(list) }
}

fn read_elements(input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Vec<Box<[u8]>>, Problem> {
    let mut elements = Vec::new();
    for _ in 0..input.varint()? {
        elements.push(input.bytes(scratch)?.into());
    }
    if elements.is_empty() { Err(input.wrong("no elements where some belong")) } else { Ok(elements) }
}
