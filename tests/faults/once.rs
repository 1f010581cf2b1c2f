//! ONCE: requests that are sent again after their connection was cut, to any node, while leaders are killed.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::support::bounds::{ONCE_CUTS, ONCE_KILLS, ONCE_KILLS_LONG, of_long, seed};
use crate::support::client::{Client, encode};
use crate::support::cluster::Cluster;
use crate::support::once;
use crate::support::rng::Rng;
use crate::support::value::Value;

const CLIENTS: usize = 6;
/// Codes of errors after which it is not known whether the command will run.
const UNDECIDED: [&[u8]; 3] = [b"LOADING", b"INDETERMINATE", b"CLUSTERDOWN"];

/// One client: its requests follow each other, so each reply says how often those before it have run.
struct Sender {
    name: usize,
    nodes: Vec<SocketAddr>,
    rng: Rng,
    cuts: Arc<AtomicU64>,
    done: u64,
    token: i64,
    /// Requests, and what was answered first.
    answered: Vec<(Vec<String>, Value)>,
}

impl Sender {
    /// Requests of each kind, until there were enough cuts and the kills are over.
    fn run(mut self, is_over: &AtomicBool) -> (usize, u64) {
        while !is_over.load(Ordering::Relaxed) || self.cuts.load(Ordering::Relaxed) < ONCE_CUTS {
            self.round();
        }
        (self.name, self.done)
    }

    fn round(&mut self) {
        self.done += 1;
        for (command, expected) in once::commands(self.name, self.done as i64) {
            let id = format!("{}:{}", self.name, self.rng.next());
            let request: Vec<String> = ["ONCE".to_owned(), id].into_iter().chain(command).collect();
            let first = self.send(&request);
            self.answered.push((request.clone(), first.clone()));
            match expected {
                Some(expected) => assert_eq!(first, expected, "{request:?}"),
                None => self.token = once::new_token(&first, self.token),
            }
            if self.rng.percent(20) {
                assert_eq!(self.send(&request), first, "{request:?}, again");
            }
            if self.rng.percent(20) {
                let (request, first) = self.rng.pick(&self.answered).clone();
                assert_eq!(self.send(&request), first, "{request:?}, later");
            }
        }
    }

    /// Sends a request until its whole reply has come: at first mostly over connections that are cut.
    fn send(&mut self, request: &[String]) -> Value {
        let mut bytes = Vec::new();
        encode(&mut bytes, request);
        let mut cuts_left = self.rng.below(3);
        loop {
            let node = *self.rng.pick(&self.nodes);
            let Ok(mut client) = Client::try_connect(node) else { continue };
            if cuts_left > 0 {
                cuts_left -= 1;
                self.cut(&mut client, &bytes);
                continue;
            }
            client.set_timeout(Duration::from_secs(20));
            let reply = client.send_raw(&bytes).and_then(|()| client.read_reply());
            match reply {
                // Not known to have run: sent again.
                Ok(Value::Error(text)) if UNDECIDED.iter().any(|code| text.starts_with(code)) => {}
                Ok(reply) => return reply,
                Err(_) => {}
            }
        }
    }

    /// Cuts a connection behind some bytes of the request, or of the reply.
    fn cut(&mut self, client: &mut Client, bytes: &[u8]) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
        let part = if self.rng.percent(50) { self.rng.below(bytes.len()) } else { bytes.len() };
        let _ = client.send_raw(&bytes[..part]);
        if part == bytes.len() {
            let mut some = vec![0; self.rng.below(4)];
            let _ = client.stream().read(&mut some);
        }
        if self.rng.percent(50) {
            let _ = client.stream().shutdown(std::net::Shutdown::Both);
        }
    }
}

/// Each INCR, LPUSH, SET NX, EVAL and LOCK.ACQUIRE takes effect exactly once, and its first reply is given again.
#[test]
fn requests_that_are_sent_again_run_once() {
    let mut rng = Rng::new(seed("requests_that_are_sent_again_run_once"));
    let mut cluster = Cluster::start(3, &[]);
    let nodes: Vec<SocketAddr> = cluster.nodes.iter().map(|node| node.addr()).collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let cuts = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|name| {
            let sender = Sender {
                name,
                nodes: nodes.clone(),
                rng: rng.fork(),
                cuts: cuts.clone(),
                done: 0,
                token: 0,
                answered: Vec::new(),
            };
            let is_over = is_over.clone();
            std::thread::spawn(move || sender.run(&is_over))
        })
        .collect();
    let kills = of_long(ONCE_KILLS, ONCE_KILLS_LONG);
    for kill in 1..=kills {
        while cuts.load(Ordering::Relaxed) < kill * ONCE_CUTS / (kills + 1) && !clients.iter().any(|c| c.is_finished())
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        let leader = cluster.leader();
        cluster.nodes[leader].kill();
        cluster.nodes[leader].start_again();
        cluster.wait_ready(leader);
        cluster.wait_caught_up();
    }
    is_over.store(true, Ordering::Relaxed);
    let done: Vec<(usize, u64)> = clients.into_iter().map(|client| client.join().unwrap()).collect();
    println!(
        "{} requests of each kind, {} cuts, {kills} leaders killed",
        done.iter().map(|(_, done)| done).sum::<u64>(),
        cuts.load(Ordering::Relaxed)
    );
    for node in &cluster.nodes {
        let mut client = node.client();
        for (name, done) in &done {
            for read in once::counts(*name) {
                let reply = client.call(&read);
                assert!(once::is_count(&reply, *done as i64), "{read:?}: {reply:?}, and not {done}");
            }
        }
    }
    cluster.check_digests();
}
