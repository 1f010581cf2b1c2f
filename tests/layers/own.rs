//! This test, tested: on sources made up for it.

use std::collections::BTreeSet;

use crate::circles::circles;
use crate::rules::{misplaced, part, refused, variants};
use crate::source::{Modules, Sources};

/// Modules of these files, with a lib.rs that declares their folders, and an empty mod.rs where one is missing.
fn modules(files: &[(&str, &str)]) -> Modules {
    let mut sources: Sources = files.iter().map(|(file, text)| (format!("src/{file}"), text.to_string())).collect();
    let parts: BTreeSet<&str> =
        files.iter().map(|(file, _)| part(file)).filter(|part| !["main", "lib"].contains(part)).collect();
    for part in parts {
        if !sources.contains_key(&format!("src/{part}.rs")) {
            sources.entry(format!("src/{part}/mod.rs")).or_default();
        }
        *sources.entry("src/lib.rs".into()).or_default() += &format!("pub mod {part};");
    }
    Modules::read(&sources)
}

/// Violations of these files: headlines and lines, one after the other.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let modules = modules(files);
    let arrows = modules.arrows();
    let found = refused(&modules, &arrows).into_iter().chain(circles(&modules, &arrows));
    found.flat_map(|(headline, lines)| std::iter::once(headline).chain(lines)).collect()
}

/// Those of one file beside a server.
fn found_in(file: &str, text: &str) -> Vec<String> {
    let server = ("server/mod.rs", "mod session; pub use session::{Session, LEN as LEN_MAX};");
    let session = ("server/session.rs", "pub struct Session; pub const LEN: u8 = 1;");
    found(&[server, session, (file, text)])
}

const NONE: [&str; 0] = [];
const UP: &str = "store → server (1 use): server is above store";

#[test]
fn upward_arrows_are_found_at_their_origin() {
    let cases = [
        ("use crate::server::Session;", "1 crate::server::Session"),
        ("\npub use crate::server::Session as S;", "2 crate::server::Session"),
        ("use crate::{\nserver::{\nSession as S}};", "3 crate::server::Session"),
        ("use super::server::Session; fn f() { Session::new(Session) }", "1 super::server::Session"),
        ("fn f(a: Vec<Option<super::server::Session>>) {}", "1 super::server::Session"),
        ("fn f() { g(0..crate::server::Session::new::<u8>(1)) }", "1 crate::server::Session::new"),
        ("fn f() { println!(\"{}\", crate::server::LEN_MAX) }", "1 crate::server::LEN_MAX"),
        ("impl Iterator for crate::server::Session {}", "1 crate::server::Session"),
        ("fn f() { <u8 as super::server::Session>::f() }", "1 super::server::Session"),
        ("#[cfg(not(test))] use crate::server::Session;", "1 crate::server::Session"),
        ("#[cfg(test)] fn f() {} fn g(a: crate::server::Session) {}", "1 crate::server::Session"),
    ];
    for (text, line) in cases {
        let line = format!("src/store/mod.rs:{line}, of src/server/session.rs");
        assert_eq!(found_in("store/mod.rs", text), [UP, &line], "{text}");
    }
    let of_module = found_in("store/mod.rs", "fn f() { use crate::server as s;\ns::LEN_MAX }");
    assert_eq!(of_module[2], "src/store/mod.rs:2 s::LEN_MAX, of src/server/session.rs");
    let of_self = found_in("store/mod.rs", "use crate::server::{self};\nfn f() { server::LEN_MAX }");
    assert_eq!(
        of_self[1..],
        [
            "src/store/mod.rs:1 crate::server, of src/server/mod.rs",
            "src/store/mod.rs:2 server::LEN_MAX, of src/server/session.rs"
        ]
    );
    let of_glob = found_in("store/mod.rs", "use crate::server::*;\nfn f(a: Session) {}");
    assert_eq!(of_glob[2], "src/store/mod.rs:2 Session, of src/server/session.rs");
    // Through a folder that is below.
    let error = ("error.rs", "pub use crate::command::Flags;");
    let command = ("command/mod.rs", "mod flags; pub use flags::*;");
    let flags = ("command/flags.rs", "bitflags! { pub struct Flags: u32 { const A = 1; } }");
    let found = found(&[error, command, flags, ("store/mod.rs", "use crate::error::Flags;")]);
    assert_eq!(found[3], "src/store/mod.rs:1 crate::error::Flags, of src/command/flags.rs");
}

#[test]
fn comments_strings_and_tests_are_no_arrows() {
    let text = "//! [`crate::server::Session`]
        /// [`crate::server::Session`]
        // crate::server::Session
        #[doc = \"crate::server::Session\"]
        const TEXT: &str = \"crate::server::Session\";
        #[cfg(test)] use crate::server::Session;
        #[cfg(test)] mod tests { use crate::server::Session; }
        #[cfg(test)] pub mod fixture;
        #[cfg(all(test, unix))] #[allow(unused)] fn f<A, B>(a: crate::server::Session) { crate::server::LEN_MAX }
        struct S { #[cfg(test)] a: Vec<u8, crate::server::Session>, b: u8 }";
    assert_eq!(found_in("store/mod.rs", text), NONE);
}

#[test]
fn arrows_down_are_fine_but_for_those_kept_apart() {
    let of = |file: &str, text: &str| {
        let others = ["command", "snapshot", "sys", "rdb"].map(|part| format!("{part}/mod.rs"));
        let mut files: Vec<_> =
            others.iter().filter(|other| *other != file).map(|file| (file.as_str(), "pub struct A;")).collect();
        files.extend([
            ("protocol/mod.rs", "pub struct Reply; pub struct Args;"),
            ("lib.rs", "pub const VERSION: u8 = 1;"),
        ]);
        files.extend([("executor/mod.rs", "pub use crate::protocol::Reply;"), (file, text)]);
        found(&files)
    };
    for part in ["store", "script", "command", "server"] {
        assert_eq!(of(&format!("{part}/mod.rs"), "use crate::protocol::Reply; fn f(a: Reply) {}"), NONE, "{part}");
    }
    assert_eq!(of("replication/mod.rs", "use crate::protocol::Args;"), NONE);
    for (file, text, headline) in [
        ("rdb/mod.rs", "use crate::snapshot::A;", "rdb → snapshot (1 use): they are beside each other"),
        ("script/mod.rs", "use crate::command::A;", "script → command (1 use): command is above"),
        ("replication/mod.rs", "use crate::command::A;", "replication → command (1 use): replication knows bytes"),
        ("replication/mod.rs", "fn f(a: crate::executor::Reply) {}", "replication → Reply (1 use)"),
        ("store/mod.rs", "use crate::sys::A;", "store → sys (1 use): the state"),
        ("store/mod.rs", "fn f() { crate::VERSION }", "store → lib (1 use): lib is above"),
        ("store/mod.rs", "use crate::protocol::Nothing;", "store → ? (1 use): leads nowhere"),
    ] {
        let found = of(file, text);
        assert!(found.len() == 2 && found[0].starts_with(headline), "{text}: {found:#?}");
    }
    assert_eq!(found_in("main.rs", "use lockstep::server::Session;"), NONE);
    assert_eq!(found_in("main.rs", "use lockstep::server::Nothing;").len(), 2);
}

#[test]
fn other_crates_are_found_where_they_are_not_to_be() {
    for text in ["use openraft::Config;", "fn f() { openraft::Config::default() }", "use openraft_rt_tokio as rt;"] {
        assert_eq!(found_in("replication/mod.rs", text), NONE);
        assert!(found_in("node/mod.rs", text)[0].starts_with("node → openraft (1 use)"), "{text}");
    }
    for text in [
        "use std::{fmt, time::Instant};",
        "fn f() { std::time::Instant::now() }",
        "use tokio::sync;",
        "fn f() { rand::random() }",
    ] {
        assert_eq!(found_in("sys/mod.rs", text), NONE);
        assert_eq!(found_in("store/mod.rs", text).len(), 2, "{text}");
        assert_eq!(found(&[("executor/mod.rs", "mod apply;"), ("executor/apply.rs", text)]).len(), 2, "{text}");
    }
    assert_eq!(found_in("store/mod.rs", "fn f(rand: u8) { rand + self.tokio }"), NONE);
}

#[test]
fn a_circle_between_files_is_found_and_shown() {
    let folder = ("store/mod.rs", "mod a; mod b; pub mod c; mod d; pub use a::A; pub use b::B; pub use d::D;");
    let a = ("store/a.rs", "use super::B; pub struct A; fn f(d: super::D) {}");
    let b = ("store/b.rs", "pub struct B; fn f() { super::c::C::new() }");
    let c = ("store/c.rs", "pub struct C; impl super::A {}");
    let expected = [
        "circle of 3: src/store/a.rs, src/store/b.rs, src/store/c.rs; for example",
        "→ src/store/a.rs:1 super::B, of src/store/b.rs",
        "→ src/store/b.rs:1 super::c::C::new, of src/store/c.rs",
        "→ src/store/c.rs:1 super::A, of src/store/a.rs",
    ];
    assert_eq!(found(&[folder, a, b, c, ("store/d.rs", "pub struct D;")]), expected);
    let a = ("store/a.rs", "pub fn len() { super::f() }");
    let of = |folder: &str| found(&[("store/mod.rs", folder), a]).len();
    assert_eq!(of("mod a; pub use a::len; pub fn f() { len() }"), 3);
    assert_eq!(of("mod a; pub use a::len; pub fn f(len: u8) { self.len + S { len: 1 }.len }"), 0);
}

#[test]
fn a_module_and_its_private_modules_are_one_unit() {
    let of = |changed: &[(&str, &str)]| {
        let mut files = vec![
            ("store/mod.rs", "mod a; mod other;"),
            ("store/a.rs", "mod x; mod y; pub use x::X; struct Inner; fn f() { x::g(); y::g() }"),
            ("store/a/x.rs", "pub struct X; impl super::Inner {} pub fn g() {}"),
            ("store/a/y.rs", "use super::{Inner, X}; pub fn g() {}"),
            ("store/other.rs", "pub struct Other;"),
        ];
        files.extend(changed);
        found(&files).first().cloned().unwrap_or_default()
    };
    assert_eq!(of(&[]), "");
    let siblings = of(&[("store/a/x.rs", "pub struct X; pub fn g() { super::y::g() }")]);
    assert!(siblings.starts_with("circle of 2: src/store/a/x.rs, src/store/a/y.rs"), "{siblings}");
    let x = ("store/a/x.rs", "use crate::store::other::Other; pub struct X; pub fn g() {}");
    let units = of(&[x, ("store/other.rs", "pub struct Other; fn f() { super::a::X }")]);
    assert!(units.starts_with("circle of 2: src/store/a.rs, src/store/other.rs"), "{units}");
    let public = of(&[("store/a.rs", "pub mod x; mod y; pub use x::X; struct Inner; fn f() { x::g(); y::g() }")]);
    assert!(public.starts_with("circle of 2: src/store/a.rs, src/store/a/x.rs"), "{public}");
    let folder = of(&[
        ("store/mod.rs", "mod a; mod other; fn f() {} fn g() { a::X }"),
        ("store/a/y.rs", "pub fn g() { crate::store::f() }"),
    ]);
    assert!(folder.starts_with("circle of 2: src/store/mod.rs, src/store/a.rs"), "{folder}");
}

#[test]
fn variants_of_values_are_found_under_any_name() {
    let arms = ("snapshot/value/mod.rs", "use crate::store::Value; forms! { Value::Str => string; }");
    let of = |arms: (&str, &str), text: &str| {
        let files = [
            ("store/mod.rs", "mod value; pub use value::{Kind, Value};"),
            ("store/value.rs", "types! { pub enum Value { Str(u8) } } pub trait Kind {} fn f() { Value::Str(1) }"),
            ("snapshot/mod.rs", "mod value;"),
            ("command/mod.rs", text),
            arms,
        ];
        let found = variants(&modules(&files));
        found.into_iter().flat_map(|(headline, lines)| [vec![headline], lines].concat()).collect::<Vec<_>>()
    };
    for (text, line) in [
        ("use crate::store::Value; fn f() { Value::Str(1) }", "1 Value::Str"),
        ("use crate::store::Value as V;\nfn f() { if let V::Str(_) = v {} }", "2 V::Str"),
        ("fn f() { crate::store::Value::Str(1) }", "1 crate::store::Value::Str"),
        ("use crate::store::{Kind, Value::{Str as S}};", "1 crate::store::Value::Str"),
        ("use crate::store::Value::*;", "1 crate::store::Value"),
        ("use crate::store::*; fn f() { vec![Value::Str(1)] }", "1 Value::Str"),
    ] {
        let line = format!("src/command/mod.rs:{line}");
        assert_eq!(of(arms, text), ["src/command/mod.rs is not to name a variant of Value", &line], "{text}");
    }
    for text in [
        "use crate::store::{Kind, Value}; fn f(v: Value) -> Value { Value::from(Kind::Str) }",
        "use crate::store::Value as V; fn f(v: crate::store::Value) { V::typed() }",
        "use toml::Value; fn f() { Value::Str(1) }",
        "enum Value { Str(u8) } fn f() { Value::Str(1) }",
    ] {
        assert_eq!(of(arms, text), NONE, "{text}");
    }
    assert_eq!(of((arms.0, "use crate::store::Value;"), "").len(), 1);
}

#[test]
fn files_without_a_place_are_found() {
    let found = misplaced(&modules(&[("utils.rs", ""), ("store/mod.rs", "")]));
    assert_eq!(found["belong to no layer"], ["src/utils.rs"]);
    assert_eq!(found["no file of apply begins so"], ["src/executor/apply", "src/executor/prepare"]);
}
