//! WAIT, WAITAOF: how many other members hold this connection's last write. Every write that was answered is on the disks of a
//! quorum, so the local part of WAITAOF always holds; so does the remote one wherever WAIT counts.

use std::time::Duration;

use crate::command::connection::timeout_ms;
use crate::command::context::{Answer, Call, Cluster, Unblock};
use crate::command::{Arg, ArgKind, Categories, Doc, Family, Flags, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, UNBLOCKED};
use crate::protocol::{Args, Reply, parse_i64};

const FLAGS: Flags = Flags::NOSCRIPT.union(Flags::BLOCKING).union(Flags::CUTS_GROUP);
/// The leader is asked again after this long, and later more rarely.
const POLL_MIN: Duration = Duration::from_millis(2);
const POLL_MAX: Duration = Duration::from_millis(50);

pub static WAIT: Spec = Spec::session(
    "wait",
    3,
    FLAGS,
    Doc::new(Family::Generic, "3.0.0", "O(1)", "Waits until so many other members hold the connection's last write.")
        .args(&[Arg::new("numreplicas", ArgKind::Integer), Arg::new("timeout", ArgKind::Integer)]),
    wait,
)
.categories(Categories::CONNECTION);
pub static WAITAOF: Spec = Spec::session(
    "waitaof",
    4,
    FLAGS,
    Doc::new(
        Family::Generic,
        "7.2.0",
        "O(1)",
        "Waits until the connection's last write is on disk here and elsewhere.",
    )
    .args(&[
        Arg::new("numlocal", ArgKind::Integer),
        Arg::new("numreplicas", ArgKind::Integer),
        Arg::new("timeout", ArgKind::Integer),
    ]),
    wait_aof,
)
.categories(Categories::CONNECTION);

fn wait(call: &mut Call<'_>, args: &Args) -> Answer {
    let Some(wanted) = parse_i64(args.arg(1)) else { return Reply::Error(NOT_AN_INTEGER).into() };
    match timeout_ms(args.arg(2)) {
        Ok(timeout_ms) => begin(call, wanted, timeout_ms, Reply::Int),
        Err(error) => Reply::Error(error).into(),
    }
}

fn wait_aof(call: &mut Call<'_>, args: &Args) -> Answer {
    let out_of_range = |text| Reply::Error(ReplyError::new(text)).into();
    if !parse_i64(args.arg(1)).is_some_and(|local| (0..=1).contains(&local)) {
        return out_of_range("ERR value is out of range, value must between 0 and 1");
    }
    let Some(wanted) = parse_i64(args.arg(2)).filter(|wanted| *wanted >= 0) else {
        return out_of_range("ERR value is out of range, must be positive");
    };
    match timeout_ms(args.arg(3)) {
        Ok(timeout_ms) => {
            begin(call, wanted, timeout_ms, |others| Reply::Array(vec![Reply::Int(1), Reply::Int(others)]))
        }
        Err(error) => Reply::Error(error).into(),
    }
}

fn begin(call: &mut Call<'_>, wanted: i64, timeout_ms: u64, show: fn(i64) -> Reply) -> Answer {
    let (node, index) = (call.node.clone(), call.session.last_write_index);
    if call.in_exec {
        return Answer::later(async move { show(count(&*node, index).await) });
    }
    let unblocked = call.session.client.block();
    Answer::later(async move {
        let until = Duration::from_millis(if timeout_ms == 0 { u64::MAX >> 20 } else { timeout_ms });
        tokio::select! {
            others = reached(&*node, index, wanted) => show(others),
            () = tokio::time::sleep(until) => show(count(&*node, index).await),
            how = unblocked => match how {
                Ok(Unblock::Error) => Reply::Error(UNBLOCKED),
                _ => show(count(&*node, index).await),
            },
        }
    })
}

async fn reached(cluster: &dyn Cluster, index: u64, wanted: i64) -> i64 {
    let mut pause = POLL_MIN;
    loop {
        let others = count(cluster, index).await;
        if others >= wanted {
            return others;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(POLL_MAX);
    }
}

/// Other members that are known to hold entry `index`; of no entry, those that are there.
async fn count(cluster: &dyn Cluster, index: u64) -> i64 {
    cluster.holders(index).await as i64
}
