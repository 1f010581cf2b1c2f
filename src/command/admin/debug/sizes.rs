//! DEBUG STRUCTSIZE: the sizes of what keys are kept in.

use super::{PROTECTED, doc};
use crate::command::Spec;
use crate::protocol::Reply;
use crate::store::{Entry, Value};

pub static SPEC: Spec = Spec::session(
    "debug|structsize",
    2,
    PROTECTED,
    doc("1.0.0", "O(1)", "Returns the sizes of what keys are kept in."),
    |_, _| {
        let (bits, value, entry) = (usize::BITS, size_of::<Value>(), size_of::<Entry>());
        Reply::bulk(format!("bits:{bits} value:{value} entry:{entry} ")).into()
    },
)
.since(3);
