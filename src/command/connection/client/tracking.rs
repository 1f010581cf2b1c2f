//! CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO: which changes of keys the connection is told of. How that is done: `executor/tracking.rs`.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::{PLAIN, doc};
use crate::command::context::{Answer, Call, Session, Tracked};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};

/// Most prefixes of a client.
const PREFIXES_MAX: usize = 1000;

pub static TRACKING: Spec = Spec::session(
    "client|tracking",
    -3,
    PLAIN,
    doc("6.0.0", "Chooses which changes of keys the connection is told of.").args(&[
        Arg::new("status", ArgKind::OneOf(&[Arg::word("on", "ON"), Arg::word("off", "OFF")])),
        Arg::new("client-id", ArgKind::Integer).token("REDIRECT").optional(),
        Arg::new("prefix", ArgKind::String).token("PREFIX").optional().multiple_token(),
        Arg::word("bcast", "BCAST").optional(),
        Arg::word("optin", "OPTIN").optional(),
        Arg::word("optout", "OPTOUT").optional(),
        Arg::word("noloop", "NOLOOP").optional(),
    ]),
    tracking,
);
pub static CACHING: Spec = Spec::session(
    "client|caching",
    3,
    PLAIN,
    doc("6.0.0", "Says of the next command, or transaction, whether its keys are noted.")
        .args(&[Arg::new("mode", ArgKind::OneOf(&[Arg::word("yes", "YES"), Arg::word("no", "NO")]))]),
    caching,
);
pub static GETREDIR: Spec = Spec::session(
    "client|getredir",
    2,
    PLAIN,
    doc("6.0.0", "Returns the client that is told in the place of this one."),
    |call: &mut Call<'_>, _| Reply::Int(redirect(call.session)).into(),
);
pub static TRACKINGINFO: Spec = Spec::session(
    "client|trackinginfo",
    2,
    PLAIN,
    doc("6.2.0", "Tells which changes of keys the connection is told of."),
    |call: &mut Call<'_>, _| info(call.session).into(),
);

const ONE_REDIRECT: ReplyError = ReplyError::new("ERR A client can only redirect to a single other client");
const NO_CLIENT: ReplyError = ReplyError::new("ERR The client ID you want redirect to does not exist");
const NEEDS_BCAST: ReplyError = ReplyError::new("ERR PREFIX option requires BCAST mode to be enabled");
const BCAST_STAYS: ReplyError = ReplyError::new(
    "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
);
const BCAST_ALONE: ReplyError = ReplyError::new("ERR OPTIN and OPTOUT are not compatible with BCAST");
const NOT_BOTH: ReplyError = ReplyError::new("ERR You can't specify both OPTIN mode and OPTOUT mode");
const OPT_STAYS: ReplyError = ReplyError::new(
    "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
);
const TOO_MANY: ReplyError = ReplyError::new("LIMIT a client may be told of 1000 prefixes");
const NO_OPT: ReplyError = ReplyError::new(
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
);
const NO_OPT_IN: ReplyError =
    ReplyError::new("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
const NO_OPT_OUT: ReplyError =
    ReplyError::new("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");

fn tracking(call: &mut Call<'_>, args: &Args) -> Answer {
    match change(call, args) {
        Ok(()) => Reply::Ok.into(),
        Err(error) => Reply::Error(error).into(),
    }
}

fn change(call: &mut Call<'_>, args: &Args) -> Result<(), ReplyError> {
    let asked = options(call, args)?;
    if args.is(2, "OFF") {
        call.node.track(&call.session.client, None);
        call.session.tracked = None;
        call.session.is_caching_called = false;
    } else if args.is(2, "ON") {
        let tracked = merged(call.session.tracked.as_ref(), asked)?;
        call.session.client.has_lost_redirect.store(false, Ordering::Relaxed);
        if !call.node.track(&call.session.client, Some(tracked.clone())) {
            return Err(NO_CLIENT);
        }
        call.session.tracked = Some(tracked);
    } else {
        return Err(SYNTAX);
    }
    Ok(())
}

/// What is asked for, prefixes in their order.
struct Asked {
    tracked: Tracked,
    prefixes: Vec<Bytes>,
}

fn options(call: &Call<'_>, args: &Args) -> Result<Asked, ReplyError> {
    let mut asked = Asked { tracked: Tracked::default(), prefixes: Vec::new() };
    let tracked = &mut asked.tracked;
    let mut at = 3;
    while at < args.len() {
        if args.is(at, "REDIRECT") && at + 1 < args.len() {
            at += 1;
            if tracked.redirect != 0 {
                return Err(ONE_REDIRECT);
            }
            let id = parse_i64(args.arg(at)).ok_or(NOT_AN_INTEGER)?;
            tracked.redirect = u64::try_from(id).map_err(|_| NO_CLIENT)?;
            call.node.client(tracked.redirect).ok_or(NO_CLIENT)?;
        } else if args.is(at, "BCAST") {
            tracked.broadcasts = true;
        } else if args.is(at, "OPTIN") {
            tracked.is_opt_in = true;
        } else if args.is(at, "OPTOUT") {
            tracked.is_opt_out = true;
        } else if args.is(at, "NOLOOP") {
            tracked.is_without_own = true;
        } else if args.is(at, "PREFIX") && at + 1 < args.len() {
            at += 1;
            asked.prefixes.push(Bytes::copy_from_slice(args.arg(at)));
        } else {
            return Err(SYNTAX);
        }
        at += 1;
    }
    Ok(asked)
}

/// What is asked for in the place of what there is: prefixes are added.
fn merged(before: Option<&Tracked>, asked: Asked) -> Result<Tracked, ReplyError> {
    let Asked { mut tracked, mut prefixes } = asked;
    if !tracked.broadcasts && !prefixes.is_empty() {
        return Err(NEEDS_BCAST);
    }
    if before.is_some_and(|before| before.broadcasts != tracked.broadcasts) {
        return Err(BCAST_STAYS);
    }
    if tracked.broadcasts && (tracked.is_opt_in || tracked.is_opt_out) {
        return Err(BCAST_ALONE);
    }
    if tracked.is_opt_in && tracked.is_opt_out {
        return Err(NOT_BOTH);
    }
    let switches = |before: &Tracked| tracked.is_opt_in && before.is_opt_out || tracked.is_opt_out && before.is_opt_in;
    if before.is_some_and(switches) {
        return Err(OPT_STAYS);
    }
    if !tracked.broadcasts {
        return Ok(tracked);
    }
    let present = before.map_or_else(BTreeSet::new, |before| before.prefixes.clone());
    if present.len() + prefixes.len() > PREFIXES_MAX {
        return Err(TOO_MANY);
    }
    check_overlap(&present, &prefixes)?;
    if prefixes.is_empty() {
        prefixes.push(Bytes::new());
    }
    tracked.prefixes = present.into_iter().chain(prefixes).collect();
    Ok(tracked)
}

/// Of two prefixes that overlap one would tell the same again.
fn check_overlap(present: &BTreeSet<Bytes>, asked: &[Bytes]) -> Result<(), ReplyError> {
    let overlap = |a: &Bytes, b: &Bytes| a.starts_with(b) || b.starts_with(a);
    let refusal = |a: &[u8], what: &[u8], b: &[u8]| {
        ReplyError::text(
            [
                b"ERR Prefix '",
                a,
                b"' overlaps with ",
                what,
                b" prefix '",
                b,
                b"'. Prefixes for a single client must not overlap.",
            ]
            .concat(),
        )
    };
    for (at, prefix) in asked.iter().enumerate() {
        if let Some(other) = present.iter().find(|other| overlap(prefix, other)) {
            return Err(refusal(prefix, b"an existing", other));
        }
        if let Some(other) = asked.iter().skip(at + 1).find(|other| overlap(prefix, other)) {
            return Err(refusal(prefix, b"another provided", other));
        }
    }
    Ok(())
}

fn caching(call: &mut Call<'_>, args: &Args) -> Answer {
    let Some(tracked) = &call.session.tracked else { return Reply::Error(NO_OPT).into() };
    let refusal = match () {
        () if args.is(2, "YES") => (!tracked.is_opt_in).then_some(NO_OPT_IN),
        () if args.is(2, "NO") => (!tracked.is_opt_out).then_some(NO_OPT_OUT),
        () => Some(SYNTAX),
    };
    match refusal {
        Some(refusal) => Reply::Error(refusal).into(),
        None => {
            call.session.is_caching_called = true;
            Reply::Ok.into()
        }
    }
}

fn redirect(session: &Session) -> i64 {
    session.tracked.as_ref().map_or(-1, |tracked| tracked.redirect as i64)
}

fn info(session: &Session) -> Reply {
    let tracked = session.tracked.clone().unwrap_or_default();
    let is_called = session.is_caching_called;
    let flags = [
        (session.tracked.is_some(), "on"),
        (session.tracked.is_none(), "off"),
        (tracked.broadcasts, "bcast"),
        (tracked.is_opt_in, "optin"),
        (tracked.is_opt_in && is_called, "caching-yes"),
        (tracked.is_opt_out, "optout"),
        (tracked.is_opt_out && is_called, "caching-no"),
        (tracked.is_without_own, "noloop"),
        (session.client.has_lost_redirect.load(Ordering::Relaxed), "broken_redirect"),
    ];
    let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| Reply::bulk(flag)).collect();
    Reply::Map(vec![
        (Reply::bulk("flags"), Reply::Set(flags)),
        (Reply::bulk("redirect"), Reply::Int(redirect(session))),
        (Reply::bulk("prefixes"), Reply::Array(tracked.prefixes.into_iter().map(Reply::Bulk).collect())),
    ])
}
