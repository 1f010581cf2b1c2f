//! The front end: sockets, sessions, and the gate between them and the rest.

mod answer;

pub use answer::{Answer, Call};
