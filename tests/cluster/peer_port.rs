//! The peer port, as strangers find it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lockstep::replication::peer::{frame, handshake};

use crate::support::cluster::{Cluster, until};
use crate::support::load::{Load, Tally};
use crate::support::process::Server;

const HELLO: u8 = 200;
const CHALLENGE: u8 = 201;
const REFUSED: u8 = 202;
const PROOF: u8 = 203;
/// What the log says of each connection that is not let in.
const LINE: &str = "a connection to the peer port is refused";

/// The first frame of who calls node `target` as `node`.
pub fn hello(version: u16, cluster: u128, node: u64, process: u64, target: u64) -> Vec<u8> {
    let mut hello = b"lockstep".to_vec();
    hello.extend(version.to_le_bytes());
    hello.push(1);
    hello.extend(cluster.to_le_bytes());
    hello.extend(node.to_le_bytes());
    hello.extend(process.to_le_bytes());
    hello.extend(1u32.to_le_bytes());
    hello.extend(target.to_le_bytes());
    hello.extend(7u128.to_le_bytes());
    frame::encode(0, HELLO, &hello).to_vec()
}

/// The id of the cluster that a node is of.
pub fn cluster_id(node: &Server) -> u128 {
    let identity = std::fs::read_to_string(node.data().join("identity")).unwrap();
    let id = identity.lines().find_map(|line| line.strip_prefix("cluster ")).unwrap();
    u128::from_str_radix(id, 16).unwrap()
}

/// A connection to a node's peer port.
pub fn connect(node: &Server) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", node.port() + 10_000)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// The next frame: its kind and body.
fn next(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 13];
    stream.read_exact(&mut head).unwrap();
    let len = u32::from_le_bytes(head[..4].try_into().unwrap()) as usize;
    let mut body = vec![0; len - 9];
    stream.read_exact(&mut body).unwrap();
    (head[12], body)
}

/// All that still comes.
fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    rest
}

/// The line about the connection from there.
fn logged(node: &Server, from: &str) -> String {
    until("a line in the log", || {
        let log = node.log();
        log.lines().find(|line| line.contains(LINE) && line.contains(&format!("addr={from} "))).map(str::to_owned)
    })
}

#[test]
fn a_stranger_gets_nothing_to_try_passwords_on_and_is_logged() {
    let node = Server::lockstep(&["--requirepass", "secret"]);
    let hello = |version| hello(version, cluster_id(&node), 2, 77, 1);
    // The node's own id and a random number, and for the wrong proof a text that is always the same.
    let mut said = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&node);
        let from = stream.local_addr().unwrap().to_string();
        stream.write_all(&hello(handshake::VERSION)).unwrap();
        let (kind, challenge) = next(&mut stream);
        assert_eq!((kind, challenge.len(), &challenge[..8]), (CHALLENGE, 24, &1u64.to_le_bytes()[..]));
        stream.write_all(&frame::encode(0, PROOF, &[9; 32])).unwrap();
        let (kind, why) = next(&mut stream);
        assert_eq!(kind, REFUSED);
        said.push(why);
        assert_eq!(rest(stream), b"");
        assert!(logged(&node, &from).contains("a peer with another requirepass"));
    }
    assert_eq!(said[0], said[1]);

    let mut stream = connect(&node);
    let from = stream.local_addr().unwrap().to_string();
    stream.write_all(&hello(handshake::VERSION - 1)).unwrap();
    let (kind, why) = next(&mut stream);
    assert_eq!(kind, REFUSED);
    let told = String::from_utf8_lossy(&why[5..]).into_owned();
    let speaks = format!("speaks version {} ", handshake::VERSION - 1);
    assert!(told.contains(&speaks) && told.contains("start the same version"), "{told}");
    assert_eq!(rest(stream), b"");
    assert!(logged(&node, &from).contains(&told));

    let mut stream = connect(&node);
    let from = stream.local_addr().unwrap().to_string();
    stream.write_all(b"*1\r\n$4\r\nPING\r\n").unwrap();
    // What it has sent and nobody read resets the connection.
    let _ = stream.read_to_end(&mut Vec::new());
    assert!(logged(&node, &from).contains("this port is for members of the cluster"));
}

/// From one address, which is that of the members too: a restarted member comes back while the flood goes on, clients see nothing of it, and
/// the log stays short.
#[test]
fn a_flood_at_the_peer_ports_keeps_no_member_out() {
    let mut cluster = Cluster::start(3, &["--requirepass", "secret"]);
    cluster.transfer(0);
    let began = Instant::now();
    let lines = |cluster: &Cluster| cluster.nodes.iter().map(|node| node.log().matches(LINE).count()).max().unwrap();
    let load = Load::start_with(|| cluster.nodes[0].client(), 2, 1, "counter");
    let (stop, tries) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let id = cluster_id(&cluster.nodes[0]);
    let flood: Vec<_> = (0..3u64)
        .map(|node| {
            let (stop, tries) = (stop.clone(), tries.clone());
            let port = cluster.nodes[node as usize].port() + 10_000;
            std::thread::spawn(move || {
                let mut held = std::collections::VecDeque::new();
                for n in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    // One of the nodes is away for a while.
                    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                    tries.fetch_add(1, Ordering::Relaxed);
                    // Silent, a wrong proof at once, or nothing that is a frame.
                    let _ = match n % 3 {
                        0 => Ok(()),
                        1 => stream.write_all(
                            &[&hello(handshake::VERSION, id, 9, n, node + 1)[..], &frame::encode(0, PROOF, &[9; 32])]
                                .concat(),
                        ),
                        _ => stream.write_all(b"GET / HTTP/1.1\r\n\r\n"),
                    };
                    held.push_back(stream);
                    if held.len() > 200 {
                        held.pop_front();
                    }
                }
            })
        })
        .collect();
    until("the flood", || (tries.load(Ordering::Relaxed) > 2000).then_some(()));
    load.wait_more(20);
    for _ in 0..2 {
        cluster.nodes[2].kill();
        cluster.nodes[2].start_again();
        cluster.wait_ready(2);
        load.wait_more(20);
    }
    cluster.transfer(1);
    load.wait_more(20);
    let tried = tries.load(Ordering::Relaxed);
    stop.store(true, Ordering::Relaxed);
    flood.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(Tally::sum(&load.finish()).errors, Vec::<String>::new());
    // Those of a minute, for each time that the node was started.
    let most = 3 * 8 * (1 + began.elapsed().as_secs() as usize / 60);
    assert!((1..=most).contains(&lines(&cluster)), "{} lines of {tried} tries", lines(&cluster));
    cluster.check_digests();
}
