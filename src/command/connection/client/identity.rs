//! CLIENT ID, GETNAME, SETNAME, SETINFO

use super::super::hello::{INVALID_NAME, is_valid_name};
use super::{PLAIN, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static ID: Spec = Spec::session("client|id", 2, PLAIN, doc("5.0.0", "Returns the id of the connection."), id);
pub static GETNAME: Spec =
    Spec::session("client|getname", 2, PLAIN, doc("2.6.9", "Returns the name of the connection."), get_name);
pub static SETNAME: Spec = Spec::session(
    "client|setname",
    3,
    PLAIN,
    doc("2.6.9", "Names the connection.").args(&[Arg::new("connection-name", ArgKind::String)]),
    set_name,
);
pub static SETINFO: Spec = Spec::session(
    "client|setinfo",
    4,
    PLAIN,
    doc("7.2.0", "Tells which library the client uses.").args(&[Arg::new(
        "attr",
        ArgKind::OneOf(&[
            Arg::new("libname", ArgKind::String).token("LIB-NAME"),
            Arg::new("libver", ArgKind::String).token("LIB-VER"),
        ]),
    )]),
    set_info,
);

fn id(call: &mut Call<'_>, _args: &Args) -> Answer {
    Reply::Int(call.session.client.id as i64).into()
}

fn get_name(call: &mut Call<'_>, _args: &Args) -> Answer {
    let name = &call.session.name;
    if name.is_empty() { Reply::Nil } else { Reply::Bulk(name.clone()) }.into()
}

fn set_name(call: &mut Call<'_>, args: &Args) -> Answer {
    if !is_valid_name(args.arg(2)) {
        return Reply::Error(INVALID_NAME).into();
    }
    call.session.name = bytes::Bytes::copy_from_slice(args.arg(2));
    call.session.show();
    Reply::Ok.into()
}

fn set_info(call: &mut Call<'_>, args: &Args) -> Answer {
    let (place, name) = if args.is(2, "lib-name") {
        (&mut call.session.lib_name, "lib-name")
    } else if args.is(2, "lib-ver") {
        (&mut call.session.lib_ver, "lib-ver")
    } else {
        return Reply::Error(ReplyError::about("ERR Unrecognized option '", args.arg(2), "'")).into();
    };
    if !is_valid_name(args.arg(3)) {
        let text = format!("ERR {name} cannot contain spaces, newlines or special characters.");
        return Reply::Error(ReplyError::text(text)).into();
    }
    *place = bytes::Bytes::copy_from_slice(args.arg(3));
    call.session.show();
    Reply::Ok.into()
}
