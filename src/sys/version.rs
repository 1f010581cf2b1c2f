//! What this binary is.

/// The Redis version whose behaviour clients find here.
pub const REDIS_VERSION: &str = "7.2.4";
/// Our own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The feature level that this binary knows (design 3). 2: EXEC notices that a key which WATCH saw absent was created and removed again.
pub const FEATURE_LEVEL: u32 = 2;
