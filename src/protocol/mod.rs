//! RESP: arguments in, replies out.
//!
//! A request becomes [`Args`], ranges into the buffer that was read; a command's result is a [`Reply`],
//! which [`encode()`] writes in RESP2 or RESP3. [`client`] is the other side of it, for nodes that ask each other.

mod args;
pub mod client;
mod double;
mod encode;
mod long_double;
mod number;
pub mod parse;
mod reply;
mod strtod;

pub use args::Args;
pub use double::{double_text, double_text_17};
pub use encode::{Sink, encode};
pub use long_double::LongDouble;
pub use number::{parse_f64, parse_i64};
pub use reply::{Outcome, Reply, Resp};
pub use strtod::{parse_bound, parse_double, parse_weight};
