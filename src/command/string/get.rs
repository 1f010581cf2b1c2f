//! GET

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Str, View};

pub static SPEC: Spec =
    Spec::read("get", 2, DOC, run).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the string that a key holds.",
    since: "1.0.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(view.typed::<Str>(args.arg(1))?.map_or(Reply::Nil, |value| Reply::Bulk(value.to_bytes())))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn get_answers_the_string_nil_or_wrongtype() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("SET k v", "+OK"),
            ("GET k", "$1 v"),
            ("GET absent", "$-1"),
            ("GET h", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("GET", "-ERR wrong number of arguments for 'get' command"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }
}
