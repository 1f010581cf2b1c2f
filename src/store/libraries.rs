//! Libraries of functions (FUNCTION LOAD): replicated state, as scripts are.
//!
//! Invariants
//! - A name, whatever its case, is that of one function of one library; a library has at least one function.
//! - What a library was loaded within ([`Library::budget`], [`Library::memory`]) belongs to it, and so do the units that loading it took: loading it again,
//!   on any node, after a restart or for the sake of a cache, gives the same and costs the same ([`Loaded`] is the cache's place).

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bitflags::bitflags;
use bytes::Bytes;

bitflags! {
    /// What a script or function says of itself, in Redis's order.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ScriptFlags: u8 {
        /// It only reads.
        const NO_WRITES = 1;
        /// It runs although `maxmemory` is reached.
        const ALLOW_OOM = 1 << 1;
        /// As Redis knows it; without a meaning here.
        const ALLOW_STALE = 1 << 2;
        /// It does not run for clients of Redis Cluster.
        const NO_CLUSTER = 1 << 3;
        /// For those its calls may have keys of different slots.
        const ALLOW_CROSS_SLOT_KEYS = 1 << 4;
    }
}

/// The flags and their names.
const FLAG_NAMES: [(&str, ScriptFlags); 5] = [
    ("no-writes", ScriptFlags::NO_WRITES),
    ("allow-oom", ScriptFlags::ALLOW_OOM),
    ("allow-stale", ScriptFlags::ALLOW_STALE),
    ("no-cluster", ScriptFlags::NO_CLUSTER),
    ("allow-cross-slot-keys", ScriptFlags::ALLOW_CROSS_SLOT_KEYS),
];

impl ScriptFlags {
    /// The flag of that name in lower case.
    pub fn named(name: &[u8]) -> Option<Self> {
        FLAG_NAMES.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, flag)| *flag)
    }

    /// The names of those that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        FLAG_NAMES.iter().filter(move |(_, flag)| self.contains(*flag)).map(|(name, _)| *name)
    }
}

/// A function of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryFunction {
    /// Its name as it was registered.
    pub name: Bytes,
    /// What it says of itself.
    pub description: Option<Bytes>,
    /// Its flags.
    pub flags: ScriptFlags,
}

/// This node's cache of what a library is once it is loaded: no part of the state, and of the type that who loads it knows.
#[derive(Clone, Debug, Default)]
pub struct Loaded(pub OnceLock<Arc<dyn Any + Send + Sync>>);

impl PartialEq for Loaded {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A library.
#[derive(Clone, Debug, PartialEq)]
pub struct Library {
    /// Its name.
    pub name: Bytes,
    /// All of it, with the first line.
    pub code: Bytes,
    /// In the order in which they were registered.
    pub functions: Vec<LibraryFunction>,
    /// Units that it was allowed for being loaded.
    pub budget: u64,
    /// Bytes that it was allowed for that.
    pub memory: u64,
    /// Units that loading it took: each run of a function begins with them.
    pub units: u64,
    /// Bytes that each run of a function begins with.
    pub bytes: u64,
    /// See [`Loaded`].
    pub loaded: Loaded,
}

/// Why a library cannot be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// There is a library of that name.
    Library(Bytes),
    /// Another library has a function of that name.
    Function(Bytes),
}

/// All libraries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Libraries {
    by_name: BTreeMap<Bytes, Arc<Library>>,
    /// By the function's name in lower case: its library, and its place there.
    functions: BTreeMap<Vec<u8>, (Arc<Library>, usize)>,
}

impl Libraries {
    /// The library of that name.
    pub fn get(&self, name: &[u8]) -> Option<&Arc<Library>> {
        self.by_name.get(name)
    }

    /// All, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Library>> {
        self.by_name.values()
    }

    /// How many functions there are.
    pub fn function_count(&self) -> usize {
        self.functions.len()
    }

    /// The function of that name, whatever its case: its library, and its place there.
    pub fn function(&self, name: &[u8]) -> Option<(&Arc<Library>, usize)> {
        self.functions.get(&name.to_ascii_lowercase()).map(|(library, place)| (library, *place))
    }

    /// Adds a library; with `replace` it takes the place of one of the same name. Nothing is changed where it cannot.
    ///
    /// # Errors
    /// What of it is taken.
    pub fn add(&mut self, library: Library, replace: bool) -> Result<(), Taken> {
        let old = self.by_name.get(&library.name);
        if old.is_some() && !replace {
            return Err(Taken::Library(library.name));
        }
        let is_old = |of: &Library| of.name == library.name;
        let taken =
            library.functions.iter().find(|function| self.function(&function.name).is_some_and(|(of, _)| !is_old(of)));
        if let Some(function) = taken {
            return Err(Taken::Function(function.name.clone()));
        }
        self.remove(&library.name.clone());
        let library = Arc::new(library);
        for (place, function) in library.functions.iter().enumerate() {
            self.functions.insert(function.name.to_ascii_lowercase(), (library.clone(), place));
        }
        self.by_name.insert(library.name.clone(), library);
        Ok(())
    }

    /// Removes a library; false if there is none of that name.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        let Some(library) = self.by_name.remove(name) else { return false };
        for function in &library.functions {
            self.functions.remove(&function.name.to_ascii_lowercase());
        }
        true
    }

    /// Checks the invariants.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let shown = |name: &[u8]| name.escape_ascii().to_string();
        for (name, library) in &self.by_name {
            if *name != library.name || library.functions.is_empty() {
                return Err(format!("library {} is empty or misplaced", shown(name)));
            }
        }
        let count: usize = self.iter().map(|library| library.functions.len()).sum();
        for (name, (library, place)) in &self.functions {
            let is_there = self.get(&library.name).is_some_and(|known| Arc::ptr_eq(known, library));
            let is_named = library.functions.get(*place).is_some_and(|f| f.name.eq_ignore_ascii_case(name));
            if !is_there || !is_named {
                return Err(format!("function {} belongs to no library", shown(name)));
            }
        }
        if count == self.functions.len() { Ok(()) } else { Err("a name of two functions".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(name: &str, functions: &[&str]) -> Library {
        let function = |name: &&str| LibraryFunction {
            name: Bytes::copy_from_slice(name.as_bytes()),
            description: None,
            flags: ScriptFlags::empty(),
        };
        Library {
            name: Bytes::copy_from_slice(name.as_bytes()),
            code: Bytes::new(),
            functions: functions.iter().map(function).collect(),
            budget: 1,
            memory: 1,
            units: 0,
            bytes: 0,
            loaded: Loaded::default(),
        }
    }

    #[test]
    fn a_name_is_that_of_one_function_whatever_its_case() {
        let mut all = Libraries::default();
        all.add(library("a", &["f", "g"]), false).unwrap();
        let before = all.clone();
        assert_eq!(all.add(library("b", &["h", "F"]), true), Err(Taken::Function("F".into())));
        assert_eq!(all.add(library("a", &["x"]), false), Err(Taken::Library("a".into())));
        assert_eq!(all, before);
        all.add(library("a", &["G", "x"]), true).unwrap();
        all.validate().unwrap();
        assert_eq!(all.function(b"g").map(|(library, place)| (library.name.clone(), place)), Some(("a".into(), 0)));
        assert!(all.function(b"f").is_none() && all.function_count() == 2);
        assert!(all.remove(b"a") && !all.remove(b"a") && all == Libraries::default());
    }

    #[test]
    fn a_library_whose_functions_are_not_its_own_is_found() {
        let mut all = Libraries::default();
        all.add(library("a", &["f", "F"]), false).unwrap();
        assert!(all.validate().is_err());
        let mut all = Libraries::default();
        all.add(library("a", &["f"]), false).unwrap();
        all.by_name.clear();
        assert!(all.validate().is_err());
    }
}
