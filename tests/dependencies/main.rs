//! Licences, sources and known advisories of the dependencies, without a network: by Cargo.lock, by `cargo metadata` of what
//! is built here, by `deny.toml` (what is allowed) and `advisories.toml`.
//!
//! Deliberately absent: advisories that nobody has entered there. `cargo deny check` fetches those.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::path::Path;
use std::process::Command;

use semver::{Version, VersionReq};
use spdx::{Expression, Licensee, ParseMode};
use toml::{Table, Value};

/// The only registry. The string is cargo's own, in every lock file.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What Cargo.lock says of a crate.
struct Locked {
    name: String,
    version: Version,
    source: Option<String>,
}

struct Advisory {
    id: String,
    name: String,
    fine: Vec<VersionReq>,
}

impl Advisory {
    fn concerns(&self, locked: &Locked) -> bool {
        locked.name == self.name && !self.fine.iter().any(|fine| fine.matches(&locked.version))
    }
}

fn table(path: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is no string in {value}")).to_string()
}

fn locked(path: &str) -> Vec<Locked> {
    let packages = table(path)["package"].as_array().expect("packages").clone();
    let of = |package: &Value| Locked {
        name: text(package, "name"),
        version: text(package, "version").parse().expect("a version"),
        source: package.get("source").map(|_| text(package, "source")),
    };
    packages.iter().map(of).collect()
}

fn advisories() -> Vec<Advisory> {
    let list = table("tests/dependencies/advisories.toml")["advisory"].as_array().expect("advisories").clone();
    let of = |advisory: &Value| Advisory {
        id: text(advisory, "id"),
        name: text(advisory, "crate"),
        fine: advisory["fine"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|fine| fine.as_str().expect("a string").parse().expect("a requirement"))
            .collect(),
    };
    list.iter().map(of).collect()
}

/// Ids and reasons in deny.toml.
fn lived_with() -> Vec<(String, String)> {
    let list = table("deny.toml")["advisories"]["ignore"].as_array().expect("a list").clone();
    list.iter().map(|entry| (text(entry, "id"), text(entry, "reason"))).collect()
}

/// Whether a package that offers `expression` may be used.
fn is_allowed(expression: &str, allowed: &[Licensee]) -> bool {
    let parsed = Expression::parse_mode(expression, ParseMode::LAX)
        .unwrap_or_else(|error| panic!("{expression} is no licence expression: {error}"));
    parsed.evaluate(|required| allowed.iter().any(|licensee| licensee.satisfies(required)))
}

fn allowed() -> Vec<Licensee> {
    let list = table("deny.toml")["licenses"]["allow"].as_array().expect("a list").clone();
    list.iter().map(|name| Licensee::parse(name.as_str().expect("a string")).expect("a licence")).collect()
}

/// Names, versions and licences of what is built for this machine.
fn built() -> Vec<(String, Option<String>)> {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let rustc = String::from_utf8(rustc.stdout).expect("text");
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let of = |package: &serde_json::Value| {
        let name = format!("{} {}", package["name"].as_str().expect("a name"), package["version"]);
        (name, package["license"].as_str().map(str::to_string))
    };
    metadata["packages"].as_array().expect("packages").iter().map(of).collect()
}

#[test]
fn every_licence_is_allowed() {
    let (allowed, built) = (allowed(), built());
    assert!(built.len() > 50, "cargo metadata lists {} packages only", built.len());
    let bad: Vec<_> = built
        .iter()
        .filter(|(_, licence)| !licence.as_ref().is_some_and(|licence| is_allowed(licence, &allowed)))
        .collect();
    assert!(bad.is_empty(), "licences that deny.toml does not allow: {bad:?}");
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = allowed();
    for fine in ["MIT/Apache-2.0", "MIT OR GPL-3.0-only", "(MIT OR Apache-2.0) AND Unicode-3.0", "MPL-2.0+"] {
        assert!(is_allowed(fine, &allowed), "{fine}");
    }
    for bad in ["GPL-3.0-only", "MIT AND AGPL-3.0-only", "SSPL-1.0", "GPL-2.0-only WITH Classpath-exception-2.0"] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}

#[test]
fn everything_comes_from_one_registry() {
    for file in ["Cargo.lock", "compat/clients/rust/Cargo.lock", "compat/locks/rust/Cargo.lock"] {
        for locked in locked(file) {
            let own = locked.name.starts_with("lockstep");
            let known = locked.source.as_deref().map_or(own, |source| source == CRATES_IO);
            assert!(known, "{} in {file} comes from {:?}", locked.name, locked.source);
        }
    }
}

#[test]
fn advisories_are_lived_with_for_a_reason_or_not_at_all() {
    let (locked, lived_with) = (locked("Cargo.lock"), lived_with());
    for advisory in advisories() {
        let concerned = locked.iter().find(|locked| advisory.concerns(locked));
        let known = lived_with.iter().any(|(id, _)| *id == advisory.id);
        match concerned {
            Some(locked) if !known => panic!("{} concerns {} {}", advisory.id, locked.name, locked.version),
            None if known => panic!("deny.toml lives with {}, which concerns nothing any more", advisory.id),
            _ => {}
        }
    }
    for (id, reason) in lived_with {
        assert!(reason.len() > 20, "{id} in deny.toml has no reason");
        assert!(advisories().iter().any(|advisory| advisory.id == id), "advisories.toml does not say what {id} is");
    }
}
