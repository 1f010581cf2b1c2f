//! What may use what.

use std::collections::BTreeMap;

use crate::resolve::{Arrow, Target};
use crate::source::Modules;

/// Folders and files of `src/`, lowest first: each may use what is below it. Those of one line are beside each other, and neither may know
/// the other.
const ORDER: [&[&str]; 15] = [
    &["error", "planted"],
    &["sys"],
    &["protocol"],
    &["config"],
    &["store"],
    &["snapshot", "rdb"],
    &["script"],
    &["command"],
    &["executor"],
    &["replication"],
    &["server"],
    &["node"],
    &["verify"],
    &["lib"],
    &["main"],
];
/// Arrows that point down, and are not to be.
const APART: [(&str, &str, &str); 2] = [
    ("replication", "command", "replication knows bytes, log ids and one trait of the executor"),
    ("store", "sys", "the state is the same on every node: nothing of the machine is in it"),
];
/// Who is not to name which item of which folder, wherever it could get it from.
const UNKNOWN: [(&str, &str, &str); 1] = [("replication", "protocol", "Reply")];
/// Beginnings of the paths of files that apply runs in, and of other crates' paths that these do not name: no clock, no I/O, no chance.
const APPLY: [&str; 3] = ["src/store/", "src/executor/apply", "src/executor/prepare"];
const NOT_IN_APPLY: [&[&str]; 3] = [&["std", "time"], &["tokio"], &["rand"]];
/// The folder that alone knows openraft.
const CONSENSUS: &str = "replication";
/// The enum of all types of values: its file and its name; and who may name its variants besides: the snapshot's arms.
const VALUE: (&str, &str) = ("src/store/value.rs", "Value");
const VARIANTS: &str = "src/snapshot/value/mod.rs";

/// Lines below the headline that they share.
pub type Violations = BTreeMap<String, Vec<String>>;

/// The part of `src/` that a file belongs to.
pub fn part(file: &str) -> &str {
    let file = file.strip_prefix("src/").unwrap_or(file);
    file.split_once('/').map_or(file.trim_end_matches(".rs"), |(folder, _)| folder)
}

fn rank(part: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&part))
}

/// Why `from` may not use `to`.
fn objection(from: &str, to: &str) -> Option<String> {
    let (own, other) = (rank(from)?, rank(to)?);
    match APART.iter().find(|apart| (apart.0, apart.1) == (from, to)) {
        _ if from == to => None,
        Some((_, _, why)) => Some((*why).to_string()),
        None if own == other => Some("they are beside each other".into()),
        None => (own < other).then(|| format!("{to} is above {from}")),
    }
}

/// Files without a place in the order, and rules about files that are not there.
pub fn misplaced(modules: &Modules) -> Violations {
    let files = || modules.0.iter().filter(|module| module.depth <= 1).map(|module| &module.file);
    let homeless: Vec<_> = files().filter(|file| rank(part(file)).is_none()).cloned().collect();
    let is_gone = |start: &&str| !modules.0.iter().any(|module| module.file.starts_with(start));
    let gone: Vec<_> = APPLY.into_iter().filter(is_gone).map(String::from).collect();
    let found = [("belong to no layer", homeless), ("no file of apply begins so", gone)];
    found.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(why, lines)| (why.into(), lines)).collect()
}

/// Files that name a variant of the values' enum, so that a new type would have to touch them.
pub fn variants(modules: &Modules) -> Violations {
    let mut found = Violations::new();
    let mut arms = 0;
    for (from, module) in modules.0.iter().enumerate().filter(|(_, module)| module.file != VALUE.0) {
        let imports = module.imports.iter().map(|import| (&import.path, import.line, import.name == "*"));
        let mentions = module.mentions.iter().map(|(path, line)| (path, *line, false));
        for (path, line, is_glob) in imports.chain(mentions) {
            let is_value = matches!(modules.target(from, path), Target::Item { home, name }
                if modules.0[home].file == VALUE.0 && name == VALUE.1);
            // The enum itself may go by another name, which is then the last of an import.
            let last = path.last().filter(|_| path.len() > 1).map_or(VALUE.1, String::as_str);
            if is_value && (is_glob || last != VALUE.1 && last.starts_with(char::is_uppercase)) {
                arms += usize::from(module.file == VARIANTS);
                let headline = format!("{} is not to name a variant of {}", module.file, VALUE.1);
                found.entry(headline).or_default().push(format!("{}:{line} {}", module.file, path.join("::")));
            }
        }
    }
    found.retain(|headline, _| !headline.starts_with(VARIANTS));
    if arms == 0 {
        found.insert(format!("{VARIANTS} names no variant of {}: the rule is about nothing", VALUE.1), Vec::new());
    }
    found
}

/// Arrows that are not to be, and paths that could not be followed.
pub fn refused(modules: &Modules, arrows: &[Arrow]) -> Violations {
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for arrow in arrows {
        let file = &modules.0[arrow.from].file;
        let from = part(file);
        let mut refuse = |to: &str, why: String| {
            found.entry((format!("{from} → {to}"), why)).or_default().push(line(modules, arrow));
        };
        match &arrow.to {
            Target::Missing => refuse("?", "leads nowhere".into()),
            Target::External(path) => {
                let begins =
                    |start: &&&[&str]| start.len() <= path.len() && start.iter().zip(path).all(|(a, b)| a == b);
                if path[0].starts_with("openraft") && from != CONSENSUS {
                    refuse("openraft", format!("src/{CONSENSUS} alone uses it"));
                }
                if let Some(start) =
                    NOT_IN_APPLY.iter().find(begins).filter(|_| APPLY.iter().any(|start| file.starts_with(start)))
                {
                    refuse(&start.join("::"), "apply gives the same on every node".into());
                }
            }
            Target::Module(home) | Target::Item { home, .. } => {
                let to = part(&modules.0[*home].file);
                if let Some(why) = objection(from, to) {
                    refuse(to, why);
                }
                if let Target::Item { name, .. } = &arrow.to
                    && UNKNOWN.contains(&(from, to, name))
                {
                    refuse(name, format!("{from} does not know {name}"));
                }
            }
        }
    }
    let count = |lines: &Vec<String>| if lines.len() == 1 { "1 use".into() } else { format!("{} uses", lines.len()) };
    found.into_iter().map(|((arrow, why), lines)| (format!("{arrow} ({}): {why}", count(&lines)), lines)).collect()
}

/// `src/a/b.rs:7 crate::c::D, of src/c/d.rs`
pub fn line(modules: &Modules, arrow: &Arrow) -> String {
    let home = modules.home(&arrow.to).map_or(String::new(), |home| format!(", of {}", modules.0[home].file));
    format!("{}:{} {}{home}", modules.0[arrow.from].file, arrow.line, arrow.text)
}
