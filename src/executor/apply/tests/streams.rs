//! Streams that are waited for, from entry to entry.

use super::waiters::{Log, released};
use super::*;
use crate::store::Stream;
use crate::store::steps::{Step, steps};

/// Who waits for entries and gets these, as (connection, ids).
fn read(outcome: &EntryOutcome) -> Vec<(u64, Vec<String>)> {
    let text = |reply: &Reply| match reply {
        Reply::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => panic!("{other:?}"),
    };
    let id = |entry: &Reply| match entry {
        Reply::Array(parts) => text(&parts[0]),
        other => panic!("{other:?}"),
    };
    let ids = |reply: &Reply| match reply {
        Reply::Keyed(streams) => streams
            .iter()
            .flat_map(|(_, entries)| match entries {
                Reply::Array(entries) => entries.iter().map(id).collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            })
            .collect(),
        other => vec![format!("{other:?}")],
    };
    outcome.effects.released.iter().map(|(id, reply)| (id.connection, ids(reply))).collect()
}

fn got(connection: u64, ids: &[&str]) -> (u64, Vec<String>) {
    (connection, ids.iter().map(|id| (*id).to_owned()).collect())
}

fn with_group(log: &mut Log) {
    log.batch(2, &[(0, "XGROUP CREATE s g $ MKSTREAM")]);
}

fn consumers(log: &Log) -> Vec<(String, u64)> {
    let stream = log.origin.db(0).get(b"s").unwrap().value().typed::<Stream>().unwrap();
    let group = stream.group(b"g").unwrap();
    group.consumers().map(|held| (String::from_utf8_lossy(held.name()).into_owned(), held.seen_ms)).collect()
}

#[test]
fn an_entry_wakes_all_who_read_its_stream_from_where_they_began() {
    let mut log = Log::new();
    log.batch(2, &[(0, "XADD s 5-0 a 1")]);
    log.batch(2, &[(7, "XREAD BLOCK 0 STREAMS s $"), (8, "XREAD BLOCK 0 STREAMS s 7-0")]);
    log.batch(3, &[(9, "XREAD BLOCK 0 COUNT 1 STREAMS absent s 0 $")]);
    // Of what one command adds all is there at once.
    let added = log.batch(3, &[(0, "EVAL redis.call('xadd','s','6-0','a','2')redis.call('xadd','s','6-1','a','3') 0")]);
    assert_eq!(read(&added), [got(7, &["6-0", "6-1"]), got(9, &["6-0"])]);
    assert_eq!(read(&log.batch(3, &[(0, "XADD s 7-0 a 4")])), []);
    assert_eq!(read(&log.batch(3, &[(0, "XADD s 8-0 a 5")])), [got(8, &["8-0"])]);
    assert!(log.origin.waiters().is_empty());
}

#[test]
fn readers_keep_waiting_whatever_becomes_of_the_key() {
    let mut log = Log::new();
    log.batch(2, &[(0, "XADD s 5-0 a 1"), (7, "XREAD BLOCK 0 STREAMS s $")]);
    for line in ["DEL s", "SET s x", "FLUSHALL", "XADD s 4-0 a 1", "XTRIM s MAXLEN 0"] {
        assert_eq!(released(&log.batch(3, &[(0, line)])), [], "{line}");
    }
    assert_eq!(read(&log.batch(3, &[(0, "XADD s 6-0 a 1")])), [got(7, &["6-0"])]);
}

#[test]
fn consumers_of_a_group_are_served_in_turn() {
    let mut log = Log::new();
    with_group(&mut log);
    log.batch(3, &[(9, "XREADGROUP GROUP g one BLOCK 0 STREAMS s >")]);
    log.batch(2, &[(5, "XREADGROUP GROUP g two COUNT 1 BLOCK 0 STREAMS s >")]);
    log.batch(2, &[(6, "XREADGROUP GROUP g three BLOCK 0 STREAMS s >")]);
    assert_eq!(read(&log.batch(3, &[(0, "XADD s 1-0 a 1")])), [got(9, &["1-0"])]);
    let script = "EVAL for\ti=2,4\tdo\tredis.call('xadd','s',i,'a',i)end 0";
    assert_eq!(read(&log.batch(3, &[(0, script)])), [got(5, &["2-0"]), got(6, &["3-0", "4-0"])]);
    assert!(log.origin.waiters().is_empty());
}

#[test]
fn the_end_of_what_a_consumer_waits_for_ends_the_wait() {
    let no_key = "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option";
    let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    for (line, error) in [
        ("DEL s", no_key),
        ("FLUSHALL", no_key),
        ("RENAME s t", no_key),
        ("SWAPDB 0 1", no_key),
        ("XGROUP DESTROY s g", no_key),
        ("PEXPIREAT s 1", no_key),
        ("SET s x", wrong),
        ("RENAME l s", wrong),
        ("RENAME without s", no_key),
    ] {
        let mut log = Log::new();
        with_group(&mut log);
        log.batch(2, &[(0, "RPUSH l x"), (0, "XADD without 1-0 a 1")]);
        log.batch(2, &[(5, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >"), (6, "XREAD BLOCK 0 STREAMS s 9")]);
        assert_eq!(released(&log.batch(3, &[(0, line)])), [(5, format!("Error({error})"))], "{line}");
        assert_eq!(released(&log.batch(3, &[(0, line)])), [], "{line}");
    }
}

#[test]
fn a_consumer_is_made_when_its_wait_begins_and_seen_when_it_is_served() {
    let mut log = Log::new();
    with_group(&mut log);
    log.now_ms = 2000;
    log.batch(2, &[(5, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >")]);
    assert_eq!(consumers(&log), [("c".into(), 2000)]);
    log.now_ms = 3000;
    log.batch(2, &[(0, "XGROUP DELCONSUMER s g c")]);
    assert_eq!(consumers(&log), []);
    log.now_ms = 4000;
    let added = log.batch(2, &[(0, "XADD s * a 1")]);
    assert_eq!(read(&added), [got(5, &["4000-0"])]);
    assert_eq!(consumers(&log), [("c".into(), 4000)]);
    // In vain, and without waiting.
    log.now_ms = 5000;
    log.batch(2, &[(0, "XREADGROUP GROUP g d STREAMS s >")]);
    assert_eq!(consumers(&log), [("c".into(), 4000), ("d".into(), 5000)]);
}

#[test]
fn a_wait_for_entries_ends_with_its_time() {
    let mut log = Log::new();
    with_group(&mut log);
    log.batch(2, &[(5, "XREADGROUP GROUP g c BLOCK 500 STREAMS s >"), (6, "XREAD BLOCK 400 STREAMS s $")]);
    log.now_ms = 1401;
    assert_eq!(released(&log.content(&Content::Tick)), [(6, "NilArray".into())]);
    log.now_ms = 1501;
    assert_eq!(released(&log.content(&Content::Tick)), [(5, "NilArray".into())]);
}

#[test]
fn the_id_of_an_entry_comes_from_the_log() {
    let mut log = Log::new();
    let mut last = |now_ms: u64, line: &str| {
        log.now_ms = now_ms;
        log.batch(2, &[(0, line)]);
        log.origin.db(0).get(b"s").unwrap().value().typed::<Stream>().unwrap().last_id().to_string()
    };
    assert_eq!(last(5000, "XADD s * a 1"), "5000-0");
    assert_eq!(last(5000, "XADD s * a 1"), "5000-1");
    assert_eq!(last(5001, "XADD s * a 1"), "5001-0");
    assert_eq!(last(5001, "XADD s 6000-5 a 1"), "6000-5");
    assert_eq!(last(5002, "XADD s * a 1"), "6000-6", "an id never falls");
}

#[test]
fn scripts_read_streams_and_never_wait_for_them() {
    let mut log = Log::new();
    with_group(&mut log);
    let mut answer = |line: &str| {
        let outcome = log.batch(2, &[(0, line)]);
        let [StepReply::Reply(reply)] = &outcome.answers[0].1[..] else { panic!("{:?}", outcome.answers) };
        format!("{reply:?}")
    };
    for (line, part) in [
        ("EVAL return(redis.call('xread','STREAMS','s','0')) 0", "Nil"),
        ("EVAL return(redis.call('XREAD','BLOCK','5','STREAMS','s','0')) 0", "Nil"),
        ("EVAL return(redis.call('xread','BLOCK','0','STREAMS','s','$')) 0", "Nil"),
        ("EVAL return(redis.call('xreadgroup','GROUP','g','c','BLOCK','0','STREAMS','s','>')) 0", "Nil"),
        ("EVAL return(redis.pcall('xread','BLOCK','-1','STREAMS','s','0').err) 0", "ERR timeout is negative"),
        ("EVAL return(redis.call('xadd','s','MAXLEN','~','10','*','event','x')) 0", "1000-0"),
        ("EVAL return(redis.call('xreadgroup','GROUP','g','c','STREAMS','s','>')[1][2][1][2][1]) 0", "event"),
        ("EVAL return(redis.call('xread','BLOCK','0','STREAMS','s','0')[1][2][1][1]) 0", "1000-0"),
        ("EVAL_RO return(redis.call('xread','BLOCK','0','STREAMS','s','+')[1][2][1][1]) 0", "1000-0"),
        ("EVAL return(redis.call('xreadgroup','GROUP','g','c','BLOCK','0','STREAMS','s','0')[1][2][1][1]) 0", "1000-0"),
        ("EVAL return(redis.call('xinfo','stream','s')[2]) 0", "Int(1)"),
    ] {
        let reply = answer(line);
        assert!(reply.contains(part), "{line}: {reply}");
    }
    assert!(log.origin.waiters().is_empty());
}

#[test]
fn who_waits_for_the_last_entry_gets_the_first_that_comes() {
    let mut log = Log::new();
    log.batch(2, &[(0, "XADD full 5-0 a 1"), (0, "XADD full 6-0 a 1"), (0, "XADD gone 9-0 a 1"), (0, "XDEL gone 9-0")]);
    log.batch(2, &[(7, "XREAD BLOCK 0 STREAMS absent gone + +")]);
    // Each entry is applied to two states.
    assert!(!log.origin.waiters().is_empty());
    assert_eq!(read(&log.batch(3, &[(0, "XADD gone 10-0 a 1")])), [got(7, &["10-0"])]);
    let at_once = log.batch(2, &[(8, "XREAD BLOCK 0 STREAMS full absent + +")]);
    let [StepReply::Reply(Reply::Keyed(streams))] = &at_once.answers[0].1[..] else { panic!("{:?}", at_once.answers) };
    assert_eq!(streams.len(), 1);
    assert!(log.origin.waiters().is_empty());
}

/// As in a transaction.
#[test]
fn commands_that_may_wait_do_not_in_scripts() {
    let mut log = Log::new();
    let mut answer = |line: &str| {
        let outcome = log.batch(2, &[(0, line)]);
        let [StepReply::Reply(reply)] = &outcome.answers[0].1[..] else { panic!("{:?}", outcome.answers) };
        format!("{reply:?}")
    };
    answer("RPUSH l a b c d e f g");
    answer("ZADD z 1 a 2 b 3 c 4 d");
    for (line, with, without) in [
        ("'blpop',KEYS[1],'0'", ["l", "a"], "Nil"),
        ("'brpop',KEYS[1],'0'", ["l", "g"], "Nil"),
        ("'brpoplpush',KEYS[1],'to','0'", ["f", "f"], "Nil"),
        ("'blmove',KEYS[1],'to','left','right','0'", ["b", "b"], "Nil"),
        ("'blmpop','0','1',KEYS[1],'left'", ["l", "c"], "Nil"),
        ("'bzpopmin',KEYS[1],'0'", ["z", "a"], "Nil"),
        ("'bzpopmax',KEYS[1],'0'", ["z", "d"], "Nil"),
        ("'bzmpop','0','1',KEYS[1],'min'", ["z", "b"], "Nil"),
    ] {
        let key = if line.starts_with("'bz") { "z" } else { "l" };
        let reply = answer(&format!("EVAL return(redis.call({line})) 1 {key}"));
        assert!(with.iter().all(|part| reply.contains(part)) && !reply.contains("Error"), "{line}: {reply}");
        let reply = answer(&format!("EVAL return(redis.call({line})) 1 absent"));
        assert!(reply.starts_with(without), "{line}: {reply}");
        let reply = answer(&format!("EVAL_RO return(redis.pcall({line}).err) 1 {key}"));
        assert!(reply.contains("Write commands are not allowed from read-only scripts"), "{line}: {reply}");
    }
    assert!(log.origin.waiters().is_empty());
}

/// What others do costs the same however many wait: only what can serve or end somebody lets them try again, and what that one does, none.
#[test]
fn waiters_are_tried_again_by_what_can_serve_or_end_them_alone() {
    const WAITERS: u64 = 20;
    let mut log = Log::new();
    with_group(&mut log);
    log.batch(2, &[(0, "XADD s 1-0 a 1"), (0, "XADD s 2-0 a 1"), (0, "XADD s 3-0 a 1"), (0, "XGROUP CREATE s h 0")]);
    log.batch(2, &[(0, "XREADGROUP GROUP g c STREAMS s >")]);
    // Each entry is applied to two states.
    let mut attempts = |line: &str, connection| {
        let mut outcome = None;
        let attempts = steps(Step::Attempt, || outcome = Some(log.batch(2, &[(connection, line)]))) / 2;
        (attempts, outcome.map_or(0, |outcome| outcome.effects.released.len()))
    };
    for connection in 1..=WAITERS {
        let line = format!("XREADGROUP GROUP g {connection} BLOCK 0 STREAMS s >");
        assert_eq!(attempts(&line, connection), (0, 0), "to begin a wait");
    }
    for line in [
        "XREADGROUP GROUP g poll STREAMS s >",
        "XREADGROUP GROUP h poll COUNT 1 STREAMS s >",
        "XREADGROUP GROUP h poll STREAMS s 0",
        "XACK s h 1-0",
        "XCLAIM s g d 0 2-0 3-0",
        "XCLAIM s g d 0 2-0 LASTID 2-5",
        "XAUTOCLAIM s g e 0 0",
        "XDEL s 2-0",
        "XTRIM s MAXLEN 1",
        "XSETID s 9-0",
        "XGROUP CREATE s i 0",
        "XGROUP CREATECONSUMER s g f",
        "XGROUP DELCONSUMER s g f",
        "XGROUP DESTROY s nosuch",
        "XADD s 1-0 a 1",
    ] {
        let before = attempts("PEXPIRE s 100000", 0);
        assert_eq!((before, attempts(line, 0)), ((0, 0), (0, 0)), "{line}");
    }
    // Looked at is each of them once, and one is served.
    assert_eq!(attempts("XADD s 10-0 a 1", 0), (WAITERS, 1));
    assert_eq!(attempts("XADD s MAXLEN 5 11-0 a 1", 0), (WAITERS - 1, 1));
    assert_eq!(attempts("XGROUP SETID s g 0", 0), (WAITERS - 2, 1));
    assert_eq!(attempts("XGROUP DESTROY s h", 0), (WAITERS - 3, 0));
    assert_eq!(attempts("XGROUP DESTROY s g", 0), (WAITERS - 3, WAITERS as usize - 3));
}

/// One that is sent again wakes nobody, also in another entry of the log; what is known of it ends through the log alone.
#[test]
fn a_message_that_is_sent_again_wakes_nobody_and_is_forgotten_in_time() {
    let mut log = Log::new();
    log.batch(2, &[(0, "XADD s IDMP p 1 * a 1")]);
    log.batch(2, &[(7, "XREAD BLOCK 0 STREAMS s $")]);
    log.set_options(|options| options.events = u64::MAX);
    let attempts = steps(Step::Attempt, || {
        let again = log.batch(3, &[(0, "XADD s IDMP p 1 * a 1")]);
        assert_eq!(read(&again), []);
        assert!(again.effects.pubsub.is_empty(), "no entry of which somebody is told");
    });
    assert_eq!(attempts, 0);
    assert_eq!(read(&log.batch(3, &[(0, "XADD s IDMP p 2 * a 1")])), [got(7, &["1000-1"])]);
    log.batch(3, &[(0, "XCFGSET s IDMP-DURATION 5"), (0, "XADD s IDMP p 3 * a 1"), (0, "XADD s IDMP q 3 * a 1")]);
    log.now_ms += 1;
    log.batch(3, &[(0, "XADD s IDMP q 4 * a 1")]);
    let ids = |log: &Log| log.origin.db(0).get(b"s").unwrap().value().typed::<Stream>().unwrap().producer_counts().ids;
    assert_eq!((ids(&log), log.origin.first_deadline_ms()), (3, Some(6000)));
    let (revision, digest) = (log.origin.db(0).get(b"s").unwrap().revision(), log.origin.digest.value());
    log.now_ms = 6000;
    log.content(&Content::Tick);
    assert_eq!(ids(&log), 3);
    log.now_ms += 1;
    log.content(&Content::Tick);
    assert_eq!((ids(&log), log.origin.first_deadline_ms()), (1, Some(6001)));
    assert_eq!(log.origin.db(0).get(b"s").unwrap().revision(), revision, "no value has changed");
    assert_ne!(log.origin.digest.value(), digest);
    log.now_ms += 10;
    log.batch(3, &[(0, "DEL s")]);
    assert_eq!(log.origin.first_deadline_ms(), None);
}
