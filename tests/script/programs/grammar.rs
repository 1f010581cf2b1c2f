//! The grammar (`grammar/*.txt`), and random programs of it as trees.

use std::collections::BTreeMap;

use crate::support::rng::Rng;

/// How deep a tree grows before it takes the shortest way to its end.
const DEPTH: usize = 14;
/// Nodes of a tree before it does.
const NODES: usize = 220;
/// A line's end, in the files.
const LINE_END: char = '↵';

/// What a symbol may become.
struct Alternative {
    symbol: usize,
    weight: usize,
    parts: Vec<Part<usize>>,
    /// Levels of the smallest tree.
    height: usize,
}

/// Text, or what stands for a symbol.
#[derive(Clone, Debug)]
pub enum Part<T> {
    /// As it is.
    Text(String),
    /// The rest.
    Symbol(T),
}

/// A part of a program.
#[derive(Clone, Debug)]
pub struct Node {
    /// Which alternative.
    pub alternative: usize,
    /// Its text and its parts.
    pub parts: Vec<Part<Node>>,
}

impl Node {
    /// The program.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Symbol(node) => node.write(out),
            }
        }
    }

    /// The nodes directly below.
    pub fn children(&self) -> impl Iterator<Item = &Node> {
        self.parts.iter().filter_map(|part| match part {
            Part::Symbol(node) => Some(node),
            Part::Text(_) => None,
        })
    }

    /// Counts the alternatives that it uses.
    pub fn count(&self, uses: &mut [u64]) {
        uses[self.alternative] += 1;
        self.children().for_each(|node| node.count(uses));
    }
}

/// See the module's header.
pub struct Grammar {
    alternatives: Vec<Alternative>,
    names: Vec<String>,
    /// Alternatives by symbol.
    by_symbol: Vec<Vec<usize>>,
}

impl Grammar {
    /// Of the language and the libraries; `with_commands` for programs that a server runs.
    pub fn load(with_commands: bool) -> Self {
        let mut files = vec!["language", "tables", "strings", "libraries"];
        if with_commands {
            files.push("commands");
        }
        let read = |name| std::fs::read_to_string(format!("tests/script/programs/grammar/{name}.txt")).unwrap();
        let text: String = files.into_iter().map(read).collect();
        let rules: Vec<(&str, usize, &str)> = text.lines().filter(|line| !line.starts_with('#')).map(rule).collect();
        let mut numbers = BTreeMap::new();
        let mut names: Vec<String> = Vec::new();
        for (symbol, ..) in &rules {
            numbers.entry(*symbol).or_insert_with(|| {
                names.push((*symbol).to_owned());
                names.len() - 1
            });
        }
        let mut by_symbol = vec![Vec::new(); names.len()];
        let mut alternatives = Vec::new();
        for (symbol, weight, body) in rules {
            by_symbol[numbers[symbol]].push(alternatives.len());
            let parts = parts(body, &numbers);
            alternatives.push(Alternative { symbol: numbers[symbol], weight, parts, height: usize::MAX });
        }
        let mut grammar = Self { alternatives, names, by_symbol };
        grammar.measure();
        grammar
    }

    fn measure(&mut self) {
        loop {
            let mut changed = false;
            for i in 0..self.alternatives.len() {
                let below = |part: &Part<usize>| match part {
                    Part::Text(_) => 0,
                    Part::Symbol(symbol) => self.height(*symbol),
                };
                let height = self.alternatives[i].parts.iter().map(below).max().unwrap_or(0).saturating_add(1);
                changed |= height < self.alternatives[i].height;
                self.alternatives[i].height = height;
            }
            if !changed {
                break;
            }
        }
        assert!(self.alternatives.iter().all(|alternative| alternative.height < usize::MAX), "a symbol without an end");
    }

    fn height(&self, symbol: usize) -> usize {
        self.by_symbol[symbol].iter().map(|at| self.alternatives[*at].height).min().unwrap_or(usize::MAX)
    }

    /// How many alternatives there are.
    pub fn len(&self) -> usize {
        self.alternatives.len()
    }

    /// An alternative as the files have it.
    pub fn shown(&self, alternative: usize) -> String {
        let alternative = &self.alternatives[alternative];
        let parts = alternative.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Symbol(symbol) => format!("${}", self.names[*symbol]),
        });
        format!("{}: {}", self.names[alternative.symbol], parts.collect::<String>())
    }

    /// A random program.
    pub fn program(&self, rng: &mut Rng) -> Node {
        self.node(0, DEPTH, &mut NODES.clone(), rng)
    }

    /// The symbol of a node.
    pub fn symbol(&self, node: &Node) -> usize {
        self.alternatives[node.alternative].symbol
    }

    /// The smallest trees that a symbol may become, in the order of the files.
    pub fn smallest(&self, symbol: usize) -> Vec<Node> {
        let lowest = self.height(symbol);
        let low = self.by_symbol[symbol].iter().filter(|at| self.alternatives[**at].height == lowest);
        low.map(|at| self.expand(*at, 0, &mut 0, &mut Rng::new(0))).collect()
    }

    fn node(&self, symbol: usize, depth: usize, nodes: &mut usize, rng: &mut Rng) -> Node {
        *nodes = nodes.saturating_sub(1);
        let all = &self.by_symbol[symbol];
        let lowest = self.height(symbol);
        let fits = |at: &&usize| {
            let height = self.alternatives[**at].height;
            if *nodes == 0 { height == lowest } else { height <= depth.max(lowest) }
        };
        let total = all.iter().filter(fits).map(|at| self.alternatives[*at].weight).sum();
        let mut left = rng.below(total);
        let chosen = all.iter().filter(fits).find(|at| {
            let weight = self.alternatives[**at].weight;
            let is_it = left < weight;
            left = left.saturating_sub(weight);
            is_it
        });
        self.expand(*chosen.unwrap(), depth.saturating_sub(1), nodes, rng)
    }

    fn expand(&self, alternative: usize, depth: usize, nodes: &mut usize, rng: &mut Rng) -> Node {
        let parts = self.alternatives[alternative].parts.iter().map(|part| match part {
            Part::Text(text) => Part::Text(text.clone()),
            Part::Symbol(symbol) => Part::Symbol(self.node(*symbol, depth, nodes, rng)),
        });
        let parts = parts.collect();
        Node { alternative, parts }
    }
}

fn rule(line: &str) -> (&str, usize, &str) {
    let (head, body) = line.split_once(": ").unwrap_or_else(|| panic!("no rule: {line}"));
    let (symbol, weight) = head.split_once(' ').unwrap_or_else(|| panic!("no weight: {line}"));
    (symbol, weight.parse().unwrap_or_else(|_| panic!("no weight: {line}")), body)
}

/// The parts of a rule; a `$` in front of no symbol is itself.
fn parts(body: &str, numbers: &BTreeMap<&str, usize>) -> Vec<Part<usize>> {
    let body = body.replace(LINE_END, "\n");
    let mut parts = Vec::new();
    let mut pieces = body.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_lowercase() && c != '1').unwrap_or(piece.len());
        let Some(symbol) = numbers.get(&piece[..end]) else {
            assert_eq!(end, 0, "no such symbol: {piece}");
            text.push('$');
            text.push_str(piece);
            continue;
        };
        parts.push(Part::Text(std::mem::take(&mut text)));
        parts.push(Part::Symbol(*symbol));
        text.push_str(&piece[end..]);
    }
    parts.push(Part::Text(text));
    parts
}
