//! Random programs, the same in our engine and in a redis-server: `grammar/*.txt` says of what they are made.
//!
//! A program shows what it did as one text: the results of its parts, in order, tables with sorted keys. Allowed differences: see
//! [`alike`].

mod grammar;
mod shrink;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use lockstep::script::lib::Script;
use lockstep::script::vm::machine::Fault;
use lockstep::script::vm::value::LuaValue;

use grammar::{Grammar, Node};

use crate::support::bounds;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::rng::Rng;
use crate::support::value::Value;

/// Programs in one pipeline.
const PIPELINE: usize = 200;
/// Each alternative of the grammar has to be in so many programs per 20,000.
const USES_MIN: u64 = 20;
/// Differences that are shown.
const SHOWN: usize = 8;

const AFTER: &str = r#"
end, 1, "two", nil, 4)) return answer .. "\n" .. table.concat(LOG, "\n")"#;

/// What stands in front of a program, on one line.
fn before() -> &'static str {
    static BEFORE: OnceLock<String> = OnceLock::new();
    BEFORE.get_or_init(|| {
        let text = std::fs::read_to_string("tests/script/programs/before.lua").unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).map(str::trim).collect();
        lines.join(" ")
    })
}

/// A program's text with what it needs around it.
fn wrapped(program: &str) -> String {
    format!("{} {program}{AFTER}", before())
}

fn ours(source: &str) -> Result<Vec<u8>, String> {
    let script = Script::new(source.as_bytes(), b"@user_script")
        .map_err(|error| format!("compile: {}", String::from_utf8_lossy(&error.0)))?;
    let mut vm = script.start(500_000_000, 1 << 30);
    let empty = (LuaValue::Table(vm.table(0, 0)), LuaValue::Table(vm.table(0, 0)));
    vm.set_arguments(empty.0, empty.1);
    match vm.call_at(0, 0) {
        Ok(_) => match vm.thread.stack[0] {
            LuaValue::Str(id) => Ok(vm.bytes(id).to_vec()),
            other => Err(format!("no string: {other:?}")),
        },
        Err(Fault::Error(LuaValue::Str(id))) => Err(format!("error: {}", String::from_utf8_lossy(vm.bytes(id)))),
        Err(other) => Err(format!("{other:?}")),
    }
}

fn theirs(reply: Value) -> Result<Vec<u8>, String> {
    match reply {
        Value::Bulk(bytes) => Ok(bytes),
        Value::Error(text) => {
            let text = String::from_utf8_lossy(&text).into_owned();
            Err(text.replacen("ERR Error compiling script (new function): ", "compile: ", 1))
        }
        other => Err(format!("{other:?}")),
    }
}

/// True if the answers are the same, or differ on purpose:
/// - The sign of a NaN is the CPU's; here it is always the one that 0/0 has where Redis runs most.
///
/// What the grammar leaves out, since it differs on purpose: the order of `pairs`; texts of objects, which have addresses in Redis; the
/// last digits of `math`'s functions, which are `libm`'s; the seed of `math.random`, which Redis keeps from script to script; `pcall`
/// without arguments, which reads beyond Lua's stack there; `string.dump`, `collectgarbage`, `gcinfo`; how much of its pieces `load`
/// reads before it finds an error.
fn alike(ours: &Result<Vec<u8>, String>, theirs: &Result<Vec<u8>, String>) -> bool {
    let unsigned = |answer: &Result<Vec<u8>, String>| match answer {
        // A width makes up for the sign.
        Ok(bytes) => {
            let text = String::from_utf8_lossy(bytes).to_lowercase().replace("-nan", "nan");
            Ok(text.split("nan").map(|piece| piece.trim_matches(' ')).collect::<Vec<_>>().join("nan"))
        }
        Err(text) => Err(text.clone()),
    };
    ours == theirs || unsigned(ours) == unsigned(theirs)
}

fn shown(answer: &Result<Vec<u8>, String>) -> String {
    match answer {
        Ok(bytes) => bytes.escape_ascii().to_string().replace("\\n", "\n            "),
        Err(error) => format!("<{error}>"),
    }
}

fn eval(client: &mut Client, source: &str) -> Result<Vec<u8>, String> {
    theirs(client.call(&["EVAL", source, "0"]))
}

/// What a server answers to programs, each of them on an empty state.
fn served(client: &mut Client, sources: &[String]) -> Vec<Result<Vec<u8>, String>> {
    let mut commands = Vec::new();
    for source in sources {
        commands.push(vec!["FLUSHALL"]);
        commands.push(vec!["EVAL", source.as_str(), "1", "k1", "h1", "x y"]);
    }
    client.pipeline(&commands).into_iter().skip(1).step_by(2).map(theirs).collect()
}

fn print(program: &Node, ours: &Result<Vec<u8>, String>, theirs: &Result<Vec<u8>, String>) {
    println!("== {}\n  ours:     {}\n  theirs:   {}", program.text(), shown(ours), shown(theirs));
}

#[test]
fn random_programs_with_commands_answer_as_in_redis_on_both_protocols() {
    let seed = bounds::seed("served programs");
    let count = bounds::scaled(bounds::PROGRAMS_SERVED) as usize;
    let grammar = Grammar::load(true);
    let (node, redis) = (Server::lockstep(&[]), Server::redis(&[]));
    for resp in ["2", "3"] {
        let (mut node, mut redis) = (node.client(), redis.client());
        for client in [&mut node, &mut redis] {
            assert!(!client.call(&["HELLO", resp]).is_error());
        }
        let mut rng = Rng::new(seed);
        let (mut differ, mut done) = (Vec::new(), 0);
        while done < count && differ.len() < SHOWN {
            let programs: Vec<Node> = (0..PIPELINE).map(|_| grammar.program(&mut rng)).collect();
            let sources: Vec<String> = programs.iter().map(|program| wrapped(&program.text())).collect();
            let answers = served(&mut node, &sources).into_iter().zip(served(&mut redis, &sources));
            let both = programs.into_iter().zip(answers);
            differ.extend(both.filter(|(_, (ours, theirs))| !alike(ours, theirs)).map(|(program, _)| program));
            done += PIPELINE;
        }
        println!("RESP{resp}: {done} programs");
        for program in differ.iter().take(SHOWN) {
            let mut both = |text: &str| {
                let source = [wrapped(text)];
                (served(&mut node, &source).remove(0), served(&mut redis, &source).remove(0))
            };
            let small = shrink::shrink(&grammar, program.clone(), |text| {
                let (ours, theirs) = both(text);
                !alike(&ours, &theirs)
            });
            let (ours, theirs) = both(&small.text());
            print(&small, &ours, &theirs);
        }
        assert!(differ.is_empty(), "RESP{resp}: {} programs differ", differ.len());
    }
}

#[test]
fn random_programs_answer_as_in_redis() {
    let seed = bounds::seed("programs");
    let count = bounds::scaled(bounds::PROGRAMS);
    let grammar = Grammar::load(false);
    let redis = Server::redis(&[]);
    let mut client = redis.client();
    let mut rng = Rng::new(seed);
    let mut ends = BTreeMap::new();
    let (mut uses, mut differ, mut failed, mut done) = (vec![0; grammar.len()], Vec::new(), 0, 0);
    while done < count && differ.len() < SHOWN {
        let programs: Vec<Node> = (0..PIPELINE).map(|_| grammar.program(&mut rng)).collect();
        let sources: Vec<String> = programs.iter().map(|program| wrapped(&program.text())).collect();
        let commands: Vec<_> = sources.iter().map(|source| vec!["EVAL", source.as_str(), "0"]).collect();
        let (replies, answers) = std::thread::scope(|scope| {
            let answers = scope.spawn(|| sources.iter().map(|source| ours(source)).collect::<Vec<_>>());
            (client.pipeline(&commands), answers.join().unwrap())
        });
        for ((program, reply), answer) in programs.into_iter().zip(replies).zip(answers) {
            program.count(&mut uses);
            let reply = theirs(reply);
            if !reply.as_ref().is_ok_and(|text| text.starts_with(b"true")) {
                failed += 1;
                let end = shown(&reply);
                *ends.entry(end.lines().next().unwrap_or_default().to_owned()).or_insert(0) += 1;
            }
            if !alike(&answer, &reply) {
                differ.push(program);
            }
        }
        done += PIPELINE as u64;
        client.call(&["SCRIPT", "FLUSH"]);
    }
    println!("{done} programs, {failed} end by an error");
    let mut ends: Vec<(u64, String)> = ends.into_iter().map(|(end, count)| (count, end)).collect();
    ends.sort();
    ends.iter().rev().take(SHOWN).for_each(|(count, end)| println!("  {count} by {end}"));
    for program in differ.iter().take(SHOWN) {
        let small = shrink::shrink(&grammar, program.clone(), |text| {
            let source = wrapped(text);
            !alike(&ours(&source), &eval(&mut client, &source))
        });
        let source = wrapped(&small.text());
        print(&small, &ours(&source), &eval(&mut client, &source));
    }
    assert!(differ.is_empty(), "{} programs differ", differ.len());
    assert!(failed * 4 < done, "{failed} of {done} programs end by an error at their top");
    let rare = uses.iter().enumerate().filter(|(_, uses)| **uses * 20_000 < USES_MIN * done);
    let rare: Vec<String> = rare.map(|(i, uses)| format!("{uses} {}", grammar.shown(i))).collect();
    assert!(rare.is_empty(), "alternatives that are hardly used: {rare:#?}");
}
