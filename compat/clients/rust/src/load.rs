//! Increments until standard input ends.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use redis::{Commands, ExistenceCheck, RedisResult, Script, SetExpiry, SetOptions};

use crate::{RELEASE, Target};

static ENDED: AtomicBool = AtomicBool::new(false);
const LOCK_EVERY: u64 = 10;

pub fn run(target: Target, prefix: &str) -> RedisResult<()> {
    let mut redis = target.connect()?;
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        ENDED.store(true, Ordering::Relaxed);
    });
    println!("ready");
    let release = Script::new(RELEASE);
    let lock = format!("{prefix}lock");
    let options = SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::PX(30_000));
    let (mut acknowledged, mut longest, mut last) = (0u64, Duration::ZERO, Instant::now());
    while !ENDED.load(Ordering::Relaxed) {
        let _: u64 = redis.incr("load:counter", 1)?;
        acknowledged += 1;
        longest = longest.max(last.elapsed());
        last = Instant::now();
        if acknowledged.is_multiple_of(LOCK_EVERY) {
            let got: Option<String> = redis.set_options(&lock, "me", options.clone())?;
            assert_eq!(got.as_deref(), Some("OK"), "lock");
            let released: u8 = release.key(&lock).arg("me").invoke(&mut redis)?;
            assert_eq!(released, 1, "release");
        }
    }
    println!("{{\"acknowledged\": {acknowledged}, \"longest_pause_ms\": {}}}", longest.as_millis());
    Ok(())
}
