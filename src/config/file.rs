//! The TOML file: read at the start, rewritten by CONFIG REWRITE.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{ReplicatedOptions, Settings, nearest, options, table};
use crate::sys::disk;

/// Largest file that is read.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Reads a file: values by name, as a flag would give them.
///
/// # Errors
/// It cannot be read, is no TOML, or has a name that is no option.
pub fn read(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let cannot = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let size = fs::metadata(path).map_err(|error| cannot(&error))?.len();
    if size > FILE_BYTES_MAX {
        return Err(cannot(&"the file is too large for a file of options"));
    }
    parse(&fs::read_to_string(path).map_err(|error| cannot(&error))?).map_err(|why| cannot(&why))
}

fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut values = BTreeMap::new();
    for (name, value) in table {
        let Some(opt) = table::find(&name).filter(|opt| opt.is_in_file()) else {
            let meant = nearest(&name, &[]).map_or_else(String::new, |name| format!("; did you mean '{name}'?"));
            return Err(format!("there is no option '{name}'{meant}"));
        };
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(yes) => if yes { "yes" } else { "no" }.to_owned(),
            _ => return Err(format!("{name}: a text, a whole number, true or false is expected")),
        };
        values.insert(opt.name.to_owned(), value);
    }
    Ok(values)
}

/// Writes the values that CONFIG SET may change into the file: those that it has already in their lines, others that differ
/// from the default at its end. Replicated ones are the log's affair and stay as they are, and so does
/// the secret of the nodes. Comments and order are kept.
///
/// # Errors
/// The disk's, or the file has a form that lines cannot be replaced in; then it is unchanged.
pub fn rewrite(path: &Path, settings: &Settings) -> Result<(), String> {
    let before = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut wanted = parse(&before)?;
    let mut text = before.clone();
    let (defaults, none) = (Settings::default(), ReplicatedOptions::default());
    for opt in options().filter(|opt| opt.is_settable() && !opt.is_replicated() && !opt.is_password()) {
        let value = opt.get(settings, &none);
        let in_file = wanted.get(opt.name);
        let same = in_file.map(|text| opt.kind.parse(text)) == Some(opt.kind.parse(&value));
        if same || (in_file.is_none() && value == opt.get(&defaults, &none)) {
            continue;
        }
        let line = format!("{} = {}", opt.name, toml::Value::String(value.clone()));
        text = replace_line(&text, opt.name, &line);
        wanted.insert(opt.name.to_owned(), value);
    }
    if text == before {
        return Ok(());
    }
    if parse(&text).as_ref() != Ok(&wanted) {
        return Err("the file has values that go over several lines".into());
    }
    disk::replace(path, text.as_bytes()).map_err(|error| error.to_string())
}

fn replace_line(text: &str, name: &str, line: &str) -> String {
    let is_it = |old: &str| {
        let key = old.split('=').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        old.contains('=') && key == name
    };
    let mut found = false;
    let mut lines: Vec<&str> = Vec::new();
    for old in text.lines() {
        if is_it(old) {
            found = true;
            lines.push(line);
        } else {
            lines.push(old);
        }
    }
    if !found {
        lines.push(line);
    }
    lines.join("\n") + "\n"
}
