//! A reply as bytes, for replies that the state keeps: nothing of it is lost, whatever version of the protocol it will be written in.

use std::borrow::Cow;

use bytes::{Buf, BufMut, Bytes};

use crate::error::ReplyError;
use crate::protocol::Reply;

/// Deepest nesting that has a form: whoever reads one recurses. (Scripts may answer more, and hardly do.)
const DEPTH_MAX: usize = 100;

const OK: u8 = 1;
const SIMPLE: u8 = 2;
const ERROR: u8 = 3;
const INT: u8 = 4;
const BULK: u8 = 5;
const NIL: u8 = 6;
const NIL_ARRAY: u8 = 7;
const ARRAY: u8 = 8;
const SET: u8 = 9;
const MAP: u8 = 10;
const PAIRS: u8 = 11;
const DOUBLE: u8 = 12;
const FALSE: u8 = 13;
const TRUE: u8 = 14;
const VERBATIM: u8 = 15;
const BIG_NUMBER: u8 = 16;
const DECIMAL: u8 = 17;
const KEYED: u8 = 18;
const DOUBLE_TEXT: u8 = 19;

/// The form of `reply`; None if it is longer than `len_max` bytes or nested too deep, or nothing that a command on the state answers.
pub fn write(reply: &Reply, len_max: usize) -> Option<Bytes> {
    let mut out = Vec::new();
    put(reply, DEPTH_MAX, len_max, &mut out)?;
    Some(out.into())
}

/// The reply of this form; None if it is none.
pub fn read(form: &[u8]) -> Option<Reply> {
    let mut rest = form;
    let reply = get(&mut rest, DEPTH_MAX)?;
    rest.is_empty().then_some(reply)
}

fn put(reply: &Reply, depth: usize, len_max: usize, out: &mut Vec<u8>) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match reply {
        Reply::Ok => out.put_u8(OK),
        Reply::Simple(text) => put_bytes(SIMPLE, text, len_max, out)?,
        Reply::Error(error) => put_bytes(ERROR, error.as_bytes(), len_max, out)?,
        Reply::Int(value) => {
            out.put_u8(INT);
            out.put_i64_le(*value);
        }
        Reply::Bulk(bytes) => put_bytes(BULK, bytes, len_max, out)?,
        Reply::Nil => out.put_u8(NIL),
        Reply::NilArray => out.put_u8(NIL_ARRAY),
        Reply::Array(items) => put_items(ARRAY, items, depth, len_max, out)?,
        Reply::Set(items) => put_items(SET, items, depth, len_max, out)?,
        Reply::Map(pairs) => put_pairs(MAP, pairs, depth, len_max, out)?,
        Reply::Pairs(pairs) => put_pairs(PAIRS, pairs, depth, len_max, out)?,
        Reply::Keyed(pairs) => put_pairs(KEYED, pairs, depth, len_max, out)?,
        Reply::Double(value) => {
            out.put_u8(DOUBLE);
            out.put_u64_le(value.to_bits());
        }
        Reply::Decimal(value) => {
            out.put_u8(DECIMAL);
            out.put_u64_le(value.to_bits());
        }
        Reply::DoubleText(text) => put_bytes(DOUBLE_TEXT, text, len_max, out)?,
        Reply::Bool(value) => out.put_u8(if *value { TRUE } else { FALSE }),
        Reply::Verbatim(format, text) => {
            put_bytes(VERBATIM, text, len_max, out)?;
            out.put_slice(format);
        }
        Reply::BigNumber(text) => put_bytes(BIG_NUMBER, text, len_max, out)?,
        Reply::Push(_) | Reply::Encoded(_) | Reply::Silent => return None,
    }
    (out.len() <= len_max).then_some(())
}

fn put_bytes(tag: u8, bytes: &[u8], len_max: usize, out: &mut Vec<u8>) -> Option<()> {
    if bytes.len() > len_max {
        return None;
    }
    out.put_u8(tag);
    out.put_u32_le(bytes.len() as u32);
    out.put_slice(bytes);
    Some(())
}

fn put_items(tag: u8, items: &[Reply], depth: usize, len_max: usize, out: &mut Vec<u8>) -> Option<()> {
    out.put_u8(tag);
    out.put_u32_le(u32::try_from(items.len()).ok()?);
    items.iter().try_for_each(|item| put(item, depth, len_max, out))
}

fn put_pairs(tag: u8, pairs: &[(Reply, Reply)], depth: usize, len_max: usize, out: &mut Vec<u8>) -> Option<()> {
    out.put_u8(tag);
    out.put_u32_le(u32::try_from(pairs.len()).ok()?);
    pairs.iter().try_for_each(|(first, second)| {
        put(first, depth, len_max, out)?;
        put(second, depth, len_max, out)
    })
}

fn get(rest: &mut &[u8], depth: usize) -> Option<Reply> {
    let depth = depth.checked_sub(1)?;
    Some(match rest.try_get_u8().ok()? {
        OK => Reply::Ok,
        SIMPLE => Reply::Simple(Cow::Owned(get_bytes(rest)?.to_vec())),
        ERROR => Reply::Error(ReplyError::text(get_bytes(rest)?)),
        INT => Reply::Int(rest.try_get_i64_le().ok()?),
        BULK => Reply::bulk(get_bytes(rest)?),
        NIL => Reply::Nil,
        NIL_ARRAY => Reply::NilArray,
        ARRAY => Reply::Array(get_items(rest, depth)?),
        SET => Reply::Set(get_items(rest, depth)?),
        MAP => Reply::Map(get_pairs(rest, depth)?),
        PAIRS => Reply::Pairs(get_pairs(rest, depth)?),
        KEYED => Reply::Keyed(get_pairs(rest, depth)?),
        DOUBLE => Reply::Double(f64::from_bits(rest.try_get_u64_le().ok()?)),
        DECIMAL => Reply::Decimal(f64::from_bits(rest.try_get_u64_le().ok()?)),
        DOUBLE_TEXT => Reply::DoubleText(Bytes::copy_from_slice(get_bytes(rest)?)),
        FALSE => Reply::Bool(false),
        TRUE => Reply::Bool(true),
        VERBATIM => {
            let text = Bytes::copy_from_slice(get_bytes(rest)?);
            let (format, behind) = rest.split_first_chunk::<3>()?;
            *rest = behind;
            Reply::Verbatim(*format, text)
        }
        BIG_NUMBER => Reply::BigNumber(Bytes::copy_from_slice(get_bytes(rest)?)),
        _ => return None,
    })
}

fn get_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = rest.try_get_u32_le().ok()? as usize;
    let (bytes, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(bytes)
}

/// How many follow: each takes a byte at least, so no more are made room for than there can be.
fn get_count(rest: &mut &[u8]) -> Option<usize> {
    let count = rest.try_get_u32_le().ok()? as usize;
    (count <= rest.len()).then_some(count)
}

fn get_items(rest: &mut &[u8], depth: usize) -> Option<Vec<Reply>> {
    (0..get_count(rest)?).map(|_| get(rest, depth)).collect()
}

fn get_pairs(rest: &mut &[u8], depth: usize) -> Option<Vec<(Reply, Reply)>> {
    (0..get_count(rest)?).map(|_| Some((get(rest, depth)?, get(rest, depth)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Reply {
        let text = Bytes::from_static(b"a\0\r\n\xff");
        let leaves = vec![
            Reply::Ok,
            Reply::simple("PONG"),
            Reply::Error(ReplyError::new("WRONGTYPE of another")),
            Reply::Int(i64::MIN),
            Reply::Bulk(text.clone()),
            Reply::Bulk(Bytes::new()),
            Reply::Nil,
            Reply::NilArray,
            Reply::Double(f64::INFINITY),
            Reply::Double(-0.0),
            Reply::Decimal(1.5),
            Reply::DoubleText(Bytes::from_static(b"0.1")),
            Reply::Bool(true),
            Reply::Bool(false),
            Reply::Verbatim(*b"txt", text.clone()),
            Reply::BigNumber(Bytes::from_static(b"-123")),
        ];
        let pairs = vec![(Reply::Int(1), Reply::Array(leaves.clone())), (Reply::Nil, Reply::Ok)];
        Reply::Array(vec![
            Reply::Array(leaves.clone()),
            Reply::Set(leaves),
            Reply::Map(pairs.clone()),
            Reply::Pairs(pairs.clone()),
            Reply::Keyed(pairs),
            Reply::Array(Vec::new()),
        ])
    }

    #[test]
    fn every_reply_comes_back_as_it_was() {
        let form = write(&all(), 1 << 16).unwrap();
        assert_eq!(read(&form).unwrap(), all());
        assert_eq!(read(&[form.as_ref(), b"x"].concat()), None, "something behind it");
    }

    #[test]
    fn no_part_of_a_form_is_one() {
        let form = write(&all(), 1 << 16).unwrap();
        for len in 0..form.len() {
            assert_eq!(read(&form[..len]), None, "{len} bytes");
        }
        assert_eq!(read(&[ARRAY, 255, 255, 255, 255]), None);
        assert_eq!(read(&[99]), None);
    }

    #[test]
    fn a_form_is_bounded_in_length_and_depth() {
        let reply = Reply::Bulk(Bytes::from(vec![b'x'; 95]));
        assert_eq!(write(&reply, 100).unwrap().len(), 100);
        assert_eq!(write(&reply, 99), None);
        assert_eq!(write(&Reply::Array(vec![reply.clone(), reply]), 199), None);
        assert_eq!(write(&Reply::Push(Vec::new()), 99), None);
        let nested = |depth| (1..depth).fold(Reply::Array(Vec::new()), |inner, _| Reply::Array(vec![inner]));
        assert!(read(&write(&nested(DEPTH_MAX), 1 << 16).unwrap()).is_some());
        assert_eq!(write(&nested(DEPTH_MAX + 1), 1 << 16), None);
        let deep = [&[ARRAY, 1, 0, 0, 0][..]; DEPTH_MAX].concat();
        assert_eq!(read(&[&deep[..], &[NIL]].concat()), None);
    }
}
