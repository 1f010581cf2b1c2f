//! The commands of lists, on a state without a server.

use crate::command::testing::Bench;

/// Command lines, each with the reply of Redis indented below it (in RESP2, line ends shown as blanks).
const TRANSCRIPT: &str = include_str!("transcript.txt");

#[test]
fn list_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    let mut lines = TRANSCRIPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut commands = 0;
    while let (Some(command), Some(reply)) = (lines.next(), lines.next()) {
        assert_eq!(bench.text(command), reply.strip_prefix("    ").unwrap(), "{command}");
        commands += 1;
    }
    assert!(commands >= 150, "{commands} commands");
}
