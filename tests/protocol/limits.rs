//! Bounds of what one connection may send.

use crate::Both;
use crate::support::process::Server;
use crate::support::value::Value;

/// `proto-max-bulk-len` is 64 MB in both servers here: one byte more is refused before it is sent.
#[test]
fn a_bulk_string_that_is_too_long() {
    let both = Both::start();
    both.compare(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$67108865\r\n", usize::MAX);
}

/// Before AUTH: ten arguments of 16 KiB.
#[test]
fn who_is_not_authenticated_may_send_little() {
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
                if i % 2 == 0 { b"*1000000000\r\n$3\r\nSET\r\n" } else { b"*2\r\n$4\r\nECHO\r\n$67108864\r\n" };
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
fn ten_thousand_arguments_and_a_value_of_ten_megabytes() {
    let both = Both::start();
    let mut many = vec![b"DEL".to_vec()];
    many.extend((0..10_000).map(|i: u32| i.to_string().into_bytes()));
    let commands =
        [many, vec![b"SET".to_vec(), b"k".to_vec(), vec![b'x'; 10_000_000]], vec![b"GET".to_vec(), b"k".to_vec()]];
    let (redis, ours) = (both.redis.client().pipeline(&commands), both.ours.client().pipeline(&commands));
    assert!(redis == ours, "{ours:?}");
}
