//! The layering of the modules: imports point down only, and the files of a folder use each other without circles.
//!
//! What a path names is followed to the file that defines it, through imports, re-exports, globs and macros' arguments; tests are left
//! out. Not seen: methods, which name no file.
//! One more rule keeps new types of values cheap: their enum's variants are named by its own file and the snapshot's arms alone.
//!
//! Circles are looked for between units. A unit is a module with its private modules, and theirs: a struct declared in `origin.rs` that
//! has its `impl`s in `origin/stream.rs` and `origin/batch.rs` is one thing to whoever uses it, and most modules that have private ones are
//! built so. Private modules of one parent are held against each other all the same: what they share stands in the parent, or they form a
//! line. The `mod.rs` of a folder of `src/` is a unit of its own: else the whole folder were one.
//! No arrows: `mod x;`, a parent's `pub use x::Y`, and the import of a whole module, whose uses in code count.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod circles;
mod own;
mod resolve;
mod rules;
mod source;

use std::path::Path;

use resolve::Arrow;
use rules::Violations;
use source::{Modules, Sources};

/// Adds all `.rs` files below `dir`, a path within the package.
fn read(dir: &str, sources: &mut Sources) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(root.join(dir)).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{dir}/{}", entry.file_name().into_string().expect("text"));
        if entry.file_type().expect("a type").is_dir() {
            read(&path, sources);
        } else if path.ends_with(".rs") {
            let text = std::fs::read_to_string(root.join(&path)).expect("text");
            sources.insert(path, text);
        }
    }
}

#[track_caller]
fn assert_none(rule: impl Fn(&Modules, &[Arrow]) -> Violations) {
    let mut sources = Sources::new();
    read("src", &mut sources);
    let modules = Modules::read(&sources);
    let arrows = modules.arrows();
    assert!(arrows.len() > 1000, "src/ has {} uses only", arrows.len());
    let found = rule(&modules, &arrows);
    let text = |(headline, lines): (&String, &Vec<String>)| format!("\n{headline}\n    {}\n", lines.join("\n    "));
    assert!(found.is_empty(), "{} violations\n{}", found.len(), found.iter().map(text).collect::<String>());
}

#[test]
fn every_file_has_its_layer() {
    assert_none(|modules, _| rules::misplaced(modules));
}

#[test]
fn imports_point_down_only() {
    assert_none(rules::refused);
}

#[test]
fn variants_of_values_are_named_by_their_enum_and_the_snapshot_alone() {
    assert_none(|modules, _| rules::variants(modules));
}

#[test]
fn files_of_a_folder_use_each_other_without_circles() {
    assert_none(circles::circles);
}
