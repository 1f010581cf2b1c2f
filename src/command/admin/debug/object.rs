//! DEBUG OBJECT: how a key is kept, in the words that Redis's tests read.

use super::{PROTECTED, doc};
use crate::command::generic::references;
use crate::command::{Arg, ArgKind, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::NO_SUCH_KEY;
use crate::protocol::{Args, Reply};
use crate::rdb::value::dump;
use crate::store::{Kind, List, View};

/// The second of the last access, of which Redis keeps so many bits.
const LRU_CLOCK_MAX: u64 = (1 << 24) - 1;

pub static SPEC: Spec = Spec::read(
    "debug|object",
    3,
    doc("1.0.0", "O(N) with the size of the value", "Shows how a key is kept.")
        .args(&[Arg::new("key", ArgKind::Key(0))]),
    run,
)
.without(Flags::READONLY)
.flags(PROTECTED.difference(super::OPEN).union(Flags::UNBOUNDED))
.keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let entry = view.peek(args.arg(2)).ok_or(NO_SUCH_KEY)?;
    let value = entry.value();
    let idle_s = entry.idle_s(view.now_ms());
    let accessed_s = (entry.accessed_ms(view.now_ms()) / 1000) & LRU_CLOCK_MAX;
    // What DUMP writes of it, without the type in front. Locks are not dumped.
    let serialized =
        dump(value, |end_ms| view.is_not_over(end_ms)).map_or_else(|| value.memory(), |dumped| dumped.len() - 1);
    let list = <List as Kind>::of(value).filter(|list| list.is_large());
    let list = list.map_or_else(String::new, |list| nodes(list, view.state().options.list_listpack_max as i64));
    Ok(Reply::Simple(
        format!(
            "Value at:0x0 refcount:{} encoding:{} serializedlength:{serialized} lru:{accessed_s} lru_seconds_idle:{idle_s}{list}{}",
            references(value),
            value.encoding(),
            if entry.is_made_by_nx() { " made_by:nx" } else { "" }
        )
        .into_bytes()
        .into(),
    ))
}

fn nodes(list: &List, listpack_max: i64) -> String {
    let count = list.node_count();
    format!(
        " ql_nodes:{count} ql_avg_node:{:.2} ql_listpack_max:{} ql_compressed:0 ql_uncompressed_size:{}",
        list.len() as f64 / count.max(1) as f64,
        listpack_max,
        list.listpack_len()
    )
}
