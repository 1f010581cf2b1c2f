use std::sync::Arc;

use super::{HOLD, confirm, hold_args, subscribe, unsubscribe};
use crate::command::context::{Acting, Client, Session};
use crate::command::testing::Bench;
use crate::command::{Spec, call_write};
use crate::protocol::{Args, Reply, Resp};
use crate::store::{Effects, PubSub, Rng, SubscriptionKind, WaiterId};

fn run(bench: &mut Bench, connection: u64, spec: &'static Spec, args: &Args) -> Reply {
    let mut effects = Effects::default();
    let asker = Some(WaiterId { boot: 1, connection, number: 1 });
    let mut txn = bench.state.txn(0, Rng::new(1), &mut effects).asked_by(asker);
    call_write(spec, &mut txn, args).into()
}

fn line(words: &str) -> Args {
    Args::from_slices(words.split(' '))
}

fn subscribed() -> Bench {
    let mut bench = Bench::new();
    bench.state.origins.boot(1, 1, 1);
    for (connection, words) in [(1, "subscribe a b"), (2, "subscribe a"), (3, "subscribe {x}y")] {
        run(&mut bench, connection, &subscribe::SUBSCRIBE, &line(words));
    }
    for (connection, words) in [(1, "psubscribe a* [b"), (2, "psubscribe ?"), (3, "psubscribe ?")] {
        run(&mut bench, connection, &subscribe::PSUBSCRIBE, &line(words));
    }
    run(&mut bench, 3, &subscribe::SSUBSCRIBE, &line("ssubscribe s a"));
    bench
}

#[test]
fn a_message_is_counted_for_each_channel_and_pattern_that_it_reaches() {
    let mut bench = subscribed();
    for (words, receivers) in [
        ("PUBLISH a m", 5),
        ("PUBLISH b m", 4),
        ("PUBLISH ab m", 1),
        ("PUBLISH none m", 0),
        ("SPUBLISH a m", 1),
        ("SPUBLISH b m", 0),
    ] {
        assert_eq!(bench.run(words), Reply::Int(receivers), "{words}");
    }
    let mut effects = Effects::default();
    let mut txn = bench.state.txn(0, Rng::new(1), &mut effects);
    call_write(&super::publish::SPUBLISH, &mut txn, &line("spublish a m")).unwrap();
    let sent = PubSub::Published(SubscriptionKind::Shard, "a".into(), "m".into());
    assert_eq!(effects.pubsub, [(0, sent)]);
}

#[test]
fn who_is_subscribed_is_shown() {
    let mut bench = subscribed();
    for (words, shown) in [
        ("PUBSUB CHANNELS", "*3 $1 a $1 b $4 {x}y"),
        ("PUBSUB CHANNELS ?", "*2 $1 a $1 b"),
        ("PUBSUB SHARDCHANNELS", "*2 $1 a $1 s"),
        ("PUBSUB SHARDCHANNELS x*", "*0"),
        ("PUBSUB NUMSUB", "*0"),
        ("PUBSUB NUMSUB a b none", "*6 $1 a :2 $1 b :1 $4 none :0"),
        ("PUBSUB SHARDNUMSUB s b", "*4 $1 s :1 $1 b :0"),
        ("PUBSUB NUMPAT", ":3"),
        (
            "PUBSUB CHANNELS a b",
            "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.",
        ),
    ] {
        assert_eq!(bench.text(words), shown, "{words}");
    }
    run(&mut bench, 1, &unsubscribe::UNSUBSCRIBE, &line("unsubscribe"));
    run(&mut bench, 3, &unsubscribe::PUNSUBSCRIBE, &line("punsubscribe ? x"));
    assert_eq!(bench.text("PUBSUB NUMSUB a b"), "*4 $1 a :1 $1 b :0");
    assert_eq!(bench.text("PUBSUB NUMPAT"), ":3");
    assert_eq!(bench.text("PUBLISH a m"), ":3");
}

/// What the connection was told is what its node tells the state again.
#[test]
fn a_session_tells_the_state_again_what_it_was_told() {
    let mut session = Session::new(Arc::new(Client::new(7, String::new(), String::new(), 0)), Acting::default());
    session.resp = Resp::V3;
    let mut told = |spec, words| match confirm(&mut session, spec, &line(words)) {
        Reply::Encoded(bytes) => String::from_utf8_lossy(&bytes).replace("\r\n", " "),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&subscribe::SUBSCRIBE, "subscribe a a"), ">3 $9 subscribe $1 a :1 >3 $9 subscribe $1 a :1 ");
    assert_eq!(told(&subscribe::PSUBSCRIBE, "psubscribe p"), ">3 $10 psubscribe $1 p :2 ");
    assert_eq!(told(&subscribe::SSUBSCRIBE, "ssubscribe s"), ">3 $10 ssubscribe $1 s :1 ");
    assert_eq!(told(&unsubscribe::UNSUBSCRIBE, "unsubscribe"), ">3 $11 unsubscribe $1 a :1 ");
    assert_eq!(told(&unsubscribe::UNSUBSCRIBE, "unsubscribe"), ">3 $11 unsubscribe _ :1 ");
    assert_eq!(told(&unsubscribe::SUNSUBSCRIBE, "sunsubscribe x"), ">3 $12 sunsubscribe $1 x :1 ");
    let mut bench = subscribed();
    assert_eq!(run(&mut bench, 7, &HOLD, &hold_args(&session.subscribed)), Reply::Ok);
    assert_eq!(bench.text("PUBSUB SHARDNUMSUB s"), "*2 $1 s :2");
    assert_eq!(bench.text("PUBLISH p m"), ":3");
    for wrong in ["pubsub._hold c", "pubsub._hold x y"] {
        assert!(run(&mut bench, 7, &HOLD, &line(wrong)).is_error());
    }
    assert_eq!(bench.text("PUBSUB SHARDNUMSUB s"), "*2 $1 s :2", "what is wrong changes nothing");
}
