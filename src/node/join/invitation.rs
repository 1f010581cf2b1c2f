//! A node that waits (`--must-join`) until RAFT.ADD calls it.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Waits on the client port until a member invites this node; returns the member's client address. Other commands are
/// told so.
///
/// # Errors
/// The network's.
pub async fn wait_for_invitation(listener: &dyn crate::sys::env::Listener, password: &str) -> io::Result<String> {
    use crate::protocol::parse::{Limits, Parsed, Parser};
    loop {
        let mut stream = listener.accept().await?;
        let (mut parser, mut buf) = (Parser::default(), BytesMut::new());
        let limits = Limits { bulk_len_max: 1024, authenticated: true };
        let mut authenticated = password.is_empty();
        let talk = async {
            loop {
                match parser.next(&mut buf, limits) {
                    Ok(Parsed::Command(args)) if args.is(0, "AUTH") && args.arg(1) == password.as_bytes() => {
                        authenticated = true;
                        stream.write_all(b"+OK\r\n").await?;
                    }
                    Ok(Parsed::Command(args)) if args.is(0, "RAFT.INVITE") && args.len() == 2 && authenticated => {
                        stream.write_all(b"+OK\r\n").await?;
                        return Ok(String::from_utf8_lossy(args.arg(1)).into_owned());
                    }
                    Ok(Parsed::Command(_)) => {
                        stream.write_all(b"-LOADING this node waits to be called by RAFT.ADD\r\n").await?;
                    }
                    Ok(Parsed::Empty) => {}
                    Ok(Parsed::Incomplete) => {
                        if stream.read_buf(&mut buf).await? == 0 {
                            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
                        }
                    }
                    Err(error) => return Err(io::Error::other(error.to_string())),
                }
            }
        };
        if let Ok(Ok(through)) = tokio::time::timeout(TIMEOUT, talk).await {
            return Ok(through);
        }
    }
}
