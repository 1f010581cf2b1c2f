//! Under which id a producer sends a message (IDMP), or that its contents are its id (IDMPAUTO).

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::command::{Arg, ArgKind};
use crate::error::ReplyError;
use crate::protocol::Args;
use crate::store::Field;

const TWICE: ReplyError = ReplyError::new("ERR syntax error, IDMP/IDMPAUTO specified multiple times");
const NO_PRODUCER: ReplyError = ReplyError::new("ERR syntax error, IDMP requires a non-empty producer ID");
const NO_PRODUCER_AUTO: ReplyError = ReplyError::new("ERR syntax error, IDMPAUTO requires a non-empty producer ID");
const NO_ID: ReplyError = ReplyError::new("ERR syntax error, IDMP requires a non-empty idempotent ID");
/// The entry has an id of its own.
pub(super) const GIVEN_ID: ReplyError =
    ReplyError::new("ERR syntax error, IDMP/IDMPAUTO can be used only with auto-generated IDs");

/// For COMMAND DOCS.
pub(super) const PRODUCING: Arg = Arg::new(
    "idmp",
    ArgKind::OneOf(&[
        Arg::new("idmpauto-pid", ArgKind::String).token("IDMPAUTO"),
        Arg::new("idmp-block", ArgKind::Block(&[Arg::new("pid", ArgKind::String), Arg::new("iid", ArgKind::String)]))
            .token("IDMP"),
    ]),
)
.optional();

/// Where they stand among the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Producing {
    producer: usize,
    /// None: the contents are the id.
    iid: Option<usize>,
}

impl Producing {
    /// Reads them, if they stand at `at`; with where the next option stands. `before`: what was read before.
    ///
    /// # Errors
    /// Redis's texts.
    pub(super) fn parse(args: &Args, at: usize, before: Option<Self>) -> Result<Option<(Self, usize)>, ReplyError> {
        let more = args.len() - 1 - at;
        let is_auto = more > 0 && args.is(at, "IDMPAUTO");
        let is_given = more > 1 && args.is(at, "IDMP");
        if !is_auto && !is_given {
            return Ok(None);
        }
        if before.is_some() {
            return Err(TWICE);
        }
        if args.arg(at + 1).is_empty() {
            return Err(if is_auto { NO_PRODUCER_AUTO } else { NO_PRODUCER });
        }
        if is_auto {
            return Ok(Some((Self { producer: at + 1, iid: None }, at + 2)));
        }
        if args.arg(at + 2).is_empty() {
            return Err(NO_ID);
        }
        Ok(Some((Self { producer: at + 1, iid: Some(at + 2) }, at + 3)))
    }

    /// The producer, and the id of a message with these fields.
    pub(super) fn of<'a>(self, args: &'a Args, fields: &[Field<'_>]) -> (&'a [u8], Vec<u8>) {
        let iid = self.iid.map_or_else(|| id_of_contents(fields).to_vec(), |at| args.arg(at).to_vec());
        (args.arg(self.producer), iid)
    }
}

/// The same for the same fields, in whatever order they stand: who sends a message again may have put it together anew.
fn id_of_contents(fields: &[Field<'_>]) -> [u8; 16] {
    let of_field = |(name, value): &Field<'_>| {
        let mut hash = Xxh3::new();
        hash.update(&(name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update(value);
        hash.digest128()
    };
    let sum = fields.iter().map(of_field).fold(0u128, u128::wrapping_add);
    xxh3_128(&[&sum.to_le_bytes()[..], &(fields.len() as u64).to_le_bytes()].concat()).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::id_of_contents;

    #[test]
    fn contents_have_another_id_unless_they_are_the_same_fields() {
        let fields: &[&[(&[u8], &[u8])]] = &[
            &[(b"a", b"1"), (b"b", b"2")],
            &[(b"a", b"2"), (b"b", b"1")],
            &[(b"a", b"1")],
            &[(b"a", b"1"), (b"a", b"1")],
            &[(b"a1", b"")],
            &[(b"", b"a1")],
            &[(b"ab", b"1"), (b"", b"2")],
        ];
        for (at, one) in fields.iter().enumerate() {
            for (other_at, other) in fields.iter().enumerate() {
                assert_eq!(id_of_contents(one) == id_of_contents(other), at == other_at, "{one:?} {other:?}");
            }
        }
        assert_eq!(id_of_contents(fields[0]), id_of_contents(&[(b"b", b"2"), (b"a", b"1")]));
        // Part of the state: it may never be another one.
        assert_eq!(id_of_contents(fields[2]), [150, 146, 217, 243, 20, 69, 37, 11, 155, 43, 164, 196, 8, 51, 72, 40]);
    }
}
