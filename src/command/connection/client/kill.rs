//! CLIENT KILL

use super::{ADMIN, ClientType, client_type, doc, nodes_of};
use crate::command::context::{Answer, Call, Client, Node};
use crate::command::{Arg, ArgKind, Flags, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};

pub static SPEC: Spec = Spec::session(
    "client|kill",
    -3,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("2.4.0", "Closes connections of all nodes that answer.").args(&[Arg::new(
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
                    Arg::new("maxage", ArgKind::Integer).token("MAXAGE").optional(),
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
    user: Option<Vec<u8>>,
    kinds: Vec<ClientType>,
    /// Seconds since it connected, at least.
    age_s: Option<u64>,
    skip_me: bool,
}

impl Filter {
    /// Of the old form (an address alone) or the new one.
    fn of(args: &Args) -> Result<Self, ReplyError> {
        if is_old_form(args) { Ok(Self { addr: Some(args.arg(2).to_vec()), ..Self::default() }) } else { parse(args) }
    }

    fn fits(&self, client: &Client, now_ms: u64) -> bool {
        let is_old = |age_s| now_ms.saturating_sub(client.created_ms) / 1000 >= age_s;
        self.kinds.iter().all(|kind| kind.fits(client))
            && self.id.is_none_or(|id| id == client.id)
            && self.addr.as_ref().is_none_or(|addr| addr == client.addr.as_bytes())
            && self.laddr.as_ref().is_none_or(|laddr| laddr == client.laddr.as_bytes())
            && self.user.as_ref().is_none_or(|user| *user == client.shown.lock().user.0)
            && self.age_s.is_none_or(is_old)
    }

    /// Kills those of this node but the asking one, whose own connection it is (0: none of this node's): it still reads the answer.
    /// How many, and whether that one is to go too.
    fn carry_out(&self, node: &dyn Node, asking: u64) -> (u64, bool) {
        let now_ms = node.process().now_ms;
        let clients = node.clients().into_iter().filter(|client| !client.is_killed() && self.fits(client, now_ms));
        let (asking, others): (Vec<_>, Vec<_>) = clients.partition(|client| client.id == asking);
        others.iter().for_each(|client| client.kill());
        let itself = !asking.is_empty() && !self.skip_me;
        (others.len() as u64 + u64::from(itself), itself)
    }
}

fn is_old_form(args: &Args) -> bool {
    args.len() == 3
}

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let filter = match Filter::of(args) {
        Ok(filter) => filter,
        Err(error) => return Reply::Error(error).into(),
    };
    if let Some(user) = filter.user.as_ref().filter(|user| call.node.users().get(user).is_none()) {
        return Reply::Error(ReplyError::about("ERR No such user '", user, "'")).into();
    }
    let (killed, itself) = filter.carry_out(&**call.node, call.session.client.id);
    call.session.closing |= itself;
    let others = call.node.ask_others(filter.id.and_then(|id| nodes_of([id])), args);
    let is_old_form = is_old_form(args);
    Answer::later(async move {
        let killed = killed + others.await.iter().map(|answer| answer.reached).sum::<u64>();
        match (is_old_form, killed) {
            (true, 0) => Reply::Error(ReplyError::new("ERR No such client")),
            (true, _) => Reply::Ok,
            (false, _) => Reply::Int(killed as i64),
        }
    })
}

/// How many of this node's clients another node's CLIENT KILL has reached.
pub fn here(node: &dyn Node, args: &Args) -> u64 {
    Filter::of(args).map_or(0, |filter| filter.carry_out(node, 0).0)
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
            filter.user = Some(value.to_vec());
        } else if args.is(at, "maxage") {
            const NOT_AN_AGE: ReplyError = ReplyError::new("ERR maxage is not an integer or out of range");
            let age_s = parse_i64(value).ok_or(NOT_AN_AGE)?;
            let age_s = u64::try_from(age_s).ok().filter(|age_s| *age_s > 0);
            filter.age_s = Some(age_s.ok_or(ReplyError::new("ERR maxage should be greater than 0"))?);
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
