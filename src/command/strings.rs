//! Many byte strings as replies, copied once: into one buffer that the replies share.

use bytes::Bytes;

use crate::protocol::Reply;

/// Each string as a bulk reply.
pub fn bulks<S: AsRef<[u8]>>(strings: impl Iterator<Item = S> + Clone) -> impl Iterator<Item = Reply> {
    let mut buffer = Vec::with_capacity(strings.clone().map(|string| string.as_ref().len()).sum());
    for string in strings.clone() {
        buffer.extend_from_slice(string.as_ref());
    }
    let mut rest = Bytes::from(buffer);
    strings.map(move |string| Reply::Bulk(rest.split_to(string.as_ref().len())))
}

/// Each pair of strings as a pair of bulk replies.
pub fn bulk_pairs<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone) -> Vec<(Reply, Reply)> {
    let mut bulks = bulks(pairs.flat_map(|(first, second)| [first, second]));
    std::iter::from_fn(|| Some((bulks.next()?, bulks.next()?))).collect()
}
