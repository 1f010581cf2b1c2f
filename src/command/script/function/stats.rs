//! FUNCTION STATS
//!
//! What runs is this node's: functions that only read. What may write runs between two commands of anybody, so it has ended, or not begun, when this is answered.

use super::{LEVEL, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::script::library::ENGINE;
use crate::store::View;

pub static SPEC: Spec = Spec::session(
    "function|stats",
    2,
    Flags::NOSCRIPT.union(Flags::ALLOW_BUSY).union(Flags::CUTS_GROUP),
    doc("7.0.0", "O(1)", "Shows the function that runs on this node, and how many are loaded."),
    run,
)
.since(LEVEL);

/// What of it is in the state: read like any other.
static COUNTS: Spec = Spec::read("function|stats", 2, doc("7.0.0", "O(1)", ""), counts);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let (node, args) = (call.node.clone(), args.clone());
    Answer::later(async move {
        let running = node.running_function();
        let asked = running.as_ref().map_or(args, |(command, _)| command.clone());
        let mut counted = match node.execute(&COUNTS, asked).await {
            Reply::Array(parts) => parts.into_iter(),
            error => return error,
        };
        let (engines, name) = (counted.next().unwrap_or(Reply::Nil), counted.next().unwrap_or(Reply::Nil));
        let running = running.map_or(Reply::Nil, |(command, ms)| {
            Reply::Map(vec![
                (Reply::bulk("name"), name),
                (Reply::bulk("command"), Reply::Array(command.from(0).map(Reply::bulk).collect())),
                (Reply::bulk("duration_ms"), Reply::Int(ms as i64)),
            ])
        });
        Reply::Map(vec![(Reply::bulk("running_script"), running), (Reply::bulk("engines"), engines)])
    })
}

/// The engines, and the function that the second argument names as it was registered.
fn counts(view: &View<'_>, args: &Args) -> Outcome {
    let libraries = &view.state().libraries;
    let count = |name, count: usize| (Reply::bulk(name), Reply::Int(count as i64));
    let counts =
        vec![count("libraries_count", libraries.iter().len()), count("functions_count", libraries.function_count())];
    let registered = libraries.function(args.arg(1)).and_then(|(library, place)| library.functions.get(place));
    let name = registered.map_or_else(|| Reply::bulk(args.arg(1)), |function| Reply::Bulk(function.name.clone()));
    Ok(Reply::Array(vec![Reply::Map(vec![(Reply::bulk(ENGINE), Reply::Map(counts))]), name]))
}
