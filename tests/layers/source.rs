//! From text to modules: what each one defines, imports and names.
//!
//! Works on proc-macro2's tokens, so that comments and strings are out of the way, and macros' arguments are read like other code. Attributes
//! are passed over, and what follows `#[cfg(test)]` is not read.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Texts by path, `src/a/b.rs`.
pub type Sources = BTreeMap<String, String>;

/// A name that a `use` brings in; `*` for a glob.
pub struct Import {
    pub name: String,
    pub path: Vec<String>,
    pub public: bool,
    pub line: usize,
}

#[derive(Default)]
pub struct Module {
    pub file: String,
    /// Number of modules above it.
    pub depth: usize,
    pub parent: Option<usize>,
    /// Declared without `pub` of any kind: seen by its parent, and what is below that, alone.
    pub private: bool,
    pub children: BTreeMap<String, usize>,
    /// What is defined here.
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Paths in code, and their lines.
    pub mentions: Vec<(Vec<String>, usize)>,
}

/// All modules of the library and the binary, without those of tests.
#[derive(Default)]
pub struct Modules(pub Vec<Module>);

/// A word, a mark, `::` or a bracket. Literals are `"`.
struct Token {
    text: String,
    line: usize,
    /// Of an opening bracket: where the closing one is.
    close: usize,
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut joint = false;
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |text: &str| tokens.push(Token { text: text.into(), line, close: 0 });
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis | Delimiter::None => ("(", ")"),
                };
                push(open);
                let at = tokens.len() - 1;
                flatten(group.stream(), tokens);
                tokens[at].close = tokens.len();
                tokens.push(Token { text: close.into(), line, close: 0 });
            }
            TokenTree::Ident(ident) => push(&ident.to_string()),
            TokenTree::Literal(_) => push("\""),
            TokenTree::Punct(punct) if joint && punct.as_char() == ':' => {
                tokens.pop();
                tokens.push(Token { text: "::".into(), line, close: 0 });
                joint = false;
                continue;
            }
            TokenTree::Punct(punct) => {
                push(&punct.to_string());
                joint = punct.as_char() == ':' && punct.spacing() == Spacing::Joint;
                continue;
            }
        }
        joint = false;
    }
}

impl Modules {
    pub fn read(sources: &Sources) -> Self {
        let mut modules = Self::default();
        for root in ["src/lib.rs", "src/main.rs"].into_iter().filter(|root| sources.contains_key(*root)) {
            modules.file(sources, "src", Module { file: root.into(), ..Module::default() });
        }
        modules
    }

    /// Reads a module's file; its children are in `folder`. Gives the module's number.
    fn file(&mut self, sources: &Sources, folder: &str, module: Module) -> usize {
        let mut tokens = Vec::new();
        let text = sources[&module.file].parse().unwrap_or_else(|error| panic!("{}: {error}", module.file));
        flatten(text, &mut tokens);
        self.0.push(module);
        let id = self.0.len() - 1;
        Scan { modules: self, sources, folder, id, tokens: &tokens }.run();
        id
    }
}

struct Scan<'a> {
    modules: &'a mut Modules,
    sources: &'a Sources,
    folder: &'a str,
    id: usize,
    tokens: &'a [Token],
}

impl Scan<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn is_word(&self, at: usize) -> bool {
        self.text(at).starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    fn run(&mut self) {
        // Before `body` ends, names are not the module's.
        let (mut at, mut body, mut public) = (0, 0, false);
        while at < self.tokens.len() {
            let (word, before) = (self.text(at), if at > 0 { self.text(at - 1) } else { "" });
            let next = at + 1;
            match word {
                "#" if self.text(next) == "[" || (self.text(next) == "!" && self.text(next + 1) == "[") => {
                    let open = if self.text(next) == "[" { next } else { next + 1 };
                    let close = self.tokens[open].close;
                    let names = |name: &str| (open..close).any(|at| self.text(at) == name);
                    let of_tests = self.text(open + 1) == "cfg" && names("test") && !names("not");
                    at = if of_tests { self.behind(close + 1) } else { close + 1 };
                    continue;
                }
                "pub" => {
                    public = true;
                    at = if self.text(next) == "(" { self.tokens[next].close + 1 } else { next };
                    continue;
                }
                "mod" => at = self.child(next, !public),
                "use" if self.text(next) != "<" => at = self.import(next, &[], public),
                "struct" | "enum" | "union" | "trait" | "type" | "fn" | "const" | "static"
                    if self.is_word(next) && !["*", "'"].contains(&before) && self.text(next) != "fn" =>
                {
                    let name = if self.text(next) == "mut" { next + 1 } else { next };
                    if at >= body {
                        let name = self.text(name).to_string();
                        self.modules.0[self.id].items.insert(name);
                    }
                    at = name + 1;
                }
                // A macro that defines items, such as `bitflags!`, is no body.
                "{" | "(" | "[" if at >= body && before != "!" => (at, body) = (next, self.tokens[at].close),
                _ if self.is_word(at) => {
                    let (path, end) = self.path(at);
                    let is_field = before == "." && self.text(at.saturating_sub(2)) != ".";
                    let is_label = path.len() == 1 && self.text(end) == ":";
                    let is_associated = before == "::" && self.text(at.saturating_sub(2)) == ">";
                    if !(is_field || is_label || is_associated || before == "'") {
                        let line = self.tokens[end - 1].line;
                        self.modules.0[self.id].mentions.push((path, line));
                    }
                    at = end;
                    continue;
                }
                _ => at = next,
            }
            public = false;
        }
    }

    /// Behind the item, statement, field or arm that begins at `at`. `,` within `<>` does not end it.
    fn behind(&self, mut at: usize) -> usize {
        let mut angles = 0;
        while at < self.tokens.len() {
            match self.text(at) {
                ";" => return at + 1,
                "," if angles <= 0 => return at + 1,
                "}" | ")" | "]" => return at,
                "{" => return self.tokens[at].close + 1,
                "(" | "[" => at = self.tokens[at].close,
                "<" => angles += 1,
                ">" if !["-", "="].contains(&self.text(at - 1)) => angles -= 1,
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// Reads the child whose name stands at `at`. Gives what is behind it. Modules have files of their own; only tests' do without.
    fn child(&mut self, at: usize, private: bool) -> usize {
        let (name, above) = (self.text(at).to_string(), &self.modules.0[self.id]);
        let folder = format!("{}/{name}", self.folder);
        let mut files = [format!("{folder}.rs"), format!("{folder}/mod.rs")].into_iter();
        let file = files.find(|file| self.sources.contains_key(file));
        let file = file.unwrap_or_else(|| panic!("no file of `mod {name}` in {}", above.file));
        let child = Module { file, depth: above.depth + 1, parent: Some(self.id), private, ..Module::default() };
        let id = self.modules.file(self.sources, &folder, child);
        self.modules.0[self.id].children.insert(name, id);
        at + 1
    }

    /// The path that begins at `at`, and where it ends. A generic argument ends it.
    fn path(&self, mut at: usize) -> (Vec<String>, usize) {
        let mut path = Vec::new();
        while self.is_word(at) {
            path.push(self.text(at).to_string());
            at += 1;
            if self.text(at) != "::" || !self.is_word(at + 1) {
                break;
            }
            at += 1;
        }
        (path, at)
    }

    /// One tree of a `use`, below `prefix`. Gives where it ends.
    fn import(&mut self, at: usize, prefix: &[String], public: bool) -> usize {
        let (behind, mut end) = self.path(if self.text(at) == "::" { at + 1 } else { at });
        let mut path = [prefix, &behind].concat();
        if self.text(end) == "::" {
            end += 1;
        }
        if self.text(end) == "{" {
            let close = self.tokens[end].close;
            end += 1;
            while end < close {
                end = self.import(end, &path, public);
                end += usize::from(end < close);
            }
            return close + 1;
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let line = self.tokens[end.saturating_sub(1)].line;
        let name = match self.text(end) {
            "*" => "*".to_string(),
            "as" => self.text(end + 1).to_string(),
            _ => path.last().cloned().unwrap_or_default(),
        };
        end += match self.text(end) {
            "*" => 1,
            "as" => 2,
            _ => 0,
        };
        self.modules.0[self.id].imports.push(Import { name, path, public, line });
        end
    }
}
