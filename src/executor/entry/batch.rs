//! A batch's commands inside an entry.

use std::net::{IpAddr, SocketAddr};

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::wire::{get_args, get_bytes, get_number, get_u8, get_u64, put_args, put_bytes, put_number};
use super::{Corrupt, HEAD_LEN, head};
use crate::executor::{Asker, Command, CommandGroup, Exec, Mark, Step, Watch};
use crate::protocol::Args;

/// Commands of one origin, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// The origin's boot.
    pub boot: u64,
    /// 1, 2, 3 … in each boot.
    pub seq: u64,
    /// Number of commands.
    pub count: u64,
    pub(super) commands: Bytes,
}

/// A command as the log holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum LogCommand {
    /// A plain one.
    Plain {
        /// See [`Command::is_short_of_memory`].
        is_short_of_memory: bool,
        /// See [`Command::in_cluster`].
        in_cluster: bool,
        /// See [`Command::user`].
        user: Option<Bytes>,
        /// Database.
        db: u8,
        /// See [`Command::asker`].
        asker: Option<Asker>,
        /// Arguments.
        args: Args,
    },
    /// EXEC.
    Exec {
        /// See [`Command::is_short_of_memory`].
        is_short_of_memory: bool,
        /// See [`Command::in_cluster`].
        in_cluster: bool,
        /// See [`Command::user`].
        user: Option<Bytes>,
        /// See [`Command::asker`].
        asker: Option<Asker>,
        /// Watched keys.
        watches: Vec<Watch>,
        /// (database, arguments) of each command.
        commands: Vec<(u8, Args)>,
    },
}

/// First byte of a command: what it is, and what its origin says of it.
const PLAIN: u8 = 0;
const EXEC: u8 = 1;
const SHORT_OF_MEMORY: u8 = 2;
/// With its asker, since feature level 3.
const ASKED: u8 = 4;
/// With the asker's address behind it, since feature level 3.
const FROM: u8 = 8;

/// Its origin speaks Redis Cluster's protocol; since feature level 3.
const IN_CLUSTER: u8 = 16;
/// With the name of its user; since feature level 3.
const AS_USER: u8 = 32;

/// Stands for the deadline of a watched key that was absent: no key has this one.
const ABSENT: u64 = u64::MAX;

/// A mark as (revision, deadline). Both 0, which no present key has, is what below [`crate::store::ABSENCE_LEVEL`] stands for an
/// absent one.
fn mark_numbers(mark: Mark) -> (u64, u64) {
    match mark {
        Mark::Present { revision, deadline_ms } => (revision, deadline_ms),
        Mark::Absent { at: u64::MAX } => (0, 0),
        Mark::Absent { at } => (at, ABSENT),
    }
}

fn mark_of(revision: u64, deadline_ms: u64) -> Mark {
    match (revision, deadline_ms) {
        (0, 0) => Mark::Absent { at: u64::MAX },
        (at, ABSENT) => Mark::Absent { at },
        (revision, deadline_ms) => Mark::Present { revision, deadline_ms },
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
    pub fn add(&mut self, command: &Command) {
        let verdict = if command.is_short_of_memory { SHORT_OF_MEMORY } else { 0 };
        let verdict = if command.in_cluster { verdict | IN_CLUSTER } else { verdict };
        let says = Says { verdict, asker: command.asker, user: command.user.as_ref() };
        match &command.exec {
            Some(exec) => self.put_exec(says, exec),
            None => self.put_plain(says, command.db, command.log_args()),
        }
    }

    /// Appends what a group writes.
    pub fn add_group(&mut self, group: &CommandGroup) {
        for step in &group.steps {
            if let Step::Write(command) = step {
                self.add(command);
            }
        }
    }

    /// Appends a plain command.
    pub fn plain(&mut self, db: u8, args: &Args) {
        self.put_plain(Says::default(), db, args);
    }

    /// Appends an EXEC.
    pub fn exec(&mut self, exec: &Exec) {
        self.put_exec(Says::default(), exec);
    }

    fn put_plain(&mut self, says: Says<'_>, db: u8, args: &Args) {
        self.count += 1;
        self.out.put_u8(PLAIN | says.bits());
        self.out.put_u8(db);
        self.put_asker(says.asker);
        self.put_user(says.user);
        put_args(&mut self.out, args);
    }

    fn put_asker(&mut self, asker: Option<Asker>) {
        if let Some(Asker { connection, number, from }) = asker {
            put_number(&mut self.out, connection);
            put_number(&mut self.out, number);
            if let Some(from) = from {
                match from.ip() {
                    IpAddr::V4(ip) => put_bytes(&mut self.out, &ip.octets()),
                    IpAddr::V6(ip) => put_bytes(&mut self.out, &ip.octets()),
                }
                put_number(&mut self.out, from.port().into());
            }
        }
    }

    fn put_user(&mut self, user: Option<&Bytes>) {
        if let Some(user) = user {
            put_bytes(&mut self.out, user);
        }
    }

    fn put_exec(&mut self, says: Says<'_>, exec: &Exec) {
        self.count += 1;
        self.out.put_u8(EXEC | says.bits());
        self.put_asker(says.asker);
        self.put_user(says.user);
        put_number(&mut self.out, exec.watches.len() as u64);
        for watch in &exec.watches {
            self.out.put_u8(watch.db);
            put_bytes(&mut self.out, &watch.key);
            let (revision, deadline_ms) = mark_numbers(watch.mark);
            self.out.put_u64_le(revision);
            self.out.put_u64_le(deadline_ms);
        }
        put_number(&mut self.out, exec.commands.len() as u64);
        for command in &exec.commands {
            self.out.put_u8(command.db);
            put_args(&mut self.out, command.log_args());
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
    let kind = get_u8(rest)?;
    let (is_short_of_memory, in_cluster) = (kind & SHORT_OF_MEMORY != 0, kind & IN_CLUSTER != 0);
    match kind & !(SHORT_OF_MEMORY | ASKED | FROM | IN_CLUSTER | AS_USER) {
        PLAIN => {
            let (db, asker, user) = (get_u8(rest)?, get_asker(kind, rest)?, get_user(kind, rest)?);
            Ok(LogCommand::Plain { is_short_of_memory, in_cluster, user, db, asker, args: get_args(rest)? })
        }
        EXEC => {
            let (asker, user) = (get_asker(kind, rest)?, get_user(kind, rest)?);
            let mut watches = Vec::new();
            for _ in 0..get_number(rest)? {
                let (db, key) = (get_u8(rest)?, get_bytes(rest)?);
                watches.push(Watch { db, key, mark: mark_of(get_u64(rest)?, get_u64(rest)?) });
            }
            let mut commands = Vec::new();
            for _ in 0..get_number(rest)? {
                commands.push((get_u8(rest)?, get_args(rest)?));
            }
            Ok(LogCommand::Exec { is_short_of_memory, in_cluster, user, asker, watches, commands })
        }
        _ => Err(Corrupt::Invalid),
    }
}

/// What the origin says of a command.
#[derive(Clone, Copy, Default)]
struct Says<'a> {
    verdict: u8,
    asker: Option<Asker>,
    user: Option<&'a Bytes>,
}

impl Says<'_> {
    /// In the first byte.
    fn bits(self) -> u8 {
        self.verdict | asked(self.asker) | if self.user.is_some() { AS_USER } else { 0 }
    }
}

fn get_user(kind: u8, rest: &mut Bytes) -> Result<Option<Bytes>, Corrupt> {
    if kind & AS_USER == 0 { Ok(None) } else { get_bytes(rest).map(|name| Some(Bytes::copy_from_slice(&name))) }
}

/// What the first byte of a command says of its asker.
fn asked(asker: Option<Asker>) -> u8 {
    match asker {
        Some(Asker { from: Some(_), .. }) => ASKED | FROM,
        Some(_) => ASKED,
        None => 0,
    }
}

fn get_asker(kind: u8, rest: &mut Bytes) -> Result<Option<Asker>, Corrupt> {
    match kind & (ASKED | FROM) {
        0 => Ok(None),
        FROM => Err(Corrupt::Invalid),
        has => {
            let (connection, number) = (get_number(rest)?, get_number(rest)?);
            let from = if has & FROM != 0 { Some(get_addr(rest)?) } else { None };
            Ok(Some(Asker { connection, number, from }))
        }
    }
}

fn get_addr(rest: &mut Bytes) -> Result<SocketAddr, Corrupt> {
    let octets = get_bytes(rest)?;
    let ip = match (octets.first_chunk::<4>(), octets.first_chunk::<16>()) {
        (Some(ip), _) if octets.len() == 4 => IpAddr::from(*ip),
        (_, Some(ip)) if octets.len() == 16 => IpAddr::from(*ip),
        _ => return Err(Corrupt::Invalid),
    };
    let port = u16::try_from(get_number(rest)?).map_err(|_| Corrupt::Invalid)?;
    Ok(SocketAddr::new(ip, port))
}
