//! The arguments: what an `<atom>` of the grammar stands for.
//!
//! Few names, so that commands meet. No expiry that could fall due during a run (except those in the past, which delete at
//! once), so that two servers that read the clock at different moments agree.

use sha1::{Digest, Sha1};

use crate::support::rng::Rng;
use crate::{functions, payloads, scripts};

/// All key names: the first three mostly hold strings, then two numbers, three hashes, three sorted sets, two lists, three sets, two
/// streams.
pub const KEYS: [&str; 18] =
    ["s1", "s2", "s3", "n1", "n2", "h1", "h2", "h3", "z1", "z2", "z3", "l1", "l2", "t1", "t2", "t3", "x1", "x2"];
/// Databases that are used (and some that are not).
pub const DATABASES: i64 = 3;
/// A deadline before this was over when the test was written.
pub const PAST_SECONDS: i64 = 1_700_000_001;
/// Far future and random enough that two deadlines are the same only if the same command set them.
const FAR_SECONDS: (i64, i64) = (4_000_000_000, 4_900_000_000);
const RELATIVE_SECONDS: (i64, i64) = (10_000, 90_000_000);

type Make = fn(&mut Rng) -> Vec<u8>;

const ATOMS: &[(&str, Make)] = &[
    ("key", |rng| rng.pick(&KEYS).as_bytes().to_vec()),
    ("str", |rng| mostly(rng, &KEYS[..3])),
    ("text", |rng| mostly(rng, &KEYS[1..3])),
    ("num", |rng| mostly(rng, &KEYS[3..5])),
    ("hash", |rng| mostly(rng, &KEYS[5..8])),
    ("zset", |rng| mostly(rng, &KEYS[8..11])),
    ("score", score),
    ("bound", bound),
    ("lex", lex),
    ("list", |rng| mostly(rng, &KEYS[11..13])),
    ("set", |rng| mostly(rng, &KEYS[13..16])),
    ("stream", |rng| mostly(rng, &KEYS[16..])),
    ("stream_id", stream_id),
    ("far_stream_id", |rng| format!("0-{}", 5_000 + rng.below(5_000)).into_bytes()),
    ("stream_bound", stream_bound),
    ("group", |rng| rng.pick(&["g1", "g1", "g2", "nosuch"]).as_bytes().to_vec()),
    ("consumer", |rng| format!("c{}", rng.below(3)).into_bytes()),
    ("min_idle", |rng| rng.pick(&["0", "0", "0", "-3", "9000000000000"]).as_bytes().to_vec()),
    ("fill_stream", |_| FILL_STREAM.as_bytes().to_vec()),
    ("element", element),
    ("few", |rng| rng.below(8).to_string().into_bytes()),
    ("rank", |rng| if rng.percent(50) { rng.between(1, 4) } else { rng.between(-4, -1) }.to_string().into_bytes()),
    ("value", value),
    ("letters", |rng| (0..rng.below(60)).map(|_| b'a' + rng.below(4) as u8).collect()),
    ("int", |rng| integer(rng).to_string().into_bytes()),
    ("float", float),
    ("field", field),
    ("counter", |rng| format!("c{}", rng.below(4)).into_bytes()),
    ("index", |rng| rng.between(-12, 12).to_string().into_bytes()),
    ("offset", |rng| if rng.percent(2) { rng.below(100_000) } else { rng.below(40) }.to_string().into_bytes()),
    ("width", |rng| format!("{}{}", rng.pick(&["i", "u"]), rng.between(1, 63)).into_bytes()),
    ("sortable", |rng| rng.pick(&["l1", "l2", "l1", "l2", "l1", "l2", "l1", "l2", "s1", "h1"]).as_bytes().to_vec()),
    ("kept_list", |rng| rng.pick(&["k1", "k2"]).as_bytes().to_vec()),
    ("by_pattern", |rng| rng.pick(&["*", "s*", "n*", "h*->f1", "h*->c1", "nosuch*"]).as_bytes().to_vec()),
    ("get_pattern", |rng| rng.pick(&["#", "s*", "h*->f1", "h*->f2", "z*", "h*->", "x"]).as_bytes().to_vec()),
    ("sketch", |rng| rng.pick(&["p1", "p2", "p3"]).as_bytes().to_vec()),
    ("kept_sketch", |rng| rng.pick(&["q1", "q2"]).as_bytes().to_vec()),
    ("bit_place", |rng| format!("{}{}", rng.pick(&["", "#"]), rng.below(12)).into_bytes()),
    ("longitude", |rng| format!("{}.{:04}", rng.between(10, 17), rng.below(10_000)).into_bytes()),
    ("latitude", |rng| format!("{}.{:04}", rng.between(35, 40), rng.below(10_000)).into_bytes()),
    ("near", |rng| rng.below(400).to_string().into_bytes()),
    ("kilometres", |rng| if rng.percent(5) { rng.below(20_000) } else { rng.below(400) }.to_string().into_bytes()),
    ("count", |rng| (1 + rng.below(30)).to_string().into_bytes()),
    ("random_count", |rng| rng.between(-12, 12).to_string().into_bytes()),
    ("cursor", |rng| if rng.percent(70) { "0".into() } else { rng.below(64).to_string().into_bytes() }),
    ("secs", |rng| rng.between(RELATIVE_SECONDS.0, RELATIVE_SECONDS.1).to_string().into_bytes()),
    ("millis", |rng| (rng.between(RELATIVE_SECONDS.0, RELATIVE_SECONDS.1) * 1_000 + 7).to_string().into_bytes()),
    ("at_secs", |rng| at_seconds(rng).to_string().into_bytes()),
    ("at_millis", |rng| (at_seconds(rng) * 1_000 + rng.between(0, 999)).to_string().into_bytes()),
    ("db", |rng| {
        if rng.percent(95) { rng.between(0, DATABASES - 1) } else { rng.between(-1, 17) }.to_string().into_bytes()
    }),
    ("pattern", |rng| rng.pick(PATTERNS).as_bytes().to_vec()),
    ("type", |rng| {
        rng.pick(&["string", "hash", "zset", "list", "set", "stream", "STRING", "nosuch"]).as_bytes().to_vec()
    }),
    ("name", |rng| rng.pick(&["", "worker-1", "a b", "x\n", "lib", "1.2.3"]).as_bytes().to_vec()),
    ("client_type", |rng| rng.pick(&["normal", "pubsub", "master", "replica", "nosuch"]).as_bytes().to_vec()),
    ("client_id", |rng| rng.pick(&["0", "-1", "x", "1"]).as_bytes().to_vec()),
    ("command_name", |rng| rng.pick(&["get", "SET", "hset", "expire", "nosuch", "copy", "eval"]).as_bytes().to_vec()),
    ("garbage", |rng| rng.pick(&["NOSUCH", "", "gett", "\u{0}x", "zz\r\nzz", "%s%d", "SE T"]).as_bytes().to_vec()),
    ("script", |rng| scripts::script(rng).body),
    ("sha", |rng| sha(&scripts::script(rng).body)),
    ("library", functions::library),
    ("library_name", |rng| rng.pick(functions::LIBRARIES).as_bytes().to_vec()),
    ("library_pattern", |rng| rng.pick(&["*", "lib1", "LIB?", "l*2", "nosuch", "["]).as_bytes().to_vec()),
    ("dump", functions::dump),
    ("payload", payloads::value),
];

/// Makes a stream of several chunks, with other fields from entry to entry.
const FILL_STREAM: &str = "for i = 1, ARGV[1] * 40 do \
    redis.call('XADD', KEYS[1], '0-*', 'f' .. i % 3, ('v'):rep(i % 70), 'g', i * i) end \
    return redis.call('XINFO', 'STREAM', KEYS[1])[4]";

const PATTERNS: &[&str] = &[
    "*",
    "s*",
    "h?",
    "[sn]1",
    "[^s]*",
    "?1",
    "nosuch",
    "\\s1",
    "[a-z][0-9]",
    "f*",
    "*1*",
    "[",
    "s[",
    "",
    "**2",
    "[s-n]?",
];

/// What replaces an argument in a damaged command. No small positive number among them, which would be an expiry
/// that falls due at a moment of its own.
const NASTY: &[&str] = &[
    "",
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "1.0",
    "1e3",
    "0x10",
    " 1",
    "1 ",
    "+5",
    "007",
    "-0",
    "inf",
    "-inf",
    "+inf",
    "nan",
    "-nan",
    "1e400",
    "1e4932",
    "1e-5000",
    "1.7976931348623157e308",
    ".5",
    "5.",
    "1e",
    "abc",
    "NX",
    "XX",
    "GET",
    "EX",
    "PX",
    "DB",
    "IDX",
    "LEN",
    "COUNT",
    "MATCH",
    "WITHVALUES",
    "\r\n",
    "a\r\n$3\r\nfoo",
    "\u{0}",
    "-9007199254740993",
    "9007199254740993",
    "9223372036854775",
    "-9223372036854775",
    "99999999999999999999999999",
];

/// True if there is such an atom.
pub fn known(atom: &str) -> bool {
    matches!(
        atom,
        "call"
            | "call_sha"
            | "fcall"
            | "many_fields"
            | "many_members"
            | "members_at_0"
            | "many_values"
            | "many_elements"
    ) || ATOMS.iter().any(|(name, _)| *name == atom)
}

/// Appends the argument (or arguments) that `atom` stands for.
pub fn generate(atom: &str, rng: &mut Rng, out: &mut Vec<Vec<u8>>) {
    match atom {
        "call" | "call_sha" => {
            let script = scripts::script(rng);
            out.push(if atom == "call" { script.body.clone() } else { sha(&script.body) });
            out.push(script.keys.len().to_string().into_bytes());
            out.extend(script.keys);
            out.extend(script.args);
        }
        "fcall" => {
            let script = scripts::script(rng);
            out.push(rng.pick(functions::FUNCTIONS).as_bytes().to_vec());
            out.push(script.keys.len().to_string().into_bytes());
            out.extend(script.keys);
            out.extend(script.args);
        }
        "many_members" | "members_at_0" => {
            let first = rng.below(300);
            for i in first..first + 60 {
                let score = if atom == "many_members" { rng.between(-20, 20) } else { 0 };
                out.extend([score.to_string().into_bytes(), format!("f{i}").into_bytes()]);
            }
        }
        "many_elements" => {
            let first = rng.below(3_000);
            out.extend((first..first + 100).map(|i| format!("element-{i}").into_bytes()));
        }
        "many_values" => {
            let first = rng.below(400);
            out.extend((first..first + 80).map(|i| format!("value-{i}").into_bytes()));
        }
        "many_fields" => {
            let first = rng.below(300);
            for i in first..first + 60 {
                out.extend([format!("f{i}").into_bytes(), format!("v{}", rng.below(10)).into_bytes()]);
            }
        }
        _ => {
            let (_, make) = ATOMS.iter().find(|(name, _)| *name == atom).expect("known when the grammar was read");
            out.push(make(rng));
        }
    }
}

/// An argument that does not belong there.
pub fn nasty(rng: &mut Rng) -> Vec<u8> {
    match rng.below(12) {
        0 => {
            let len = rng.below(40);
            rng.bytes(len)
        }
        1 => rng.pick(&KEYS).as_bytes().to_vec(),
        _ => rng.pick(NASTY).as_bytes().to_vec(),
    }
}

fn mostly(rng: &mut Rng, names: &[&str]) -> Vec<u8> {
    if rng.percent(94) { rng.pick(names) } else { rng.pick(&KEYS) }.as_bytes().to_vec()
}

fn integer(rng: &mut Rng) -> i64 {
    match rng.below(20) {
        0 => *rng.pick(&[i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1, 1 << 53, -(1 << 53) - 1]),
        1 | 2 => rng.between(-1_000_000_000_000, 1_000_000_000_000),
        _ => rng.between(-100, 100),
    }
}

fn float(rng: &mut Rng) -> Vec<u8> {
    let text = match rng.below(10) {
        0 => rng
            .pick(&["3.0e3", "-2.5E-2", "1e17", "0.1", "1e-17", "-0.0", "123456789.123456789", "1e20", "5e-324"])
            .to_string(),
        1 => integer(rng).to_string(),
        2 => format!("{}e{}", rng.between(-999, 999), rng.between(-20, 20)),
        _ => format!("{}.{}", rng.between(-200, 200), rng.below(1_000)),
    };
    text.into_bytes()
}

/// Few different ones, so that members share scores.
fn score(rng: &mut Rng) -> Vec<u8> {
    let text = match rng.below(20) {
        0 => return float(rng),
        1 => rng
            .pick(&["inf", "-inf", "+Infinity", "-0", "0x10", "1e17", "0.1", "5e-324", "1e300", "-1e300"])
            .to_string(),
        2 => integer(rng).to_string(),
        3..7 => format!("{}.5", rng.between(-8, 8)),
        _ => rng.between(-9, 9).to_string(),
    };
    text.into_bytes()
}

fn bound(rng: &mut Rng) -> Vec<u8> {
    match rng.below(8) {
        0 => b"-inf".to_vec(),
        1 => b"+inf".to_vec(),
        2 | 3 => [&b"("[..], &score(rng)].concat(),
        _ => score(rng),
    }
}

fn lex(rng: &mut Rng) -> Vec<u8> {
    match rng.below(8) {
        0 => b"-".to_vec(),
        1 => b"+".to_vec(),
        2..5 => [&b"("[..], &field(rng)].concat(),
        _ => [&b"["[..], &field(rng)].concat(),
    }
}

fn field(rng: &mut Rng) -> Vec<u8> {
    match rng.below(40) {
        0 => Vec::new(),
        1 => b"\xff\x00\r\n".to_vec(),
        2 => vec![b'x'; 70],
        3 | 4 => format!("f{}", rng.below(400)).into_bytes(),
        5 | 6 => format!("c{}", rng.below(4)).into_bytes(),
        _ => format!("f{}", rng.below(10)).into_bytes(),
    }
}

/// One of few, so that it is found again.
fn element(rng: &mut Rng) -> Vec<u8> {
    match rng.below(40) {
        0 => Vec::new(),
        1 => b"\xff\x00\r\n".to_vec(),
        2 => vec![b'x'; 70],
        3 => integer(rng).to_string().into_bytes(),
        4..12 => rng.below(8).to_string().into_bytes(),
        _ => format!("e{}", rng.below(8)).into_bytes(),
    }
}

/// Mostly of the first ms, so that `0-*` goes on behind it.
fn stream_id(rng: &mut Rng) -> Vec<u8> {
    match rng.below(40) {
        0 => format!("{}", rng.below(3)),
        1 => format!("{}-{}", rng.below(4), rng.below(20)),
        2 => rng.pick(&["0-0", "18446744073709551615-18446744073709551615", "0-07", "1-", "-5", "$", ">"]).to_string(),
        _ => format!("0-{}", 1 + rng.below(40)),
    }
    .into_bytes()
}

fn stream_bound(rng: &mut Rng) -> Vec<u8> {
    match rng.below(10) {
        0..3 => b"-".to_vec(),
        3..6 => b"+".to_vec(),
        6 | 7 => [&b"("[..], &stream_id(rng)].concat(),
        _ => stream_id(rng),
    }
}

fn value(rng: &mut Rng) -> Vec<u8> {
    match rng.below(100) {
        0..20 => integer(rng).to_string().into_bytes(),
        20..30 => float(rng),
        30..37 => Vec::new(),
        37..44 => {
            let len = rng.below(40);
            rng.bytes(len)
        }
        44..49 => b"line\r\n+OK\r\n$-1\r\n".to_vec(),
        49..53 => vec![b'v'; 30 + rng.below(60)],
        53 => {
            let len = rng.below(2_000);
            rng.bytes(len)
        }
        54 if rng.percent(20) => vec![b'b'; rng.below(100 * 1024)],
        _ => format!("value-{}", rng.below(50)).into_bytes(),
    }
}

fn at_seconds(rng: &mut Rng) -> i64 {
    // One in twenty is in the past: the key goes at once.
    if rng.percent(5) { rng.between(1, PAST_SECONDS - 1) } else { rng.between(FAR_SECONDS.0, FAR_SECONDS.1) }
}

fn sha(body: &[u8]) -> Vec<u8> {
    Sha1::digest(body).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()
}
