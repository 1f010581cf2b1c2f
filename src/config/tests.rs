use std::collections::BTreeMap;
use std::ffi::OsString;

use super::*;
use crate::store::Options;

fn load_of(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Loaded, String> {
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, OsString> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(*value))).collect()
    };
    let (flags, variables) = (map(flags), map(variables));
    load(|name| flags.get(name).cloned(), |name| variables.get(name).cloned())
}

#[test]
fn every_option_stands_once_and_its_default_is_within_its_bounds() {
    let mut names: Vec<&str> = options().flat_map(|opt| opt.aliases.iter().copied().chain([opt.name])).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for opt in options().filter(|opt| opt.is_given()) {
        let default = opt.get(&Settings::default(), &Options::default());
        let optional = matches!(opt.place, Place::NumberOption(_)) || opt.kind == Kind::Address;
        assert!(optional || opt.kind.parse(&default).is_ok(), "{} '{default}'", opt.name);
    }
}

#[test]
fn the_value_of_an_option_of_redis_is_one_of_its_values() {
    for opt in options().filter(|opt| !opt.is_given()) {
        let value = opt.get(&Settings::default(), &Options::default());
        assert_eq!(opt.kind.parse(&value).map(|parsed| opt.kind.show(&parsed)), Ok(value), "{}", opt.name);
    }
}

#[test]
fn every_replicated_option_is_in_the_table_and_in_the_state() {
    let mut in_table: Vec<&str> = options().filter(|opt| opt.is_replicated()).map(|opt| opt.name).collect();
    in_table.sort_unstable();
    assert_eq!(in_table, Options::NAMES);
}

#[test]
fn config_get_shows_what_config_set_set() {
    for opt in options().filter(|opt| opt.is_in_file() && !opt.is_replicated()) {
        let text = match opt.kind {
            Kind::Events => "AKE".into(),
            Kind::Compound(Compound::SavePoints) => "3600 1 60 100".into(),
            Kind::Compound(Compound::BufferLimits) => "normal 1 2 3 slave 4 5 6 pubsub 7 8 9".into(),
            Kind::Compound(Compound::Percentiles) => "50 99.9".into(),
            Kind::Compound(Compound::OomScores) => "1 2 3".into(),
            Kind::Compound(Compound::Shutdown) => "nosave now".into(),
            Kind::Compound(Compound::BytesOrPercent) => "5%".into(),
            Kind::Int { max, .. } | Kind::Bytes { max, .. } | Kind::Nearest { max, .. } => max.to_string(),
            Kind::YesNo => "yes".into(),
            Kind::Word(words) => words.last().unwrap().to_string(),
            Kind::Level => "local".into(),
            Kind::Address => "n1:6379".into(),
            Kind::Host => "n1".into(),
            Kind::LogFilter => "peer=debug".into(),
            Kind::Text { .. } => "some text".into(),
        };
        let mut settings = Settings::default();
        opt.set(&mut settings, opt.kind.parse(&text).unwrap());
        assert_eq!(opt.get(&settings, &Options::default()), text, "{}", opt.name);
    }
}

#[test]
fn flag_wins_over_variable_and_variable_over_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.toml");
    std::fs::write(&path, "port = 7001\nmaxclients = 11\n\"loglevel\" = 'warning'\nmust-join = true\n").unwrap();
    let path = path.to_str().unwrap();
    let loaded = load_of(
        &[("config", path), ("port", "7003")],
        &[("LOCKSTEP_PORT", "7002"), ("LOCKSTEP_MAXCLIENTS", "12"), ("LOCKSTEP_MAXMEMORY", "64mb")],
    )
    .unwrap();
    let settings = loaded.settings;
    assert_eq!((settings.port, settings.maxclients, settings.maxmemory), (7003, 12, 64 << 20));
    assert_eq!((settings.loglevel.as_str(), settings.must_join), ("warning", true));
}

#[test]
fn a_wrong_value_is_named_with_its_place_and_its_bounds() {
    let of = |flags: &[(&str, &str)], variables: &[(&str, &str)]| load_of(flags, variables).unwrap_err();
    assert_eq!(of(&[("port", "70000")], &[]), "--port '70000': argument must be between 0 and 65535 inclusive");
    assert_eq!(
        of(&[], &[("LOCKSTEP_TIMEOUT", "x")]),
        "environment variable LOCKSTEP_TIMEOUT 'x': argument couldn't be parsed into an integer"
    );
    for wrong in ["", "n1", "n1:", ":6379", "n1:0", "n1:99999", "n1:port"] {
        assert_eq!(of(&[("join", wrong)], &[]), format!("--join '{wrong}': argument must be host:port"));
    }
    assert_eq!(
        of(&[("advertise", "n1:6379")], &[]),
        "--advertise 'n1:6379': argument must be the name or the address of a host, without a port"
    );
    assert_eq!(of(&[("maxmemory", "64xb")], &[]), "--maxmemory '64xb': argument must be a memory value");
    assert!(of(&[("read-consistency", "lease")], &[]).contains("until their restart guard is tested"));
}

#[test]
fn an_unknown_name_in_the_file_names_the_nearest_option() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.toml");
    let told = |name: &str| {
        std::fs::write(&path, format!("{name} = 7001\n")).unwrap();
        let why = load_of(&[("config", path.to_str().unwrap())], &[]).unwrap_err();
        why.strip_prefix(&format!("{}: there is no option '{name}'", path.display())).unwrap().to_owned()
    };
    assert_eq!(told("prot"), "; did you mean 'port'?");
    assert_eq!(told("peer_port"), "; did you mean 'peer-port'?");
    assert_eq!(told("hash-max-ziplist-entires"), "; did you mean 'hash-max-listpack-entries'?");
    for unlike in ["slaveof", "logfile", "x"] {
        assert_eq!(told(unlike), "");
    }
}

#[test]
fn swapped_letters_still_name_the_nearest_option() {
    for opt in options().filter(|opt| opt.is_given()) {
        for name in opt.aliases.iter().chain([&opt.name]) {
            let (first, second, rest) = (&name[..1], &name[1..2], &name[2..]);
            assert_eq!(nearest(&format!("{second}{first}{rest}"), &[]), Some(opt.name), "{name}");
        }
    }
}

#[test]
fn replicated_options_are_handed_on_and_not_kept() {
    let loaded = load_of(&[("proto-max-bulk-len", "2mb")], &[("LOCKSTEP_SCRIPT_BUDGET", "5000")]).unwrap();
    let expected = vec![("proto-max-bulk-len".to_owned(), 2 << 20), ("script-budget".to_owned(), 5000)];
    assert_eq!(loaded.replicated, expected);
}

#[test]
fn units_are_those_of_redis() {
    let kind = Kind::Bytes { min: -5, max: i64::MAX };
    for (text, value) in [
        ("", 0),
        ("mb", 0),
        ("007", 7),
        ("5b", 5),
        ("5", 5),
        ("1k", 1000),
        ("1kb", 1024),
        ("2M", 2_000_000),
        ("2mB", 2 << 20),
        ("1gb", 1 << 30),
    ] {
        assert_eq!(kind.parse(text), Ok(OptionValue::Number(value)), "{text}");
    }
    for text in ["1.5mb", "1 mb", "+5", "-1", "1tb", "9999999999gb", "99999999999999999999"] {
        assert!(kind.parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_rewritten_file_keeps_its_comments_and_reads_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.toml");
    std::fs::write(&path, "# mine\nport = 7001\ntimeout = 5 # short\nmaxclients = 10\n").unwrap();
    let settings = Settings { timeout_s: 9, maxclients: 10, maxmemory: 1 << 20, ..Settings::default() };
    rewrite(&path, &settings).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, "# mine\nport = 7001\ntimeout = \"9\"\nmaxclients = 10\nmaxmemory = \"1048576\"\n");
    let loaded = load_of(&[("config", path.to_str().unwrap())], &[]).unwrap().settings;
    assert_eq!((loaded.timeout_s, loaded.maxmemory, loaded.port), (9, 1 << 20, 7001));
}

#[test]
fn a_stored_option_is_kept_by_the_rewritten_file_and_read_from_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.toml");
    std::fs::write(&path, "hz = 20\n").unwrap();
    let of = |name: &str, settings: &Settings| find(name).unwrap().get(settings, &Options::default());
    let mut settings = load_of(&[("config", path.to_str().unwrap())], &[]).unwrap().settings;
    assert_eq!(of("hz", &settings), "20");
    for (name, value) in [("hz", "900"), ("shutdown-on-sigint", "nosave"), ("save", "60 1")] {
        let opt = find(name).unwrap();
        opt.set(&mut settings, opt.kind.parse(value).unwrap());
    }
    rewrite(&path, &settings).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, "hz = \"500\"\nsave = \"60 1\"\nshutdown-on-sigint = \"nosave\"\n");
    assert_eq!(load_of(&[("config", path.to_str().unwrap())], &[]).unwrap().settings, settings);
}

#[test]
fn limits_of_one_class_of_clients_leave_those_of_the_others() {
    let opt = find("client-output-buffer-limit").unwrap();
    let mut settings = Settings::default();
    for value in ["pubsub 32mb 8mb 60", "replica 1 2 3", ""] {
        opt.set(&mut settings, opt.kind.parse(value).unwrap());
    }
    let shown = opt.get(&settings, &Options::default());
    assert_eq!(shown, "normal 0 0 0 slave 1 2 3 pubsub 33554432 8388608 60");
}

#[test]
fn a_stored_option_is_no_flag_and_no_variable() {
    let loaded = load_of(&[("hz", "20")], &[("LOCKSTEP_SAVE", "60 1")]).unwrap();
    assert_eq!(loaded.settings, Settings::default());
}

#[test]
fn a_file_that_lines_cannot_change_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.toml");
    let text = "requirepass = \"\"\"\\\n  timeout = 3\\\n  \"\"\"\n";
    std::fs::write(&path, text).unwrap();
    let settings = Settings { timeout_s: 9, ..Settings::default() };
    assert!(rewrite(&path, &settings).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}
