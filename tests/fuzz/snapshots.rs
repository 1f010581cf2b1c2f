//! Snapshot files: what is damaged is refused, and behind right checksums nothing panics or allocates more than is there; what becomes a
//! state is sound, and the same file when it is written again.

use lockstep::executor::run_write;
use lockstep::protocol::Args;
use lockstep::snapshot::{Meta, SnapshotReader, write};
use lockstep::store::{Effects, Rng as Draws, State};
use xxhash_rust::xxh3::xxh3_64;

use crate::support::client::words;
use crate::support::rng::Rng;
use crate::{Target, fuzz_slowly};

const NOW_MS: u64 = 1_790_000_000_000;
/// Bytes before the first chunk, and of a chunk before its payload.
const FILE_HEADER: usize = 16;
const CHUNK_HEADER: usize = 17;
const BODY: u8 = 2;
const END: u8 = 3;

/// Commands for each part of a state: number signs become numbers.
const LINES: &[&str] = &[
    "SET string:# #",
    "SET timed:# # PX 10#",
    "SET once:# # NX",
    "RPUSH list:# a # b #",
    "SADD ints:# # # 5",
    "SADD set:# a # b",
    "HSET hash:# f # g #",
    "HPEXPIRE hash:# 900 FIELDS 1 f",
    "ZADD zset:# # a 1.5 b -inf c",
    "XADD stream:# * f #",
    "XGROUP CREATE stream:# group 0 MKSTREAM",
    "XREADGROUP GROUP group me COUNT 1 STREAMS stream:# >",
    "PFADD sketch:# a b #",
    "SETBIT bits:# 9# 1",
    "LOCK.ACQUIRE lock:# owner:# PX 900",
    "LOCK.ACQUIRE shared owner:# PX 900 SHARED",
    "LOCK.RELEASE lock:# owner:#",
    "SESSION.OPEN PX 900 NAME s#",
    "EVAL return{#} 0",
    "DEL list:#",
    "MOVE string:# 3",
];

fn state(rng: &mut Rng) -> State {
    let mut state = State::default();
    state.cluster.id = 7;
    state.cluster.raise(lockstep::FEATURE_LEVEL);
    state.raise_revision(1000);
    state.advance_clock(NOW_MS);
    for index in 1..=rng.below(30) as u64 {
        let mut effects = Effects::default();
        let line: String = rng.pick(LINES).replace('#', &rng.below(4).to_string());
        let args = Args::from_slices(words(&line));
        let name = words(&line)[0].to_ascii_lowercase();
        let spec = lockstep::command::lookup(name.as_bytes()).unwrap();
        // Some have nothing to do, or the wrong type: that is fine.
        let _ = run_write(spec, &mut state.txn(0, Draws::of_command(index, 0), &mut effects), &args);
        state.digest.finish(index);
    }
    state
}

fn file(state: &State) -> Vec<u8> {
    let mut out = Vec::new();
    write(state, &Meta::of(state, 0, 9, 1, vec![1, 2, 3]), &mut out).unwrap();
    out
}

fn valid(rng: &mut Rng) -> Vec<u8> {
    file(&state(rng))
}

fn put(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

/// The same contents behind numbers, lengths, checksums and totals that are right again, as far as it can be cut into chunks.
fn resealed(input: &[u8]) -> Vec<u8> {
    let mut out = input.to_vec();
    if out.len() < FILE_HEADER {
        return out;
    }
    let checksum = crc32c::crc32c(&out[..12]);
    put(&mut out, 12, checksum);
    let (mut at, mut index) = (FILE_HEADER, 0);
    while at + CHUNK_HEADER <= out.len() {
        let rest = out.len() - at - CHUNK_HEADER;
        let told = u32::from_le_bytes(out[at + 5..at + 9].try_into().unwrap()) as usize;
        let len = if out[at] == BODY && told > rest { rest.saturating_sub(CHUNK_HEADER + 32) } else { told.min(rest) };
        if out[at] == END && len >= 32 {
            let hash = xxh3_64(&out[..at]);
            let totals = [u64::from(index), at as u64, hash].map(u64::to_le_bytes).concat();
            out[at + CHUNK_HEADER + 8..at + CHUNK_HEADER + 32].copy_from_slice(&totals);
        }
        let payload = crc32c::crc32c(&out[at + CHUNK_HEADER..at + CHUNK_HEADER + len]);
        put(&mut out, at + 1, index);
        put(&mut out, at + 5, len as u32);
        put(&mut out, at + 9, payload);
        let header = crc32c::crc32c(&out[at..at + 13]);
        put(&mut out, at + 13, header);
        at += CHUNK_HEADER + len;
        index += 1;
    }
    out
}

/// True if it was read.
fn read_file(bytes: &[u8]) -> bool {
    let Ok((meta, state)) = SnapshotReader::new(bytes, "file").and_then(SnapshotReader::read_state) else {
        return false;
    };
    assert_eq!(state.validate(), Ok(()));
    let mut again = Vec::new();
    let own = Meta { format_version: lockstep::snapshot::FORMAT_VERSION, ..meta };
    write(&state, &own, &mut again).unwrap();
    let (_, second) = SnapshotReader::new(again.as_slice(), "again").and_then(SnapshotReader::read_state).unwrap();
    let mut third = Vec::new();
    write(&second, &own, &mut third).unwrap();
    assert!(again == third, "what was read, written and read is another state");
    true
}

fn read(input: &[u8], _: &mut Rng) -> bool {
    let is_read = read_file(input);
    let again = resealed(input);
    if again == input {
        return is_read;
    }
    assert!(!is_read, "read in spite of a wrong checksum");
    read_file(&again)
}

#[test]
fn mutated_snapshot_files_never_panic() {
    fuzz_slowly(&Target { name: "snapshot", valid, read });
}
