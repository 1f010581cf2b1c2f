//! Addresses of clients: one byte that says whether there is one, then its text.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;

pub(super) fn write_addr(addr: Option<SocketAddr>, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.bool(addr.is_some())?;
    addr.map_or(Ok(()), |addr| out.bytes(addr.to_string().as_bytes()))
}

pub(super) fn read_addr(input: &mut ChunkReader<impl Read>) -> Result<Option<SocketAddr>, Problem> {
    if !input.bool()? {
        return Ok(None);
    }
    let text = input.string()?;
    text.parse().map(Some).map_err(|_| input.wrong(format!("{text:?} where an address belongs")))
}
