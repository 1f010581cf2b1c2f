//! Bounds of what one connection may send.

use crate::Both;
use crate::support::process::Server;
use crate::support::value::Value;

/// `proto-max-bulk-len` is 64 MB in both servers here: one byte more is refused before it is sent.
#[test]
fn bulk_string_that_is_too_long_is_refused() {
    let both = Both::start();
    both.compare(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$67108865\r\n", usize::MAX);
}

/// Before AUTH: ten arguments of 16 KiB.
#[test]
fn unauthenticated_client_has_small_limits() {
    let both = Both::with_password("secret");
    for input in [
        &b"*10\r\n"[..],
        b"*11\r\n",
        b"*1\r\n$16384\r\n",
        b"*1\r\n$16385\r\n",
        b"*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*11\r\n",
        b"*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*1\r\n$16385\r\n",
        b"*2\r\n$4\r\nAUTH\r\n$5\r\nwrong\r\n*1\r\n$16385\r\n",
    ] {
        both.compare(input, usize::MAX);
    }
}

/// What a header announces costs nothing until it arrives.
#[test]
fn an_announced_length_takes_no_memory() {
    let server = Server::lockstep(&[]);
    let clients: Vec<_> = (0..50)
        .map(|i| {
            let mut client = server.client();
            let head: &[u8] =
                if i % 2 == 0 { b"*2147483647\r\n$3\r\nSET\r\n" } else { b"*2\r\n$4\r\nECHO\r\n$67108864\r\n" };
            client.send_raw(head).unwrap();
            client
        })
        .collect();
    assert_eq!(server.client().call(&["PING"]), Value::Simple(b"PONG".to_vec()));
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let resident = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kb: u64 = resident.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kb < 400 * 1024, "{kb} kB with {} announcements", clients.len());
}

#[test]
fn ten_thousand_arguments_and_ten_megabytes_are_accepted() {
    let both = Both::start();
    let mut many = vec![b"DEL".to_vec()];
    many.extend((0..10_000).map(|i: u32| i.to_string().into_bytes()));
    let commands =
        [many, vec![b"SET".to_vec(), b"k".to_vec(), vec![b'x'; 10_000_000]], vec![b"GET".to_vec(), b"k".to_vec()]];
    let (redis, ours) = (both.redis.client().pipeline(&commands), both.ours.client().pipeline(&commands));
    assert!(redis == ours, "{ours:?}");
}

const MB: usize = 1 << 20;

fn refusal(value: &Value) -> String {
    match value {
        Value::Error(text) => String::from_utf8_lossy(text).into_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

/// Whatever arguments it has: a larger one would make a log entry that no other node can be sent.
#[test]
fn a_command_is_bounded_as_a_whole() {
    let server = Server::lockstep(&[]);
    let mut client = server.client();
    let large = vec![b'x'; 45 * MB];
    let mset = |count: usize| {
        let pairs = (0..count).flat_map(|i| [format!("{{m}}{i}").into_bytes(), large.clone()]);
        [b"MSET".to_vec()].into_iter().chain(pairs).collect::<Vec<_>>()
    };
    assert_eq!(client.call(&mset(2)), Value::Simple(b"OK".to_vec()));
    assert_eq!(refusal(&client.call(&mset(3))), "LIMIT the command is larger than 128 MB");
    assert!(client.call(&["GET", "{m}2"]).is_null());
    let script = [&b"EVAL"[..], b"return 1", b"3", &large, &large, &large];
    assert_eq!(refusal(&client.call(&script)), "LIMIT the command is larger than 128 MB");
    // Lengths count: these are nearly nothing but lengths.
    let mut empty = vec![&b""[..]; 27 * MB];
    empty.splice(..2, [&b"DEL"[..], b"{m}0"]);
    assert_eq!(refusal(&client.call(&empty)), "LIMIT the command is larger than 128 MB");
    assert_eq!(client.call(&["EXISTS", "{m}0"]).int(), Some(1));
}

#[test]
fn a_transaction_is_bounded_with_what_it_watches() {
    let server = Server::lockstep(&[]);
    let mut client = server.client();
    let large = vec![b'x'; 45 * MB];
    let set = |key: &[u8]| vec![b"SET".to_vec(), key.to_vec(), large.clone()];
    let (watch, multi, exec) =
        (vec![b"WATCH".to_vec(), large.clone()], vec![b"MULTI".to_vec()], vec![b"EXEC".to_vec()]);
    let replies = client.pipeline(&[multi.clone(), set(b"a"), set(b"b"), set(b"c"), exec.clone()]);
    assert_eq!(refusal(&replies[3]), "LIMIT the transaction is larger than 128 MB");
    assert!(refusal(&replies[4]).starts_with("EXECABORT"));
    let replies = client.pipeline(&[watch.clone(), multi.clone(), set(b"a"), set(b"b"), exec.clone()]);
    assert_eq!(refusal(&replies[4]), "LIMIT the transaction is larger than 128 MB");
    assert_eq!(client.call(&["EXISTS", "a", "b", "c"]).int(), Some(0));
    let replies = client.pipeline(&[multi, set(b"a"), set(b"b"), exec]);
    assert_eq!(replies[3].items().map(<[_]>::len), Some(2));
    let other = |byte: u8| vec![b"WATCH".to_vec(), vec![byte; 45 * MB]];
    let replies = client.pipeline(&[watch, other(b'y'), other(b'z')]);
    assert_eq!(refusal(&replies[2]), "LIMIT too many watched keys");
}
