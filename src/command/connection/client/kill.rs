//! CLIENT KILL

use super::{ADMIN, ClientType, client_type, doc};
use crate::command::context::{Answer, Call, Client};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};

pub static SPEC: Spec = Spec::session(
    "client|kill",
    -3,
    ADMIN,
    doc("2.4.0", "Closes connections of this node.").args(&[Arg::new(
        "filter",
        ArgKind::OneOf(&[
            Arg::new("old-format", ArgKind::String),
            Arg::new(
                "new-format",
                ArgKind::OneOf(&[
                    Arg::new("client-id", ArgKind::Integer).token("ID").optional(),
                    Arg::new("client-type", ArgKind::String).token("TYPE").optional(),
                    Arg::new("username", ArgKind::String).token("USER").optional(),
                    Arg::new("addr", ArgKind::String).token("ADDR").optional(),
                    Arg::new("laddr", ArgKind::String).token("LADDR").optional(),
                    Arg::new("skipme", ArgKind::String).token("SKIPME").optional(),
                ]),
            )
            .multiple(),
        ]),
    )]),
    run,
);

/// All that is given has to fit.
#[derive(Default)]
struct Filter {
    id: Option<u64>,
    addr: Option<Vec<u8>>,
    laddr: Option<Vec<u8>>,
    kinds: Vec<ClientType>,
    skip_me: bool,
}

impl Filter {
    fn fits(&self, client: &Client, own: u64) -> bool {
        self.kinds.iter().all(|kind| kind.fits(client))
            && self.id.is_none_or(|id| id == client.id)
            && self.addr.as_ref().is_none_or(|addr| addr == client.addr.as_bytes())
            && self.laddr.as_ref().is_none_or(|laddr| laddr == client.laddr.as_bytes())
            && !(self.skip_me && client.id == own)
    }
}

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    kill(call, args).into()
}

fn kill(call: &mut Call<'_>, args: &Args) -> Result<Reply, ReplyError> {
    let old_form = args.len() == 3;
    let filter = if old_form { Filter { addr: Some(args.arg(2).to_vec()), ..Filter::default() } } else { parse(args)? };
    let own = call.session.client.id;
    let mut killed = 0;
    for client in call.node.clients() {
        if !client.is_killed() && filter.fits(&client, own) {
            killed += 1;
            if client.id == own {
                // It still reads the answer.
                call.session.closing = true;
            } else {
                client.kill();
            }
        }
    }
    match (old_form, killed) {
        (true, 0) => Err(ReplyError::new("ERR No such client")),
        (true, _) => Ok(Reply::Ok),
        (false, _) => Ok(Reply::Int(killed)),
    }
}

fn parse(args: &Args) -> Result<Filter, ReplyError> {
    let mut filter = Filter { skip_me: true, ..Filter::default() };
    for at in (2..args.len()).step_by(2) {
        let Some(value) = args.opt(at + 1) else { return Err(SYNTAX) };
        if args.is(at, "id") {
            let id = parse_i64(value).filter(|id| *id > 0);
            filter.id = Some(id.ok_or(ReplyError::new("ERR client-id should be greater than 0"))? as u64);
        } else if args.is(at, "type") {
            filter.kinds.push(client_type(value)?);
        } else if args.is(at, "addr") {
            filter.addr = Some(value.to_vec());
        } else if args.is(at, "laddr") {
            filter.laddr = Some(value.to_vec());
        } else if args.is(at, "user") {
            if value != b"default" {
                return Err(ReplyError::about("ERR No such user '", value, "'"));
            }
        } else if args.is(at, "skipme") {
            filter.skip_me = match value.to_ascii_lowercase().as_slice() {
                b"yes" => true,
                b"no" => false,
                _ => return Err(SYNTAX),
            };
        } else {
            return Err(SYNTAX);
        }
    }
    Ok(filter)
}
