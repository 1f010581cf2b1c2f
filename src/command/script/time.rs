//! TIME

use crate::command::{Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("time", 1, DOC, run)
    .without(Flags::READONLY)
    .flags(Flags::LOADING.union(Flags::STALE).union(Flags::FAST));

const DOC: Doc = Doc {
    summary: "Returns the cluster's time in seconds and microseconds; inside scripts, that of the log entry.",
    since: "2.6.0",
    group: Family::Server,
    complexity: "O(1)",
    args: &[],
};

fn run(view: &View<'_>, _: &Args) -> Outcome {
    let now_ms = view.now_ms();
    Ok(Reply::bulks([(now_ms / 1000).to_string(), (now_ms % 1000 * 1000).to_string()]))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn time_is_that_of_the_entry() {
        let mut bench = Bench::new();
        bench.now_ms = 1_790_000_001_234;
        assert_eq!(bench.text("TIME"), "*2 $10 1790000001 $6 234000");
    }
}
