//! From a program that differs to a small one that does: parts are replaced by their smallest forms, or by a part of their own of the
//! same kind, as long as the difference stays.

use super::grammar::{Grammar, Node, Part};

/// Programs that are tried for one difference.
const TRIES: usize = 1_000;

/// The smallest that was found.
pub fn shrink(grammar: &Grammar, program: Node, mut differs: impl FnMut(&str) -> bool) -> Node {
    let mut best = program;
    let mut tries = 0;
    'again: loop {
        for path in paths(&best) {
            let len = best.text().len();
            for small in smaller(grammar, at(&best, &path)) {
                let candidate = replaced(&best, &path, small);
                let text = candidate.text();
                if text.len() >= len {
                    continue;
                }
                tries += 1;
                if tries > TRIES {
                    return best;
                }
                if differs(&text) {
                    best = candidate;
                    continue 'again;
                }
            }
        }
        return best;
    }
}

/// The ways to all nodes, by the places of their parts; the largest first.
fn paths(node: &Node) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    let mut from = 0;
    while let Some(path) = all.get(from).cloned() {
        let below = at(node, &path).parts.iter().enumerate();
        let nodes: Vec<usize> = below.filter(|(_, part)| matches!(part, Part::Symbol(_))).map(|(i, _)| i).collect();
        all.extend(nodes.into_iter().map(|i| [&path[..], &[i]].concat()));
        from += 1;
    }
    all
}

fn at<'a>(node: &'a Node, path: &[usize]) -> &'a Node {
    path.iter().fold(node, |node, i| match &node.parts[*i] {
        Part::Symbol(node) => node,
        Part::Text(_) => panic!("a path leads through nodes"),
    })
}

fn replaced(node: &Node, path: &[usize], by: Node) -> Node {
    let Some((first, rest)) = path.split_first() else { return by };
    let mut node = node.clone();
    if let Part::Symbol(inner) = &mut node.parts[*first] {
        *inner = replaced(inner, rest, by);
    }
    node
}

fn smaller(grammar: &Grammar, node: &Node) -> Vec<Node> {
    let symbol = grammar.symbol(node);
    let mut found = grammar.smallest(symbol);
    found.truncate(4);
    let mut below: Vec<&Node> = node.children().collect();
    while let Some(inner) = below.pop() {
        if grammar.symbol(inner) == symbol {
            found.push(inner.clone());
        }
        below.extend(inner.children());
    }
    found
}
