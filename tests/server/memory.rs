//! What `maxmemory` is judged by, and INFO memory.

use std::time::{Duration, Instant};

use crate::call;
use crate::support::client::Client;
use crate::support::value::Value;

fn field(client: &mut Client, name: &str) -> u64 {
    fields(client, [name])[0]
}

/// Fields of one moment.
fn fields<const N: usize>(client: &mut Client, names: [&str; N]) -> [u64; N] {
    let text = call(client, "INFO memory").text().unwrap();
    names.map(|name| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    })
}

/// Writes values of 1 MB until that is refused; how many there were.
fn fill(client: &mut Client) -> usize {
    let value = "x".repeat(1_000_000);
    for count in 0..300 {
        match client.call(&["SET", &format!("k{count}"), &value]) {
            Value::Error(text) => {
                assert!(text.starts_with(b"OOM "), "{text:?}");
                return count;
            }
            reply => assert_eq!(reply, Value::Simple(b"OK".to_vec())),
        }
    }
    panic!("maxmemory refuses nothing");
}

/// Pages that the allocator keeps are no reason to refuse writes.
#[test]
fn flushed_values_no_longer_count_as_memory() {
    let server = crate::start(&["--maxmemory", "120mb"]);
    let mut client = server.client();
    for _ in 0..3 {
        assert!(fill(&mut client) > 20);
        let (used, bound) = (field(&mut client, "used_memory"), field(&mut client, "maxmemory"));
        assert!(used > bound && used < bound + (16 << 20), "{used} of {bound}");
        call(&mut client, "FLUSHALL");
        // A thread frees what was flushed.
        let until = Instant::now() + Duration::from_secs(5);
        while field(&mut client, "used_memory") > bound {
            assert!(Instant::now() < until, "what was flushed is still counted");
        }
        assert_eq!(call(&mut client, "SET k v"), Value::Simple(b"OK".to_vec()));
    }
}

/// What is deleted leaves holes in pages, which stay resident for as long as anything lives in them.
#[test]
fn holes_between_values_no_longer_count() {
    const BATCH: usize = 1000;
    let server = crate::start(&["--maxmemory", "120mb"]);
    let mut client = server.client();
    let value = "x".repeat(1000);
    let key = |at: usize| format!("k{at}");
    let mut keys = 0;
    loop {
        let sets: Vec<Vec<String>> =
            (keys..keys + BATCH).map(|at| vec!["SET".into(), key(at), value.clone()]).collect();
        let replies = client.pipeline(&sets);
        keys += BATCH;
        if replies.iter().any(Value::is_error) {
            break;
        }
        assert!(keys < 300 * BATCH, "maxmemory refuses nothing");
    }
    let gone: Vec<String> = (0..keys).filter(|at| at % 8 != 0).map(key).collect();
    for keys in gone.chunks(BATCH) {
        let del: Vec<&str> = std::iter::once("DEL").chain(keys.iter().map(String::as_str)).collect();
        assert!(!client.call(&del).is_error());
    }
    let [used, bound, resident] = fields(&mut client, ["used_memory", "maxmemory", "used_memory_rss"]);
    assert!(used < bound && resident > used, "used {used}, resident {resident}, of {bound}");
    assert_eq!(call(&mut client, "SET k v"), Value::Simple(b"OK".to_vec()));
}

#[test]
fn memory_is_shown_by_what_it_is_for() {
    let server = crate::start(&[]);
    let mut client = server.client();
    let names =
        ["used_memory", "used_memory_startup", "used_memory_dataset", "used_memory_overhead", "used_memory_peak"];
    let before = fields(&mut client, names);
    let value = "x".repeat(1_000_000);
    for count in 0..60 {
        client.call(&["SET", &format!("k{count}"), &value]);
    }
    let after = fields(&mut client, names);
    let [used, startup, dataset, overhead, peak] = after;
    assert!(startup > 0 && startup == before[1] && startup < used, "{after:?}");
    assert_eq!(dataset + overhead, used);
    assert!(used >= before[0] + 60_000_000 && dataset >= before[2] + 50_000_000, "{before:?} {after:?}");
    assert!(peak >= used && field(&mut client, "used_memory_rss") > 60_000_000, "{after:?}");
    call(&mut client, "FLUSHALL");
    let until = Instant::now() + Duration::from_secs(30);
    while field(&mut client, "used_memory") > used - 40_000_000 {
        assert!(Instant::now() < until);
    }
    assert!(field(&mut client, "used_memory_peak") >= peak);
    assert_eq!(call(&mut client, "MEMORY PURGE"), Value::Simple(b"OK".to_vec()));
    // What was purged is no longer resident, or will not be in a moment.
    while field(&mut client, "used_memory_rss") > used - 20_000_000 {
        assert!(Instant::now() < until, "{} bytes stay", field(&mut client, "used_memory_rss"));
    }
}
