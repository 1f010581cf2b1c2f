//! CLIENT GETREDIR, TRACKINGINFO: that nothing is tracked. CLIENT TRACKING and CACHING are unknown until invalidations are sent.

use super::{PLAIN, doc};
use crate::command::Spec;
use crate::command::context::Call;
use crate::protocol::Reply;

pub static GETREDIR: Spec = Spec::session(
    "client|getredir",
    2,
    PLAIN,
    doc("6.0.0", "Returns the client that gets the invalidations: none."),
    |_: &mut Call<'_>, _| Reply::Int(-1).into(),
);
pub static TRACKINGINFO: Spec = Spec::session(
    "client|trackinginfo",
    2,
    PLAIN,
    doc("6.2.0", "Tells how the connection's keys are tracked: not at all."),
    |_: &mut Call<'_>, _| {
        Reply::Map(vec![
            (Reply::bulk("flags"), Reply::Set(vec![Reply::bulk("off")])),
            (Reply::bulk("redirect"), Reply::Int(-1)),
            (Reply::bulk("prefixes"), Reply::Array(vec![])),
        ])
        .into()
    },
);
