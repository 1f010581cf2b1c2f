//! From paths to what they name, through imports, re-exports and globs.

use crate::source::{Import, Module, Modules};

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Module(usize),
    /// Defined in this module.
    Item {
        home: usize,
        name: String,
    },
    /// Of another crate.
    External(Vec<String>),
    /// A path into this crate that leads nowhere.
    Missing,
}

/// One use of another module, or of the outside.
pub struct Arrow {
    pub from: usize,
    pub to: Target,
    pub line: usize,
    /// As written, with the trees of `use` opened up.
    pub text: String,
    /// A `pub use` of what is in the module's own children.
    pub is_reexport: bool,
}

/// Names that are being looked for: globs and re-exports may lead back to them.
type Seen = Vec<(usize, String, bool)>;

impl Modules {
    /// Everything that is imported, or named without being imported.
    pub fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for (from, module) in self.0.iter().enumerate() {
            for Import { name, path, public, line } in &module.imports {
                let to = self.target(from, path);
                let is_reexport = *public && self.home(&to).is_some_and(|home| self.is_below(home, from));
                let text = path.join("::") + if name == "*" { "::*" } else { "" };
                arrows.push(Arrow { from, to, line: *line, text, is_reexport });
            }
            for (path, line) in &module.mentions {
                let to = self.target(from, path);
                let is_no_path = path.len() == 1 && !matches!(to, Target::Item { .. });
                if !is_no_path && !self.imports_item(module, from, &path[0]) {
                    arrows.push(Arrow { from, to, line: *line, text: path.join("::"), is_reexport: false });
                }
            }
        }
        arrows
    }

    fn imports_item(&self, module: &Module, at: usize, name: &str) -> bool {
        let mut imports = module.imports.iter().filter(|import| !import.public && import.name == name);
        imports.any(|import| !matches!(self.target(at, &import.path), Target::Module(_)))
    }

    pub fn home(&self, target: &Target) -> Option<usize> {
        match target {
            Target::Module(home) | Target::Item { home, .. } => Some(*home),
            Target::External(_) | Target::Missing => None,
        }
    }

    fn is_below(&self, module: usize, above: usize) -> bool {
        module == above || self.0[module].parent.is_some_and(|parent| self.is_below(parent, above))
    }

    /// What a path within module `at` names.
    pub fn target(&self, at: usize, path: &[String]) -> Target {
        self.resolve(at, path, &mut Seen::new())
    }

    fn resolve(&self, at: usize, path: &[String], seen: &mut Seen) -> Target {
        let (mut module, mut rest, mut inside) = (at, path, false);
        while let Some((word, behind)) = rest.split_first() {
            let parent = self.0[module].parent;
            let found = match word.as_str() {
                "crate" if !inside => Some(Target::Module(self.root(module))),
                "self" if !inside => Some(Target::Module(module)),
                // The library, for the binary.
                "lockstep" if !inside && self.0[self.root(module)].file == "src/main.rs" => Some(Target::Module(0)),
                "super" => parent.map(Target::Module),
                name => self.find(module, name, behind.is_empty(), seen),
            };
            match found {
                Some(Target::Module(next)) => (module, rest, inside) = (next, behind, true),
                Some(Target::External(path)) => return Target::External([&path, behind].concat()),
                Some(found) => return found,
                None if inside => return Target::Missing,
                None => return Target::External(rest.to_vec()),
            }
        }
        Target::Module(module)
    }

    /// A name in a module. `last`: nothing follows it in the path, so that it is rather an item than a module.
    fn find(&self, at: usize, name: &str, last: bool, seen: &mut Seen) -> Option<Target> {
        let key = (at, name.to_string(), last);
        if seen.contains(&key) {
            return None;
        }
        seen.push(key);
        let module = &self.0[at];
        let item = module.items.get(name).map(|name| Target::Item { home: at, name: name.clone() });
        let child = module.children.get(name).map(|child| Target::Module(*child));
        if let Some(found) = if last { item } else { child.clone().or(item) } {
            return Some(found);
        }
        let of_import = |import: &Import, seen: &mut Seen| match self.resolve(at, &import.path, seen) {
            Target::Missing => None,
            found => Some(found),
        };
        let of_glob = |glob: &Import, seen: &mut Seen| match self.resolve(at, &glob.path, seen) {
            Target::Module(from) => self.find(from, name, last, seen),
            _ => None,
        };
        let mut named = module.imports.iter().filter(|import| import.name == name);
        let mut globs = module.imports.iter().filter(|import| import.name == "*");
        let imported = named.find_map(|import| of_import(import, seen)).or(child);
        imported.or_else(|| globs.find_map(|glob| of_glob(glob, seen)))
    }

    fn root(&self, module: usize) -> usize {
        self.0[module].parent.map_or(module, |parent| self.root(parent))
    }
}
