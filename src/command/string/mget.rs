//! MGET

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Kind, Str, View};

pub static SPEC: Spec = Spec::read("mget", -2, DOC, run).flags(Flags::FAST).keys(&[KeySpec::range(
    1,
    -1,
    1,
    KeyFlags::RO.union(KeyFlags::ACCESS),
)]);

const DOC: Doc = Doc {
    summary: "Returns the strings that keys hold, nil for those that hold none.",
    since: "1.0.0",
    group: Family::String,
    complexity: "O(N) with the number of keys",
    args: &[Arg::new("key", ArgKind::Key(0)).multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let value_of = |key| {
        let value = view.get(key).and_then(|entry| Str::of(entry.value()));
        value.map_or(Reply::Nil, |value| Reply::Bulk(value.to_bytes()))
    };
    Ok(Reply::Array(args.from(1).map(value_of).collect()))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn mget_answers_nil_for_what_is_no_string() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        bench.run("SET a 1");
        assert_eq!(bench.text("MGET a absent h a"), "*4 $1 1 $-1 $-1 $1 1");
    }
}
