//! The protocol byte by byte: what lockstep answers to whole, broken and hostile input, compared with redis-server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod hello;
mod limits;
mod malformed;
mod pipeline;
#[path = "../support/mod.rs"]
mod support;

use std::net::{Shutdown, SocketAddr};

use support::client::Client;
use support::process::Server;
use support::value::Value;

/// Redis and lockstep, for as long as the value lives.
struct Both {
    redis: Server,
    ours: Server,
}

impl Both {
    fn start() -> Self {
        Self { redis: Server::redis(&[]), ours: Server::lockstep(&[]) }
    }

    /// Both protected by this password.
    fn with_password(password: &str) -> Self {
        let flags = ["--requirepass", password];
        let both = Self { redis: Server::redis(&flags), ours: Server::lockstep(&flags) };
        // The harness has no password to ask whether the node has applied its log yet.
        let mut client = both.ours.client();
        client.call(&["AUTH", password]);
        while matches!(client.call(&["GET", "a"]), Value::Error(text) if text.starts_with(b"LOADING")) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        both
    }

    /// The same bytes to both, in pieces of this length, have to get the same bytes back.
    #[track_caller]
    fn compare(&self, input: &[u8], piece: usize) {
        let (redis, ours) = (exchange(self.redis.addr(), input, piece), exchange(self.ours.addr(), input, piece));
        if redis == ours {
            return;
        }
        let at = redis.iter().zip(&ours).take_while(|(redis, ours)| redis == ours).count();
        let shown = |bytes: &[u8], from: usize| {
            bytes[from..].iter().take(200).copied().collect::<Vec<_>>().escape_ascii().to_string()
        };
        let from = at.saturating_sub(20);
        panic!(
            "answers to {} differ at byte {at}\n  lockstep ({} bytes): …{}\n  redis ({} bytes): …{}",
            shown(input, 0),
            ours.len(),
            shown(&ours, from),
            redis.len(),
            shown(&redis, from)
        );
    }
}

/// Sends all of `input`, ends the sending side, and reads what comes until the server has closed too.
fn exchange(addr: SocketAddr, input: &[u8], piece: usize) -> Vec<u8> {
    let mut client = Client::connect(addr);
    for part in input.chunks(piece.max(1)) {
        // The server may have answered and closed before the end.
        if client.send_raw(part).is_err() {
            break;
        }
        if piece < input.len() {
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
    }
    let _ = client.stream().shutdown(Shutdown::Write);
    client.read_to_close().unwrap_or_else(|error| panic!("the connection stays open: {error}"))
}
