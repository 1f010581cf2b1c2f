//! What XADD and XTRIM have in common: up to where a stream is trimmed.

use super::deleting;
use super::ids::{self, NewId};
use super::producing::{GIVEN_ID, Producing};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, parse_i64};
use crate::store::{Changed, Create, Refs, Stream, StreamLimits, Trim, TrimTo, Txn};

const TWO_STRATEGIES: ReplyError =
    ReplyError::new("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
const NEGATIVE_MAXLEN: ReplyError = ReplyError::new("ERR The MAXLEN argument must be >= 0.");
const NEGATIVE_LIMIT: ReplyError = ReplyError::new("ERR The LIMIT argument must be >= 0.");
const LIMIT_ALONE: ReplyError =
    ReplyError::new("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
const NO_STRATEGY: ReplyError = ReplyError::new("ERR syntax error, XTRIM must be called with a trimming strategy");
const EXACT_LIMIT: ReplyError = ReplyError::new("ERR syntax error, LIMIT cannot be used without the special ~ option");

/// The options of XADD or XTRIM.
#[derive(Debug)]
pub(super) struct AddOptions {
    /// Whether XADD makes a stream.
    pub create: Create,
    /// The id of XADD's entry, and where it stands.
    pub id: Option<(NewId, usize)>,
    /// Under which id its producer sends it.
    pub producing: Option<Producing>,
    to: Option<TrimTo>,
    is_rough: bool,
    limit: Option<u64>,
    refs: Option<Refs>,
}

impl AddOptions {
    /// Reads them.
    ///
    /// # Errors
    /// Redis's texts.
    pub(super) fn parse(args: &Args, is_xadd: bool) -> Result<Self, ReplyError> {
        let mut options =
            Self { create: Create::Yes, id: None, producing: None, to: None, is_rough: false, limit: None, refs: None };
        let mut at = 2;
        while at < args.len() {
            let more = args.len() - 1 - at;
            if is_xadd && args.arg(at) == b"*" {
                options.id = Some((NewId::Auto, at));
                break;
            } else if more > 0 && (args.is(at, "MAXLEN") || args.is(at, "MINID")) {
                let is_len = args.is(at, "MAXLEN");
                at = options.read_strategy(args, at + 1, is_len)?;
            } else if more > 0 && args.is(at, "LIMIT") {
                let limit = parse_i64(args.arg(at + 1)).ok_or(NOT_AN_INTEGER)?;
                options.limit = Some(u64::try_from(limit).map_err(|_| NEGATIVE_LIMIT)?);
                at += 2;
            } else if let Some(refs) = deleting::refs(args, at).filter(|_| options.refs.is_none()) {
                options.refs = Some(refs);
                at += 1;
            } else if is_xadd && args.is(at, "NOMKSTREAM") {
                options.create = Create::No;
                at += 1;
            } else if is_xadd && let Some((producing, next)) = Producing::parse(args, at, options.producing)? {
                options.producing = Some(producing);
                at = next;
            } else if is_xadd {
                options.id = Some((NewId::parse(args.arg(at))?, at));
                if options.producing.is_some() {
                    return Err(GIVEN_ID);
                }
                break;
            } else {
                return Err(SYNTAX);
            }
        }
        match options.to {
            None if options.limit.is_some_and(|limit| limit != 0) => Err(LIMIT_ALONE),
            None if !is_xadd => Err(NO_STRATEGY),
            _ if options.limit.is_some() && !options.is_rough => Err(EXACT_LIMIT),
            _ => Ok(options),
        }
    }

    /// Reads what is behind the name of a strategy: where the next option stands.
    fn read_strategy(&mut self, args: &Args, at: usize, is_len: bool) -> Result<usize, ReplyError> {
        if self.to.is_some() {
            return Err(TWO_STRATEGIES);
        }
        let is_marked = at + 1 < args.len() && (ids::is(args.arg(at), b'~') || ids::is(args.arg(at), b'='));
        self.is_rough = is_marked && ids::is(args.arg(at), b'~');
        let at = at + usize::from(is_marked);
        self.to = Some(if is_len {
            let len = parse_i64(args.arg(at)).ok_or(NOT_AN_INTEGER)?;
            TrimTo::Len(u64::try_from(len).map_err(|_| NEGATIVE_MAXLEN)?)
        } else {
            TrimTo::Id(ids::strict(args.arg(at))?)
        });
        Ok(at + 1)
    }

    /// The trim, if one is asked for.
    pub(super) fn trim(&self, limits: StreamLimits) -> Option<Trim> {
        let unless_given = if self.is_rough { limits.trimmed_max() } else { 0 };
        Some(Trim { to: self.to?, is_rough: self.is_rough, limit: self.limit.unwrap_or(unless_given) })
    }

    /// What becomes of the references to what is trimmed.
    pub(super) fn refs(&self) -> Refs {
        self.refs.unwrap_or(Refs::Keep)
    }

    /// Says how much work the trim is.
    ///
    /// # Errors
    /// WRONGTYPE; or the command may not do as much.
    pub(super) fn say_work(&self, txn: &mut Txn<'_>, key: &[u8]) -> Result<(), ReplyError> {
        let limits = StreamLimits::from(&txn.state().options);
        let Some(trim) = self.trim(limits).filter(|_| txn.is_work_bounded()) else { return Ok(()) };
        let left = txn.work_left();
        let units = txn.typed::<Stream>(key)?.map_or(0, |stream| stream.trim_as_units(trim, self.refs(), left));
        txn.work(units)
    }
}

/// Trims the stream at `key`: how many entries it has lost; None if there is none.
///
/// # Errors
/// WRONGTYPE.
pub(super) fn trim(txn: &mut Txn<'_>, key: &[u8], trim: Trim, refs: Refs) -> Result<Option<u64>, ReplyError> {
    txn.edit_quietly(key, Create::No, |stream: &mut Stream| {
        let removed = stream.trim_as(trim, refs);
        Ok((removed, Changed(removed > 0)))
    })
}
