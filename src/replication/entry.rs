//! The log entry: what the leader stamps and every node applies.
//!
//! Format 1, little-endian: a fixed head (format, kind, `now_ms`, the digest to compare and its index), a body by kind, and
//! the CRC32C of all before it. Lengths and counts in the body are LEB128. A batch's body holds argument vectors, not state.
//!
//! Invariants: `decode(encode(x)) == x`; nothing that fails its checksum or its bounds is ever applied; no length read from
//! an entry allocates more than the entry's own bytes; a later format keeps decoding this one.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{Exec, Watch};
use crate::protocol::Args;

/// The format that this binary writes.
pub const FORMAT: u8 = 1;
/// Bytes before the body.
pub const HEAD_LEN: usize = 26;
const CRC_LEN: usize = 4;

/// Why an entry cannot be read. Nothing of it is applied: the node stops.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Corrupt {
    /// Shorter than its parts.
    Truncated,
    /// The checksum differs.
    Checksum,
    /// A format that this binary does not know.
    Format(u8),
    /// A value outside its bounds.
    Invalid,
}

impl std::fmt::Display for Corrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => f.write_str("truncated"),
            Self::Checksum => f.write_str("wrong checksum"),
            Self::Format(format) => write!(f, "format {format}, which needs a newer binary"),
            Self::Invalid => f.write_str("invalid content"),
        }
    }
}

/// What the leader adds when it proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    /// Cluster time, ms since the Unix epoch.
    pub now_ms: u64,
    /// Index at which the leader's digest was `digest`; 0 = nothing to compare.
    pub digest_index: u64,
    /// See above.
    pub digest: u64,
}

/// What an entry is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The cluster's beginning.
    Create {
        /// Random.
        cluster: u128,
        /// Nonce of the first node's directory.
        nonce: u64,
        /// Its peer address.
        peer_addr: String,
        /// Its client address.
        client_addr: String,
        /// Where revisions start.
        revision: u64,
        /// Feature level.
        level: u32,
        /// Replicated options that flags gave.
        options: Vec<(String, u64)>,
    },
    /// A process of a node starts.
    Boot {
        /// Node id.
        node: u64,
        /// Drawn by the process.
        nonce: u64,
    },
    /// A process of a node ends in good order.
    EndBoot {
        /// Its boot.
        boot: u64,
    },
    /// Commands of an origin.
    Batch(Batch),
    /// Only the stamp: a tick of the leader.
    Tick,
}

/// Commands of one origin, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// The origin's boot.
    pub boot: u64,
    /// 1, 2, 3 … in each boot.
    pub seq: u64,
    /// Number of commands.
    pub count: u64,
    commands: Bytes,
}

/// A decoded entry.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// What the leader added.
    pub stamp: Stamp,
    /// What it is for.
    pub content: Content,
}

/// A command as the log holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum LogCommand {
    /// A plain one.
    Plain {
        /// Database.
        db: u8,
        /// Arguments.
        args: Args,
    },
    /// EXEC.
    Exec {
        /// Watched keys.
        watches: Vec<Watch>,
        /// (database, arguments) of each command.
        commands: Vec<(u8, Args)>,
    },
}

/// Starts an entry: the head is filled in by [`seal`].
fn head(kind: u8, capacity: usize) -> BytesMut {
    let mut out = BytesMut::with_capacity(HEAD_LEN + capacity + CRC_LEN);
    out.put_u8(FORMAT);
    out.put_u8(kind);
    out.put_bytes(0, HEAD_LEN - 2);
    out
}

/// Stamps an unsealed entry (head and body) and appends the checksum.
pub fn seal(mut unsealed: BytesMut, stamp: Stamp) -> Bytes {
    if let Some(mut head) = unsealed.get_mut(2..HEAD_LEN) {
        head.put_u64_le(stamp.now_ms);
        head.put_u64_le(stamp.digest_index);
        head.put_u64_le(stamp.digest);
    }
    let crc = crc32c::crc32c(&unsealed);
    unsealed.put_u32_le(crc);
    unsealed.freeze()
}

/// The unsealed form of a sealed entry, to be stamped again.
pub fn unseal(sealed: &[u8]) -> BytesMut {
    let body = sealed.get(..sealed.len().saturating_sub(CRC_LEN)).unwrap_or_default();
    let mut out = BytesMut::with_capacity(sealed.len());
    out.put_slice(body);
    out
}

/// Encodes everything but a batch, unsealed.
pub fn encode(content: &Content) -> BytesMut {
    match content {
        Content::Create { cluster, nonce, peer_addr, client_addr, revision, level, options } => {
            let mut out = head(1, 128);
            out.put_u128_le(*cluster);
            out.put_u64_le(*nonce);
            put_bytes(&mut out, peer_addr.as_bytes());
            put_bytes(&mut out, client_addr.as_bytes());
            out.put_u64_le(*revision);
            out.put_u32_le(*level);
            put_number(&mut out, options.len() as u64);
            for (name, value) in options {
                put_bytes(&mut out, name.as_bytes());
                out.put_u64_le(*value);
            }
            out
        }
        Content::Boot { node, nonce } => {
            let mut out = head(2, 16);
            out.put_u64_le(*node);
            out.put_u64_le(*nonce);
            out
        }
        Content::EndBoot { boot } => {
            let mut out = head(4, 8);
            out.put_u64_le(*boot);
            out
        }
        Content::Batch(batch) => {
            let mut out = head(3, batch.commands.len() + 24);
            out.put_u64_le(batch.boot);
            out.put_u64_le(batch.seq);
            out.put_u64_le(batch.count);
            out.put_slice(&batch.commands);
            out
        }
        Content::Tick => head(5, 0),
    }
}

/// True if a peer may ask the leader to propose this unsealed entry: a Boot, an EndBoot, or a batch of a boot.
pub fn is_forwardable(unsealed: &[u8]) -> bool {
    let (Some(&[FORMAT, kind]), Some(body)) = (unsealed.first_chunk::<2>(), unsealed.get(HEAD_LEN..)) else {
        return false;
    };
    match kind {
        2 | 4 => true,
        3 => body.first_chunk::<8>().is_some_and(|boot| u64::from_le_bytes(*boot) != 0),
        _ => false,
    }
}

/// Collects the commands of a batch. Boot 0 is the leader's own: such a batch has no seq and always runs.
pub struct BatchWriter {
    out: BytesMut,
    count: u64,
}

impl BatchWriter {
    /// A batch of `boot` with this `seq`; `capacity` in bytes is only a hint.
    pub fn new(boot: u64, seq: u64, capacity: usize) -> Self {
        let mut out = head(3, capacity + 24);
        out.put_u64_le(boot);
        out.put_u64_le(seq);
        out.put_u64_le(0);
        Self { out, count: 0 }
    }

    /// Appends a command.
    pub fn plain(&mut self, db: u8, args: &Args) {
        self.count += 1;
        self.out.put_u8(0);
        self.out.put_u8(db);
        put_args(&mut self.out, args);
    }

    /// Appends an EXEC.
    pub fn exec(&mut self, exec: &Exec) {
        self.count += 1;
        self.out.put_u8(1);
        put_number(&mut self.out, exec.watches.len() as u64);
        for watch in &exec.watches {
            self.out.put_u8(watch.db);
            put_bytes(&mut self.out, &watch.key);
            self.out.put_u64_le(watch.revision);
            self.out.put_u64_le(watch.deadline_ms);
        }
        put_number(&mut self.out, exec.commands.len() as u64);
        for command in &exec.commands {
            self.out.put_u8(command.db);
            put_args(&mut self.out, &command.args);
        }
    }

    /// The unsealed entry.
    pub fn finish(mut self) -> BytesMut {
        if let Some(mut place) = self.out.get_mut(HEAD_LEN + 16..HEAD_LEN + 24) {
            place.put_u64_le(self.count);
        }
        self.out
    }
}

/// Decodes a sealed entry.
///
/// # Errors
/// [`Corrupt`]: nothing of it may be used.
pub fn decode(sealed: &Bytes) -> Result<LogEntry, Corrupt> {
    let body_end = sealed.len().checked_sub(CRC_LEN).filter(|end| *end >= HEAD_LEN).ok_or(Corrupt::Truncated)?;
    let mut crc = sealed.slice(body_end..);
    if crc32c::crc32c(&sealed.slice(..body_end)) != crc.get_u32_le() {
        return Err(Corrupt::Checksum);
    }
    let mut rest = sealed.slice(..body_end);
    let format = rest.get_u8();
    if format != FORMAT {
        return Err(Corrupt::Format(format));
    }
    let kind = rest.get_u8();
    let stamp = Stamp { now_ms: rest.get_u64_le(), digest_index: rest.get_u64_le(), digest: rest.get_u64_le() };
    let content = match kind {
        1 => Content::Create {
            cluster: rest.try_get_u128_le().map_err(|_| Corrupt::Truncated)?,
            nonce: get_u64(&mut rest)?,
            peer_addr: get_text(&mut rest)?,
            client_addr: get_text(&mut rest)?,
            revision: get_u64(&mut rest)?,
            level: rest.try_get_u32_le().map_err(|_| Corrupt::Truncated)?,
            options: {
                let count = get_number(&mut rest)?;
                let mut options = Vec::new();
                for _ in 0..count {
                    options.push((get_text(&mut rest)?, get_u64(&mut rest)?));
                }
                options
            },
        },
        2 => Content::Boot { node: get_u64(&mut rest)?, nonce: get_u64(&mut rest)? },
        3 => {
            let (boot, seq, count) = (get_u64(&mut rest)?, get_u64(&mut rest)?, get_u64(&mut rest)?);
            Content::Batch(Batch { boot, seq, count, commands: rest.split_off(0) })
        }
        4 => Content::EndBoot { boot: get_u64(&mut rest)? },
        5 => Content::Tick,
        _ => return Err(Corrupt::Invalid),
    };
    if rest.has_remaining() && !matches!(content, Content::Batch(_)) {
        return Err(Corrupt::Invalid);
    }
    Ok(LogEntry { stamp, content })
}

impl Batch {
    /// The commands, in order. A caller that applies them has to have read them all without an error first.
    pub fn commands(&self) -> Commands {
        Commands { rest: self.commands.clone(), left: self.count }
    }

    /// All commands.
    ///
    /// # Errors
    /// [`Corrupt`] if one cannot be read, or bytes are left behind the last.
    pub fn read_all(&self) -> Result<Vec<LogCommand>, Corrupt> {
        let mut commands = self.commands();
        // No more than the bytes can hold: the count alone is anybody's word.
        let mut all = Vec::with_capacity(usize::try_from(self.count).unwrap_or(0).min(self.commands.len() / 4));
        for command in commands.by_ref() {
            all.push(command?);
        }
        if commands.rest.has_remaining() { Err(Corrupt::Invalid) } else { Ok(all) }
    }
}

/// Iterator over a batch's commands.
pub struct Commands {
    rest: Bytes,
    left: u64,
}

impl Iterator for Commands {
    type Item = Result<LogCommand, Corrupt>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let command = get_command(&mut self.rest);
        if command.is_err() {
            self.left = 0;
        }
        Some(command)
    }
}

fn get_command(rest: &mut Bytes) -> Result<LogCommand, Corrupt> {
    match get_u8(rest)? {
        0 => Ok(LogCommand::Plain { db: get_u8(rest)?, args: get_args(rest)? }),
        1 => {
            let mut watches = Vec::new();
            for _ in 0..get_number(rest)? {
                watches.push(Watch {
                    db: get_u8(rest)?,
                    key: get_bytes(rest)?,
                    revision: get_u64(rest)?,
                    deadline_ms: get_u64(rest)?,
                });
            }
            let mut commands = Vec::new();
            for _ in 0..get_number(rest)? {
                commands.push((get_u8(rest)?, get_args(rest)?));
            }
            Ok(LogCommand::Exec { watches, commands })
        }
        _ => Err(Corrupt::Invalid),
    }
}

fn put_args(out: &mut BytesMut, args: &Args) {
    put_number(out, args.len() as u64);
    for arg in args.iter() {
        put_bytes(out, arg);
    }
}

fn get_args(rest: &mut Bytes) -> Result<Args, Corrupt> {
    let count = get_number(rest)?;
    let whole = rest.clone();
    let mut ranges = smallvec::SmallVec::<[(u32, u32); 5]>::new();
    for _ in 0..count {
        let len = get_number(rest)?;
        let len = usize::try_from(len).ok().filter(|len| *len <= rest.remaining()).ok_or(Corrupt::Truncated)?;
        let start = whole.len() - rest.remaining();
        let end = u32::try_from(start + len).map_err(|_| Corrupt::Invalid)?;
        ranges.push((start as u32, end));
        rest.advance(len);
    }
    Ok(Args::new(whole, ranges))
}

/// Appends a number in LEB128.
pub fn put_number(out: &mut BytesMut, mut number: u64) {
    while number >= 0x80 {
        out.put_u8((number as u8) | 0x80);
        number >>= 7;
    }
    out.put_u8(number as u8);
}

fn put_bytes(out: &mut BytesMut, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.put_slice(bytes);
}

fn get_u8(rest: &mut Bytes) -> Result<u8, Corrupt> {
    rest.try_get_u8().map_err(|_| Corrupt::Truncated)
}

fn get_u64(rest: &mut Bytes) -> Result<u64, Corrupt> {
    rest.try_get_u64_le().map_err(|_| Corrupt::Truncated)
}

fn get_number(rest: &mut Bytes) -> Result<u64, Corrupt> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = get_u8(rest)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Corrupt::Invalid)
}

fn get_bytes(rest: &mut Bytes) -> Result<Bytes, Corrupt> {
    let len = usize::try_from(get_number(rest)?).map_err(|_| Corrupt::Invalid)?;
    if len > rest.remaining() {
        return Err(Corrupt::Truncated);
    }
    Ok(rest.split_to(len))
}

fn get_text(rest: &mut Bytes) -> Result<String, Corrupt> {
    String::from_utf8(get_bytes(rest)?.to_vec()).map_err(|_| Corrupt::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replication::Command;

    fn sample() -> Bytes {
        let mut batch = BatchWriter::new(7, 3, 0);
        batch.plain(0, &Args::from_slices(["SET", "k", "v"]));
        let get = crate::command::lookup(b"get").unwrap();
        batch.exec(&Exec {
            watches: vec![Watch { db: 1, key: Bytes::from_static(b"w"), revision: 9, deadline_ms: 4 }],
            commands: vec![Command::new(get, 2, Args::from_slices(["GET", "k"]))],
        });
        seal(batch.finish(), Stamp { now_ms: 11, digest_index: 1024, digest: 5 })
    }

    #[test]
    fn a_batch_reads_back_as_written() {
        let entry = decode(&sample()).unwrap();
        assert_eq!(entry.stamp, Stamp { now_ms: 11, digest_index: 1024, digest: 5 });
        let Content::Batch(batch) = entry.content else { panic!() };
        assert_eq!((batch.boot, batch.seq, batch.count), (7, 3, 2));
        let commands = batch.read_all().unwrap();
        let LogCommand::Plain { db: 0, args } = &commands[0] else { panic!() };
        assert_eq!(args.iter().collect::<Vec<_>>(), [&b"SET"[..], b"k", b"v"]);
        let LogCommand::Exec { watches, commands } = &commands[1] else { panic!() };
        assert_eq!((watches[0].revision, commands[0].0), (9, 2));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let sealed = sample();
        for bit in 0..sealed.len() * 8 {
            let mut bytes = sealed.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&bytes.into()).is_err(), "bit {bit}");
        }
        for len in 0..sealed.len() {
            assert!(decode(&sealed.slice(..len)).is_err(), "cut at {len}");
        }
    }

    #[test]
    fn stamping_again_changes_the_stamp_alone() {
        let sealed = seal(unseal(&sample()), Stamp { now_ms: 12, ..Stamp::default() });
        let (again, first) = (decode(&sealed).unwrap(), decode(&sample()).unwrap());
        assert_eq!(again.stamp.now_ms, 12);
        assert_eq!(again.content, first.content);
    }
}
