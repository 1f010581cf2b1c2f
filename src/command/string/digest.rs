//! DIGEST

use super::compare::digest;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Str, View, units_of_bytes};

pub static SPEC: Spec =
    Spec::read("digest", 2, DOC, run).since(3).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns the XXH3 digest of the string that a key holds, as 16 hexadecimal characters.",
    since: "8.4.0",
    group: Family::String,
    complexity: "O(N) with the length of the string",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some(held) = view.typed::<Str>(args.arg(1))? else { return Ok(Reply::Nil) };
    view.work(units_of_bytes(held.len()))?;
    Ok(Reply::Bulk(digest(held.as_bytes()).into()))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn digests_are_those_of_redis() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (value, digest) in [
            ("hello", "9555e8555c62dcfd"),
            ("\"\"", "2d06800538d394c2"),
            ("123", "404a763b3f4c8c9a"),
            ("v8", "0cc76dbb41381419"),
            (
                "v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd",
                "00006c38adf31777",
            ),
        ] {
            bench.run(&format!("SET k {value}"));
            assert_eq!(bench.text("DIGEST k"), format!("$16 {digest}"), "{value}");
        }
        assert_eq!(bench.text("DIGEST absent"), "$-1");
        assert_eq!(bench.text("DIGEST h"), "-WRONGTYPE Operation against a key holding the wrong kind of value");
    }

    #[test]
    fn a_script_pays_for_the_length_that_it_digests() {
        let mut bench = Bench::new();
        bench.run(&format!("SET k {}", "x".repeat(32_000)));
        let (_, long) = bench.work("DIGEST k");
        bench.run("SET k x");
        let (_, short) = bench.work("DIGEST k");
        assert!(long >= short + 2000, "{long} {short}");
    }
}
