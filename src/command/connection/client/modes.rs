//! CLIENT REPLY, NO-EVICT, NO-TOUCH, CONSISTENCY: how the connection is treated.

use super::{ADMIN, PLAIN, doc};
use crate::command::context::{Answer, Call, ReplyMode};
use crate::command::{Arg, ArgKind, Spec};
use crate::config::{level_name, parse_level};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};

const ON_OFF: ArgKind = ArgKind::OneOf(&[Arg::word("on", "ON"), Arg::word("off", "OFF")]);

pub static REPLY: Spec = Spec::session(
    "client|reply",
    3,
    PLAIN,
    doc("3.2.0", "Chooses which replies the client gets.").args(&[Arg::new(
        "action",
        ArgKind::OneOf(&[Arg::word("on", "ON"), Arg::word("off", "OFF"), Arg::word("skip", "SKIP")]),
    )]),
    reply,
);
pub static NO_EVICT: Spec = Spec::session(
    "client|no-evict",
    3,
    ADMIN,
    doc("7.0.0", "Protects the connection from being closed for its memory.").args(&[Arg::new("enabled", ON_OFF)]),
    no_evict,
);
pub static NO_TOUCH: Spec = Spec::session(
    "client|no-touch",
    3,
    PLAIN,
    doc("7.2.0", "Leaves the idle times of keys as they are.").args(&[Arg::new("enabled", ON_OFF)]),
    no_touch,
);
pub static CONSISTENCY: Spec = Spec::session(
    "client|consistency",
    -2,
    PLAIN,
    doc("1.0.0", "Chooses how fresh the connection's reads are, or tells it.").args(&[Arg::new(
        "level",
        ArgKind::OneOf(&[Arg::word("linearizable", "LINEARIZABLE"), Arg::word("local", "LOCAL")]),
    )
    .optional()]),
    consistency,
);

fn reply(call: &mut Call<'_>, args: &Args) -> Answer {
    let mode = &mut call.session.reply_mode;
    if args.is(2, "on") {
        *mode = ReplyMode::On;
        return Reply::Ok.into();
    }
    if args.is(2, "off") {
        *mode = ReplyMode::Off;
    } else if args.is(2, "skip") {
        if *mode != ReplyMode::Off {
            *mode = ReplyMode::SkipNext;
        }
    } else {
        return Reply::Error(SYNTAX).into();
    }
    Reply::Silent.into()
}

fn on_off(args: &Args) -> Result<bool, ReplyError> {
    if args.is(2, "on") {
        Ok(true)
    } else if args.is(2, "off") {
        Ok(false)
    } else {
        Err(SYNTAX)
    }
}

fn no_evict(call: &mut Call<'_>, args: &Args) -> Answer {
    on_off(args)
        .map(|on| {
            call.session.no_evict = on;
            Reply::Ok
        })
        .into()
}

fn no_touch(call: &mut Call<'_>, args: &Args) -> Answer {
    on_off(args)
        .map(|on| {
            call.session.no_touch = on;
            Reply::Ok
        })
        .into()
}

fn consistency(call: &mut Call<'_>, args: &Args) -> Answer {
    let Some(given) = args.opt(2) else {
        let level = call.session.level.unwrap_or_else(|| call.node.settings().read_consistency);
        return Reply::bulk(level_name(level)).into();
    };
    if args.len() > 3 {
        return Reply::Error(SYNTAX).into();
    }
    match parse_level(&String::from_utf8_lossy(given)) {
        Ok(level) => {
            call.session.level = Some(level);
            Reply::Ok.into()
        }
        Err(why) => Reply::Error(ReplyError::text(format!("ERR {why}"))).into(),
    }
}
