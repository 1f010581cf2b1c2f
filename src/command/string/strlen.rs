//! STRLEN

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Str, View};

pub static SPEC: Spec = Spec::read("strlen", 2, DOC, run).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns the length of the string that a key holds, in bytes.",
    since: "2.2.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(view.typed::<Str>(args.arg(1))?.map_or(0, |value| value.len() as i64)))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn strlen_counts_bytes() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("STRLEN absent", ":0"),
            ("SET k hello", "+OK"),
            ("STRLEN k", ":5"),
            ("STRLEN h", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }
}
