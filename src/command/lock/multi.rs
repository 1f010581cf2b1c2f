//! LOCK.MULTI: several locks at once, or none.

use super::acquire::BINDING;
use super::request::{CONNECTION, OWNER, TTL, check_name, check_owner, ttl, wait as wait_ms};
use crate::command::session::session_id;
use crate::command::{
    Arg, ArgKind, BeginSearch, Blocking, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Spec, Wait,
};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Binding, LockMode, LockRequest, Txn, Wants};

pub static SPEC: Spec = Spec::blocking(
    "lock.multi",
    -4,
    DOC,
    Blocking { attempt, wait, wants: Wants::Lock, nothing: || Reply::NilArray, found_nothing: None },
)
.without(Flags::NOSCRIPT)
.since(3)
.flags(Flags::DENYOOM.union(Flags::MOVABLEKEYS).union(Flags::NAMED))
.check(|args| Request::parse(args).map(drop))
.keys(&[KeySpec {
    begin: BeginSearch::Index(1),
    find: FindKeys::Keynum { index: 0, first: 1, step: 1 },
    flags: KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
}]);

const DOC: Doc = Doc {
    summary: "Acquires several locks at once for their owner, or none; waits in all their queues, if asked to, and holds nothing meanwhile.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of locks",
    args: &[
        Arg::new("numnames", ArgKind::Integer),
        Arg::new("name", ArgKind::Key(0)).multiple(),
        OWNER,
        Arg::new("ttl", TTL).optional(),
        Arg::new("wait", ArgKind::Integer).token("WAIT").optional(),
        Arg::new("binding", BINDING).optional(),
    ],
};

/// Most locks that one command names.
const NAMES_MAX: usize = 100;

const NO_NAMES: ReplyError = ReplyError::new("ERR numnames should be greater than 0");
const TOO_MANY_NAMES: ReplyError = ReplyError::new("LIMIT at most 100 locks are acquired at once");

struct Request<'a> {
    /// As they stand there: some may be named more than once.
    names: Vec<&'a [u8]>,
    owner: &'a [u8],
    /// None: that of the session.
    ttl_ms: Option<u64>,
    /// How long to wait, ms; 0: for ever. None: not at all.
    wait_ms: Option<u64>,
    binding: Binding,
}

impl<'a> Request<'a> {
    fn parse(args: &'a Args) -> Result<Self, ReplyError> {
        let count = parse_i64(args.arg(1)).filter(|count| *count > 0).ok_or(NO_NAMES)?;
        let owner_at = usize::try_from(count).ok().and_then(|count| count.checked_add(2)).ok_or(SYNTAX)?;
        let owner = args.opt(owner_at).ok_or(SYNTAX)?;
        if owner_at - 2 > NAMES_MAX {
            return Err(TOO_MANY_NAMES);
        }
        let names: Vec<&[u8]> = (2..owner_at).map(|at| args.arg(at)).collect();
        names.iter().try_for_each(|name| check_name(name))?;
        check_owner(owner)?;
        let (mut ttl_ms, mut waits_ms, mut binding) = (None, None, None);
        let mut at = owner_at + 1;
        while at < args.len() {
            let is_new = if args.is(at, CONNECTION) {
                at += 1;
                binding.replace(Binding::Connection).is_none()
            } else {
                let value = args.opt(at + 1).ok_or(SYNTAX)?;
                at += 2;
                if let Some(ms) = ttl(args, at - 2, "lock.multi")? {
                    ttl_ms.replace(ms).is_none()
                } else if args.is(at - 2, "SESSION") {
                    binding.replace(Binding::Session(session_id(value)?)).is_none()
                } else {
                    args.is(at - 2, "WAIT") && waits_ms.replace(wait_ms(value)?).is_none()
                }
            };
            if !is_new {
                return Err(SYNTAX);
            }
        }
        let binding = binding.unwrap_or_default();
        if ttl_ms.is_none() && !matches!(binding, Binding::Session(_)) {
            return Err(SYNTAX);
        }
        Ok(Self { names, owner, ttl_ms, wait_ms: waits_ms, binding })
    }
}

fn wait(args: &Args) -> Result<Wait, ReplyError> {
    let Request { names, owner, wait_ms, binding, .. } = Request::parse(args)?;
    let names = names.into_iter().filter(|_| wait_ms.is_some());
    let wait = Wait::new(names, wait_ms.unwrap_or(0)).claiming(owner, LockMode::EXCLUSIVE);
    Ok(Wait { session: binding.session(), ..wait })
}

fn attempt(txn: &mut Txn<'_>, args: &Args) -> Result<Option<Reply>, ReplyError> {
    let Request { names, owner, ttl_ms, binding, .. } = Request::parse(args)?;
    let request = LockRequest { owner, mode: LockMode::EXCLUSIVE, ttl_ms, binding, delay_ms: 0 };
    let mut each = names.clone();
    each.sort_unstable();
    each.dedup();
    let Some(grants) = txn.acquire_all(&each, &request)? else { return Ok(None) };
    let token = |name| each.binary_search(name).ok().and_then(|at| grants.get(at)).map_or(0, |grant| grant.token);
    Ok(Some(Reply::Array(names.iter().map(|name| Reply::Int(token(name) as i64)).collect())))
}
