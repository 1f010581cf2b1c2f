//! Commands as data: the files in `grammar/`, one form of a command per line.
//!
//! ```text
//! weight [@attribute] NAME [NAME…] arguments
//! WORD        itself              <atom>      an argument made by atoms.rs      x...      one to four times
//! [a | b]     a, b or nothing     (a | b)     a or b                            {a b}...  one to four times
//! ```
//!
//! Neighbouring optional parts are sent in any order. Each form's name and the first word of each alternative is a *point*, which
//! the differential test has to reach often enough, so an option cannot be forgotten. A family is added by a file and its line in
//! [`FILES`]. Attributes: `@exact` is never damaged on purpose; `@iterate` follows the cursor to its end and compares the union.

use std::collections::{BTreeMap, BTreeSet};

use crate::atoms;
use crate::support::rng::Rng;

const FILES: &[&str] = &[
    include_str!("grammar/strings.txt"),
    include_str!("grammar/keys.txt"),
    include_str!("grammar/hashes.txt"),
    include_str!("grammar/lists.txt"),
    include_str!("grammar/sets.txt"),
    include_str!("grammar/sorted_sets.txt"),
    include_str!("grammar/bitmaps.txt"),
    include_str!("grammar/geo.txt"),
    include_str!("grammar/hyperloglog.txt"),
    include_str!("grammar/sorting.txt"),
    include_str!("grammar/streams.txt"),
    include_str!("grammar/transactions.txt"),
    include_str!("grammar/connection.txt"),
    include_str!("grammar/server.txt"),
    include_str!("grammar/scripts.txt"),
    include_str!("grammar/functions.txt"),
];

/// Most repetitions of `x...`.
const REPEAT_MAX: usize = 4;

/// A part of a form.
#[derive(Debug)]
enum Node {
    Word(String),
    Atom(String),
    Choice { alternatives: Vec<Alternative>, optional: bool },
    Repeat(Vec<Node>),
}

#[derive(Debug)]
struct Alternative {
    nodes: Vec<Node>,
    point: Option<usize>,
}

/// One line of a grammar file.
#[derive(Debug)]
pub struct Form {
    weight: usize,
    point: usize,
    nodes: Vec<Node>,
    /// Never damaged on purpose.
    pub exact: bool,
    /// The cursor is followed to its end.
    pub iterate: bool,
}

/// All forms of all commands.
#[derive(Debug, Default)]
pub struct Grammar {
    forms: Vec<Form>,
    /// Names of the points, by number.
    points: Vec<String>,
    numbers: BTreeMap<String, usize>,
    total: usize,
    only: Option<BTreeSet<String>>,
}

/// Arguments and the points that they reach.
pub type Generated = (Vec<Vec<u8>>, Vec<usize>);

impl Grammar {
    /// Reads the files. `LOCKSTEP_ONLY=GET,SET,CLIENT` leaves only these commands: for who works on a family.
    pub fn load() -> Self {
        let only = std::env::var("LOCKSTEP_ONLY").ok();
        let only = only.map(|names| names.split(',').map(str::to_uppercase).collect());
        let mut grammar = Self { only, ..Self::default() };
        for line in FILES.iter().flat_map(|file| file.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                grammar.add(line).unwrap_or_else(|what| panic!("{line}: {what}"));
            }
        }
        grammar
    }

    /// True if no command is left out.
    pub fn is_whole(&self) -> bool {
        self.only.is_none()
    }

    /// True if the command of this name is to be sent.
    pub fn allows(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(name))
    }

    /// Names of the points.
    pub fn points(&self) -> &[String] {
        &self.points
    }

    fn point(&mut self, name: String) -> usize {
        let next = self.points.len();
        *self.numbers.entry(name.clone()).or_insert_with(|| {
            self.points.push(name);
            next
        })
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let mut tokens = tokenize(line);
        let weight: usize = tokens.pop_front().and_then(|token| token.parse().ok()).ok_or("no weight")?;
        let (mut exact, mut iterate) = (false, false);
        while let Some(attribute) = tokens.front().and_then(|token| token.strip_prefix('@')) {
            match attribute {
                "exact" => exact = true,
                "iterate" => iterate = true,
                other => return Err(format!("no attribute {other:?}")),
            }
            tokens.pop_front();
        }
        let word = |token: &&String| token.starts_with(|c: char| c.is_ascii_alphabetic());
        let name = tokens.iter().take_while(word).take(2).cloned().collect::<Vec<_>>().join(" ");
        let name = if name.is_empty() { "(unknown)".to_string() } else { name };
        let nodes = self.sequence(&mut tokens, &name)?;
        if let Some(token) = tokens.front() {
            return Err(format!("unexpected {token:?}"));
        }
        let weight = if self.allows(name.split(' ').next().unwrap_or_default()) { weight } else { 0 };
        let point = self.point(name);
        self.total += weight;
        self.forms.push(Form { weight, point, nodes, exact, iterate });
        Ok(())
    }

    fn sequence(&mut self, tokens: &mut Tokens, name: &str) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        while let Some(token) = tokens.pop_front() {
            let node = match token.as_str() {
                "[" | "(" => {
                    let (optional, end) = if token == "[" { (true, "]") } else { (false, ")") };
                    let mut alternatives = Vec::new();
                    loop {
                        let nodes = self.sequence(tokens, name)?;
                        let point = match nodes.first() {
                            Some(Node::Word(word)) => Some(self.point(format!("{name} {word}"))),
                            _ => None,
                        };
                        alternatives.push(Alternative { nodes, point });
                        match tokens.pop_front().as_deref() {
                            Some("|") => {}
                            Some(token) if token == end => break,
                            other => return Err(format!("{other:?} instead of {end:?}")),
                        }
                    }
                    Node::Choice { alternatives, optional }
                }
                "{" => {
                    let nodes = self.sequence(tokens, name)?;
                    (tokens.pop_front().as_deref() == Some("}")).then_some(()).ok_or("no }")?;
                    (tokens.pop_front().as_deref() == Some("...")).then_some(()).ok_or("no ... after }")?;
                    Node::Repeat(nodes)
                }
                "|" | "]" | ")" | "}" => {
                    tokens.push_front(token);
                    return Ok(nodes);
                }
                "..." => Node::Repeat(nodes.pop().into_iter().collect()),
                atom if atom.starts_with('<') => {
                    let atom = atom.trim_matches(['<', '>']);
                    atoms::known(atom).then_some(()).ok_or_else(|| format!("no atom {atom:?}"))?;
                    Node::Atom(atom.into())
                }
                word => Node::Word(word.into()),
            };
            nodes.push(node);
        }
        Ok(nodes)
    }

    /// A form by its weight.
    pub fn pick(&self, rng: &mut Rng) -> &Form {
        let mut at = rng.below(self.total);
        for form in &self.forms {
            if at < form.weight {
                return form;
            }
            at -= form.weight;
        }
        unreachable!("below the sum of the weights")
    }

    /// The form with these words, which a template asks for.
    pub fn exactly(&self, words: &str) -> Generated {
        let args: Vec<Vec<u8>> = words.split(' ').map(Into::into).collect();
        let name = words.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let points = [words, &name].iter().filter_map(|name| self.numbers.get(*name).copied()).take(1).collect();
        (args, points)
    }

    /// Arguments for a form.
    pub fn generate(&self, form: &Form, rng: &mut Rng) -> Generated {
        let mut out = (Vec::new(), vec![form.point]);
        generate(&form.nodes, rng, &mut out);
        out
    }
}

fn generate(nodes: &[Node], rng: &mut Rng, out: &mut Generated) {
    let optional = |node: &Node| matches!(node, Node::Choice { optional: true, .. });
    for run in nodes.chunk_by(|a, b| optional(a) && optional(b)) {
        let mut run: Vec<&Node> = run.iter().collect();
        rng.shuffle(&mut run);
        for node in run {
            match node {
                Node::Word(word) => out.0.push(word.clone().into_bytes()),
                Node::Atom(atom) => atoms::generate(atom, rng, &mut out.0),
                Node::Choice { optional: true, .. } if rng.percent(60) => {}
                Node::Choice { alternatives, .. } => {
                    let chosen = rng.pick(alternatives);
                    out.1.extend(chosen.point);
                    generate(&chosen.nodes, rng, out);
                }
                Node::Repeat(nodes) => {
                    for _ in 0..=rng.below(REPEAT_MAX) {
                        generate(nodes, rng, out);
                    }
                }
            }
        }
    }
}

type Tokens = std::collections::VecDeque<String>;

fn tokenize(line: &str) -> Tokens {
    let mut spaced = line.replace("...", " ... ");
    for mark in ["[", "]", "(", ")", "{", "}", "|"] {
        spaced = spaced.replace(mark, &format!(" {mark} "));
    }
    spaced.split_whitespace().map(Into::into).collect()
}

#[test]
fn a_form_makes_what_it_says() {
    let mut grammar = Grammar::default();
    grammar.add("3 @exact X <key> [A | B <int>] [C] {<field> Y}...").unwrap();
    assert_eq!(grammar.points(), ["X A", "X B", "X C", "X"]);
    let (mut rng, mut seen) = (Rng::new(1), std::collections::BTreeSet::new());
    for _ in 0..200 {
        let (args, points) = grammar.generate(&grammar.forms[0], &mut rng);
        let words: Vec<_> = args.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect();
        assert_eq!((words[0].as_str(), words.last().map(String::as_str)), ("X", Some("Y")));
        for option in ["A", "B", "C"] {
            let number = grammar.numbers[&format!("X {option}")];
            assert_eq!(words.iter().any(|word| word == option), points.contains(&number), "{words:?}");
        }
        seen.extend(words.windows(2).filter(|pair| pair[1] == "A" || pair[1] == "C").map(|pair| pair.concat()));
    }
    assert!(seen.contains("AC") && seen.iter().any(|pair| pair.ends_with('A')), "options in any order: {seen:?}");
    for wrong in ["X", "1 X [A", "1 X <nosuch>", "1 X {A}", "1 X A]", "1 @nosuch X"] {
        assert!(grammar.add(wrong).is_err(), "{wrong}");
    }
}
