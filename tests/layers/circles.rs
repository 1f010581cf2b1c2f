//! Circles between files that use each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::resolve::{Arrow, Target};
use crate::rules::{Violations, line, part};
use crate::source::Modules;

/// Which node uses which, with an example.
type Graph = BTreeMap<usize, BTreeMap<usize, String>>;

/// One cycle for each strongly connected component of more than one unit, and of more than one module within a unit.
pub fn circles(modules: &Modules, arrows: &[Arrow]) -> Violations {
    let mut found = Violations::new();
    let of_units = graph(modules, arrows, |from, to| {
        let same_part = part(&modules.0[from].file) == part(&modules.0[to].file);
        same_part.then(|| (unit(modules, from), unit(modules, to)))
    });
    report(modules, &of_units, &mut found);
    for above in (0..modules.0.len()).filter(|above| modules.0[*above].depth > 1) {
        let inside =
            graph(modules, arrows, |from, to| Some((child(modules, above, from)?, child(modules, above, to)?)));
        report(modules, &inside, &mut found);
    }
    found
}

/// The module whose encapsulated part this one is: up through private modules, but not into a folder of `src/` itself.
fn unit(modules: &Modules, at: usize) -> usize {
    let module = &modules.0[at];
    match module.parent {
        Some(parent) if module.private && modules.0[parent].depth > 1 => unit(modules, parent),
        _ => at,
    }
}

/// The child of `above` that `at` is or is below, within one unit.
fn child(modules: &Modules, above: usize, at: usize) -> Option<usize> {
    let mut at = at;
    while unit(modules, at) == unit(modules, above) {
        let parent = modules.0[at].parent?;
        if parent == above {
            return Some(at);
        }
        at = parent;
    }
    None
}

/// What code uses: neither re-exports of what is below, nor imports of whole modules, whose uses follow.
fn graph(modules: &Modules, arrows: &[Arrow], nodes: impl Fn(usize, usize) -> Option<(usize, usize)>) -> Graph {
    let mut graph = Graph::new();
    for arrow in arrows.iter().filter(|arrow| !arrow.is_reexport) {
        if let Target::Item { home, .. } = arrow.to
            && let Some((from, to)) = nodes(arrow.from, home)
            && from != to
        {
            graph.entry(from).or_default().entry(to).or_insert_with(|| line(modules, arrow));
        }
    }
    graph
}

/// For each node that `start` leads to, the one before it on a shortest way.
fn ways(graph: &Graph, start: usize) -> BTreeMap<usize, usize> {
    let (mut before, mut queue) = (BTreeMap::new(), VecDeque::from([start]));
    while let Some(at) = queue.pop_front() {
        for next in graph.get(&at).into_iter().flat_map(BTreeMap::keys) {
            before.entry(*next).or_insert_with(|| {
                queue.push_back(*next);
                at
            });
        }
    }
    before
}

fn report(modules: &Modules, graph: &Graph, found: &mut Violations) {
    let ways: BTreeMap<usize, _> = graph.keys().map(|at| (*at, ways(graph, *at))).collect();
    let mut done = BTreeSet::new();
    for (start, reached) in ways.iter().filter(|(start, reached)| reached.contains_key(start)) {
        let leads_back = |other: &usize| ways.get(other).is_some_and(|back| back.contains_key(start));
        let component: Vec<usize> = reached.keys().copied().filter(leads_back).collect();
        if !done.insert(component.clone()) {
            continue;
        }
        let back = std::iter::successors(Some(*start), |at| Some(reached[at])).skip(1);
        let cycle: Vec<usize> = back.take_while(|at| at != start).chain([*start]).collect();
        let steps = cycle.iter().rev().zip(cycle.iter().rev().cycle().skip(1));
        let lines = steps.map(|(from, to)| format!("→ {}", graph[from][to])).collect();
        let files: Vec<&str> = component.iter().map(|at| modules.0[*at].file.as_str()).collect();
        found.insert(format!("circle of {}: {}; for example", files.len(), files.join(", ")), lines);
    }
}
