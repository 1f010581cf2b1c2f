//! Lifetimes in real time: what is promised in milliseconds holds, however the server's clock is cut. Nothing here can fail because a
//! machine is slow: a key that is gone late is no fault.

use std::time::{Duration, Instant};

use crate::call;
use crate::support::process::Server;
use crate::support::value::Value;

/// A time that may be short by the difference of clock rates, 0.1 %, and by nothing else.
fn lasts(lived: Duration, promised: Duration) -> bool {
    lived.as_nanos() * 1000 >= promised.as_nanos() * 999
}

#[test]
fn a_key_is_never_gone_before_its_time() {
    const TTL: Duration = Duration::from_millis(10);
    let server = super::start(&[]);
    let mut client = server.client();
    for round in 0..300 {
        let begin = Instant::now();
        assert!(!call(&mut client, "SET u 1 PX 10").is_error());
        while call(&mut client, "EXISTS u") == Value::Int(1) {}
        let lived = begin.elapsed();
        assert!(lasts(lived, TTL), "round {round}: gone after {lived:?}");
    }
}

/// Whoever trusts what PTTL shows, counted from when it asked, never trusts it longer than the key lives.
#[test]
fn pttl_never_shows_more_than_is_left() {
    let server = super::start(&[]);
    let mut client = server.client();
    for round in 0..100 {
        assert!(!call(&mut client, "SET u 1 PX 12").is_error());
        let mut shown = Vec::new();
        loop {
            let asked = Instant::now();
            match call(&mut client, "PTTL u") {
                Value::Int(-2) => break,
                Value::Int(left) => shown.push((asked, u64::try_from(left).unwrap())),
                other => panic!("{other:?}"),
            }
        }
        let gone = Instant::now();
        for (asked, left) in shown {
            let lived = gone - asked;
            assert!(
                lasts(lived, Duration::from_millis(left)),
                "round {round}: {left} ms were shown, it lived {lived:?}"
            );
        }
    }
}

/// The entry's time stands still within a script, so a script can reach the very millisecond of a deadline.
#[test]
fn the_millisecond_of_a_deadline_belongs_to_the_key_as_in_redis() {
    const NOW: &str = "local t=redis.call('TIME') local ms=t[1]*1000+math.floor(t[2]/1000) \
                       local function at(by) return string.format('%.0f',ms+by) end local c=redis.call local k=KEYS[1] ";
    let (lockstep, redis) = (super::start(&[]), Server::redis(&[]));
    let (mut ours, mut theirs) = (lockstep.client(), redis.client());
    for (body, expected) in [
        ("c('SET',k,'v','PXAT',at(0)) return {c('EXISTS',k),c('PTTL',k),c('TTL',k),c('STRLEN',k)}", &[1, 0, 0, 1][..]),
        ("c('SET',k,'v','PXAT',at(-1)) return {c('EXISTS',k),c('PTTL',k),c('DEL',k)}", &[0, -2, 0]),
        ("c('SET',k,'v','PXAT',at(1)) return {c('EXISTS',k),c('PTTL',k)}", &[1, 1]),
        ("c('SET',k,'v') return {c('PEXPIREAT',k,at(0)),c('EXISTS',k)}", &[1, 0]),
        ("c('SET',k,'v') return {c('PEXPIREAT',k,at(1)),c('PTTL',k)}", &[1, 1]),
        ("c('SET',k,'v') return {c('PEXPIRE',k,0),c('EXISTS',k)}", &[1, 0]),
        ("c('SET',k,'v') c('GETEX',k,'PXAT',at(0)) return {c('EXISTS',k)}", &[0]),
        (
            "c('SET',k,'v','PXAT',at(0)) c('COPY',k,KEYS[2]) c('RENAME',k,KEYS[3]) \
          return {c('PTTL',KEYS[2]),c('PTTL',KEYS[3]),c('EXISTS',KEYS[3])}",
            &[0, 0, 1],
        ),
        ("c('SET',k,'v','PXAT',at(0)) return {c('SETNX',k,'w'),c('EXPIRE',k,10,'GT'),c('PTTL',k)}", &[0, 1, 10_000]),
        (
            "c('SET',k,'v','PXAT',at(0)) return {c('MSETNX',k,'w'),c('APPEND',k,'x'),c('PERSIST',k),c('PTTL',k)}",
            &[0, 2, 1, -1],
        ),
        ("c('SET',k,'v','PXAT',at(0)) c('SET',k,'w','KEEPTTL') return {c('PTTL',k),c('PEXPIRETIME',k)-ms}", &[0, 0]),
    ] {
        let script = format!("{NOW}{body}");
        let expected = Value::Array(expected.iter().map(|number| Value::Int(*number)).collect());
        for client in [&mut ours, &mut theirs] {
            call(client, "FLUSHALL");
            assert_eq!(client.call(&["EVAL", &script, "3", "{k}1", "{k}2", "{k}3"]), expected, "{body}");
        }
    }
}
