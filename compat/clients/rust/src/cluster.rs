//! redis-rs' cluster clients, the blocking and the asynchronous one, as they come.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use redis::cluster::ClusterClient;
use redis::cluster_read_routing::RandomReplicaStrategy;
use redis::{AsyncCommands, Commands, ErrorKind, RedisResult, ServerErrorKind};

use crate::Target;

static ENDED: AtomicBool = AtomicBool::new(false);
const KEYS: u32 = 100;

fn client(target: Target, reads_replicas: bool) -> RedisResult<ClusterClient> {
    let builder = ClusterClient::builder([format!("redis://127.0.0.1:{}", target.port)]).use_protocol(target.protocol);
    if reads_replicas { builder.read_routing_strategy(RandomReplicaStrategy).build() } else { builder.build() }
}

pub fn check(target: Target, prefix: &str) -> RedisResult<()> {
    let mut redis = client(target, false)?.get_connection()?;
    let mut checks = 0;
    let mut expect = |what: &str, is_right: bool| {
        assert!(is_right, "{what}");
        checks += 1;
    };
    for i in 0..KEYS {
        let () = redis.set(format!("{prefix}{i}"), i)?;
    }
    for i in 0..KEYS {
        expect("get", redis.get::<_, u32>(format!("{prefix}{i}"))? == i);
    }
    let (a, b) = (format!("{{{prefix}}}a"), format!("{{{prefix}}}b"));
    let () = redis.mset(&[(&a, 1), (&b, 2)])?;
    expect("mget of one slot", redis.mget::<_, Vec<u32>>(&[&a, &b])? == [1, 2]);
    let crossed: RedisResult<()> = redis.rename("a", "b");
    let crossed = crossed.expect_err("rename into another slot");
    let is_refused =
        crossed.kind() == ErrorKind::Server(ServerErrorKind::CrossSlot) || crossed.to_string().contains("slot");
    expect("keys of several slots", is_refused);
    let mut replicas = client(target, true)?.get_connection()?;
    for i in 0..KEYS {
        expect("read of a replica", replicas.get::<_, u32>(format!("{prefix}{i}"))? == i);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut redis = client(target, false)?.get_async_connection().await?;
        for i in 0..KEYS {
            expect("asynchronous get", redis.get::<_, u32>(format!("{prefix}{i}")).await? == i);
        }
        RedisResult::Ok(())
    })?;
    println!("{checks} checks");
    Ok(())
}

/// With the asynchronous client: the blocking one goes on to call the node that is dead, because nothing but MOVED has it ask for slots again.
pub fn load(target: Target, prefix: &str) -> RedisResult<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(load_on(target, prefix))
}

async fn load_on(target: Target, prefix: &str) -> RedisResult<()> {
    let mut redis = client(target, false)?.get_async_connection().await?;
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        ENDED.store(true, Ordering::Relaxed);
    });
    println!("ready");
    let (mut acknowledged, mut longest, mut last) = (0u64, Duration::ZERO, Instant::now());
    let mut errors = Vec::new();
    while !ENDED.load(Ordering::Relaxed) {
        let added: RedisResult<()> = redis.sadd(format!("{prefix}{{{}}}", acknowledged % 10), acknowledged).await;
        if let Err(error) = added {
            errors.push(format!("{error:?}").replace(['"', '\\'], "'"));
            continue;
        }
        acknowledged += 1;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    errors.truncate(20);
    // One that has not gone on is in a pause.
    let longest = longest.max(last.elapsed()).as_millis();
    println!("{{\"acknowledged\": {acknowledged}, \"longest_pause_ms\": {longest}, \"errors\": {}}}", shown(&errors));
    Ok(())
}

/// A JSON array of texts without quotes.
fn shown(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    format!("[{}]", quoted.join(", "))
}
