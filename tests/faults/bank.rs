//! Transfers between accounts: the sum is right in every MGET and every EXEC, at every node, while nodes are killed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::histories::{connect, disturb, unexpected};
use crate::support::bounds::{BANK_OPERATIONS, HISTORY_DISTURBANCES, seed};
use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::linear::bank::{Input, Output, wrong_sums};
use crate::support::linear::history::{Outcome, Recorder};
use crate::support::rng::Rng;
use crate::support::value::Value;

const ACCOUNTS: usize = 5;
const START: i64 = 100;
const CLIENTS: usize = 12;

fn account(number: usize) -> String {
    format!("account:{number}")
}

fn balances(reply: Value) -> Option<Vec<i64>> {
    reply.items().map(|items| items.iter().map(|item| item.int().expect("a balance")).collect())
}

fn read(client: &mut Client, in_exec: bool) -> Outcome<Output> {
    let accounts = (0..ACCOUNTS).map(account);
    let reply = if in_exec {
        let mut out = Vec::new();
        crate::support::client::encode(&mut out, &["MULTI"]);
        for account in accounts {
            crate::support::client::encode(&mut out, &["GET", &account]);
        }
        crate::support::client::encode(&mut out, &["EXEC"]);
        client.send_raw(&out).and_then(|()| (0..ACCOUNTS + 2).map(|_| client.read_reply()).last_reply())
    } else {
        let command: Vec<String> = std::iter::once("MGET".into()).chain(accounts).collect();
        client.try_call(&command)
    };
    match reply {
        Ok(value @ Value::Array(_)) => Outcome::Ok(Output::Balances(balances(value).expect("an array"))),
        _ => Outcome::NotApplied,
    }
}

/// The last of some replies; the first error ends it.
trait LastReply {
    fn last_reply(self) -> std::io::Result<Value>;
}

impl<I: Iterator<Item = std::io::Result<Value>>> LastReply for I {
    fn last_reply(mut self) -> std::io::Result<Value> {
        self.try_fold(Value::Null, |_, next| next)
    }
}

fn transfer(client: &mut Client, from: usize, to: usize, amount: i64) -> Outcome<Output> {
    let (from, to, amount) = (account(from), account(to), amount.to_string());
    let mut out = Vec::new();
    let commands: [&[&str]; 4] = [&["MULTI"], &["DECRBY", &from, &amount], &["INCRBY", &to, &amount], &["EXEC"]];
    for command in commands {
        crate::support::client::encode(&mut out, command);
    }
    let reply = client.send_raw(&out).and_then(|()| (0..4).map(|_| client.read_reply()).last_reply());
    match reply {
        Ok(Value::Array(items)) => Outcome::Ok(Output::Transferred(items[0].int().unwrap(), items[1].int().unwrap())),
        Ok(Value::Error(text)) if text.starts_with(b"EXECABORT") => Outcome::NotApplied,
        other => unexpected(&other),
    }
}

#[test]
fn bank_transfers_keep_the_sum() {
    let mut cluster = Cluster::start(3, &[]);
    let addrs: Vec<_> = cluster.nodes.iter().map(|node| node.addr()).collect();
    let mut client = cluster.nodes[0].client();
    for number in 0..ACCOUNTS {
        assert!(!client.call(&["SET", &account(number), &START.to_string()]).is_error());
    }
    let recorder = Recorder::default();
    let (over, operations) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut rng = Rng::new(seed("the_sum_is_always_right"));
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (recorder, over, operations, addrs) = (&recorder, &over, &operations, &addrs);
            let mut rng = rng.fork();
            scope.spawn(move || {
                let mut client = connect(addrs, number % addrs.len());
                while !over.load(Ordering::Relaxed) {
                    let (from, amount) = (rng.below(ACCOUNTS), rng.between(1, 20));
                    let to = (from + 1 + rng.below(ACCOUNTS - 1)) % ACCOUNTS;
                    let in_exec = rng.percent(50);
                    let input = if rng.percent(50) { Input::Read } else { Input::Transfer { from, to, amount } };
                    let ticket = recorder.invoke(number, input.clone());
                    let outcome = match input {
                        Input::Read => read(&mut client, in_exec),
                        Input::Transfer { .. } => transfer(&mut client, from, to, amount),
                    };
                    recorder.complete(ticket, outcome);
                    operations.fetch_add(1, Ordering::Relaxed);
                    if client.try_call(&["PING"]).is_err() {
                        client = connect(addrs, number % addrs.len());
                    }
                    std::thread::sleep(Duration::from_millis(rng.below(30) as u64));
                }
            });
        }
        disturb(&mut cluster, HISTORY_DISTURBANCES, || operations.load(Ordering::Relaxed) >= BANK_OPERATIONS);
        over.store(true, Ordering::Relaxed);
    });
    let history = recorder.finish();
    let reads = history.iter().filter(|o| o.input == Input::Read && matches!(o.outcome, Outcome::Ok(_))).count();
    println!("{} operations, {reads} reads that were answered", history.len());
    assert!(reads > 500);
    let wrong = wrong_sums(&history, ACCOUNTS as i64 * START);
    assert!(wrong.is_empty(), "{wrong:#?}");
    cluster.check_digests();
}
