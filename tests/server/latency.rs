//! LATENCY and INFO latencystats, compared with redis-server.

use std::collections::BTreeMap;

use crate::call;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;

fn start() -> [Server; 2] {
    let flags = ["--enable-debug-command", "yes"];
    [crate::start(&flags), Server::redis(&flags)]
}

#[test]
fn latency_answers_the_same_texts_as_redis() {
    const LINES: &[&str] = &[
        "LATENCY",
        "LATENCY NOSUCH",
        "LATENCY HELP",
        "LATENCY HELP x",
        "LATENCY HISTORY",
        "LATENCY HISTORY nosuch",
        "LATENCY HISTORY a b",
        "LATENCY GRAPH",
        "LATENCY GRAPH nosuch",
        "LATENCY LATEST",
        "LATENCY LATEST x",
        "LATENCY DOCTOR x",
        "LATENCY RESET",
        "LATENCY RESET nosuch command",
        "LATENCY HISTOGRAM nosuch",
        "CONFIG GET latency*",
        "CONFIG SET latency-tracking-info-percentiles 101",
        "CONFIG SET latency-monitor-threshold -1",
        "HELLO 3",
        "LATENCY LATEST",
        "LATENCY HISTOGRAM nosuch",
        "MULTI",
        "LATENCY RESET",
        "LATENCY HISTORY x y",
        "EXEC",
    ];
    let [ours, redis] = start().map(|server| {
        let mut client = server.client();
        let mut answers: Vec<_> = LINES.iter().map(|line| (*line, call(&mut client, line))).collect();
        // HELLO tells the server's name, and an order is of no account.
        answers.retain(|(line, _)| !line.starts_with("HELLO"));
        for (line, answer) in &mut answers {
            if line.starts_with("CONFIG GET")
                && let Value::Array(items) = answer
            {
                let mut pairs: Vec<Value> = items.chunks(2).map(|pair| Value::Array(pair.to_vec())).collect();
                pairs.sort_by_key(|pair| format!("{pair:?}"));
                *items = pairs;
            }
        }
        answers
    });
    for (ours, redis) in ours.iter().zip(&redis) {
        assert_eq!(ours, redis, "left is lockstep, right is Redis");
    }
}

/// Calls by command, as LATENCY HISTOGRAM tells them; its times are checked on the way.
fn calls(client: &mut Client, line: &str) -> Vec<(String, i64)> {
    let pairs = |value: &Value| -> Vec<(Value, Value)> {
        match value {
            Value::Array(items) => items.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
            Value::Map(items) => items.clone(),
            other => panic!("{other:?}"),
        }
    };
    let number = |value: &Value| if let Value::Int(number) = value { *number } else { panic!("{value:?}") };
    let mut found = Vec::new();
    for (name, facts) in pairs(&call(client, line)) {
        let facts: BTreeMap<String, Value> =
            pairs(&facts).into_iter().map(|(name, fact)| (name.text().unwrap(), fact)).collect();
        let calls = number(&facts["calls"]);
        let times: Vec<(i64, i64)> =
            pairs(&facts["histogram_usec"]).iter().map(|(us, count)| (number(us), number(count))).collect();
        assert!(times.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1), "{times:?}");
        assert_eq!(times.last().map(|(_, count)| *count), Some(calls), "the last time has all calls below it");
        found.push((name.text().unwrap(), calls));
    }
    found
}

#[test]
fn histogram_counts_the_calls_that_redis_counts() {
    let lines = [
        "CONFIG RESETSTAT",
        "SET a 1",
        "SET b 2",
        "GET a",
        "PING",
        "CLIENT ID",
        "CLIENT GETNAME",
        "HSET a f v",
        "INCR a",
        "NOSUCH",
        "GET",
        "DBSIZE",
        "INFO cpu",
        "EVAL return(1) 0",
    ];
    let asked = [
        "LATENCY HISTOGRAM",
        "LATENCY HISTOGRAM set get set",
        "LATENCY HISTOGRAM nosuch CLIENT",
        "LATENCY HISTOGRAM client|id SET",
        "LATENCY HISTOGRAM cli",
    ];
    for hello in ["HELLO 2", "HELLO 3"] {
        let [ours, redis] = start().map(|server| {
            let mut client = server.client();
            lines.iter().for_each(|line| drop(call(&mut client, line)));
            let kind = std::mem::discriminant(&call(&mut client, hello));
            let answers = asked.map(|line| {
                let mut calls = calls(&mut client, line);
                // Redis goes through a table in an order of no account.
                calls.sort();
                calls
            });
            (kind, answers)
        });
        assert_eq!(ours, redis, "{hello}: left is lockstep, right is Redis");
        let set = ("set".to_owned(), 2);
        assert_eq!(ours.1[1], [("get".to_owned(), 1), set.clone(), set]);
    }
}

#[test]
fn histogram_is_empty_behind_resetstat_and_while_times_are_not_counted() {
    for server in start() {
        let mut client = server.client();
        call(&mut client, "SET a 1");
        call(&mut client, "CONFIG RESETSTAT");
        assert_eq!(calls(&mut client, "LATENCY HISTOGRAM"), [("config|resetstat".to_owned(), 1)]);
        call(&mut client, "CONFIG SET latency-tracking no");
        call(&mut client, "SET a 1");
        assert_eq!(calls(&mut client, "LATENCY HISTOGRAM set"), []);
        assert_eq!(call(&mut client, "INFO latencystats").text().unwrap(), "# Latencystats\r\n");
    }
}

#[test]
fn latencystats_shows_the_percentiles_that_are_asked_for() {
    let [ours, redis] = start().map(|server| {
        let mut client = server.client();
        let set = client.call(&["CONFIG", "SET", "latency-tracking-info-percentiles", "0 50 99.99 100"]);
        assert_eq!(set, Value::Simple("OK".into()));
        call(&mut client, "CONFIG RESETSTAT");
        call(&mut client, "SET a 1");
        call(&mut client, "DEBUG SLEEP 0.002");
        let text = call(&mut client, "INFO latencystats").text().unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("latency_percentiles_usec_set:")).unwrap().to_owned();
        let numbers: Vec<(String, f64)> = line
            .split(',')
            .map(|part| part.split_once('=').map(|(name, us)| (name.to_owned(), us.parse().unwrap())).unwrap())
            .collect();
        // One call: all of them are its time, the lowest at the lower end of its bucket.
        assert!(numbers[1..].iter().all(|(_, us)| *us == numbers[1].1 && *us >= 1.0), "{line}");
        numbers.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    });
    assert_eq!(ours, ["p0", "p50", "p99.99", "p100"]);
    assert_eq!(ours, redis, "left is lockstep, right is Redis");
}

/// (time, latency) of each sample.
fn samples(client: &mut Client, event: &str) -> Vec<(i64, i64)> {
    let Value::Array(items) = call(client, &format!("LATENCY HISTORY {event}")) else { panic!("no array") };
    let pair = |item: &Value| match item {
        Value::Array(pair) => match pair[..] {
            [Value::Int(at), Value::Int(took)] => (at, took),
            _ => panic!("{pair:?}"),
        },
        other => panic!("{other:?}"),
    };
    items.iter().map(pair).collect()
}

#[test]
fn slow_commands_are_events_until_they_are_reset() {
    for server in start() {
        let mut client = server.client();
        call(&mut client, "DEBUG SLEEP 0.03");
        assert_eq!(call(&mut client, "LATENCY LATEST"), Value::Array(vec![]), "monitoring is off");
        call(&mut client, "CONFIG SET latency-monitor-threshold 20");
        call(&mut client, "DEBUG SLEEP 0.03");
        std::thread::sleep(std::time::Duration::from_millis(1100));
        call(&mut client, "DEBUG SLEEP 0.06");
        let seen = samples(&mut client, "command");
        assert!(matches!(seen[..], [(first, 30..), (last, 60..)] if first < last), "{seen:?}");
        let Value::Array(latest) = call(&mut client, "LATENCY LATEST") else { panic!("no array") };
        let worst = seen[1].1;
        let own = Value::Array(vec![
            Value::Bulk("command".into()),
            Value::Int(seen[1].0),
            Value::Int(worst),
            Value::Int(worst),
        ]);
        assert!(latest.contains(&own), "{latest:?}");
        let graph = call(&mut client, "LATENCY GRAPH command").text().unwrap();
        let low = seen[0].1;
        let lines: Vec<&str> = graph.lines().collect();
        assert_eq!(lines[0], format!("command - high {worst} ms, low {low} ms (all time high {worst} ms)"));
        assert_eq!((lines[1].len(), lines[2], lines[5]), (80, " #", "_|"), "{graph}");
        let report = call(&mut client, "LATENCY DOCTOR").text().unwrap();
        assert!(report.contains("command: 2 "), "{report}");
        assert_eq!(call(&mut client, "LATENCY RESET nosuch COMMAND"), Value::Int(1));
        assert_eq!(samples(&mut client, "command"), []);
        call(&mut client, "LATENCY RESET");
        assert_eq!(call(&mut client, "LATENCY RESET"), Value::Int(0));
    }
}

/// As SLOWLOG, LATENCY does not see how long a command has waited because it was asked to.
#[test]
fn what_waits_because_it_was_asked_to_is_no_event() {
    let [server, _] = start();
    let mut client = server.client();
    call(&mut client, "CONFIG SET latency-monitor-threshold 20");
    call(&mut client, "BLPOP nosuch 0.1");
    call(&mut client, "WAIT 5 100");
    assert_eq!((samples(&mut client, "command"), samples(&mut client, "fast-command")), (vec![], vec![]));
    assert_eq!(calls(&mut client, "LATENCY HISTOGRAM blpop wait"), []);
}
