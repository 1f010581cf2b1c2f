//! The log entry: what does not pass its checksum is refused, and behind a right checksum nothing panics or allocates more
//! than is there.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use lockstep::executor::entry::{BatchWriter, Content, Corrupt, Stamp, decode, encode, seal};
use lockstep::executor::{Asker, Command, Exec, Mark, Watch};
use lockstep::protocol::Args;
use lockstep::store::Victim;

use crate::support::rng::Rng;
use crate::{Target, fuzz};

fn args(rng: &mut Rng) -> Args {
    let args: Vec<Vec<u8>> = (0..1 + rng.below(4))
        .map(|_| {
            let len = rng.below(12);
            rng.bytes(len)
        })
        .collect();
    Args::from_slices(args)
}

fn exec(rng: &mut Rng) -> Exec {
    let watch = |rng: &mut Rng| Watch {
        db: rng.below(16) as u8,
        key: Bytes::from(rng.bytes(3)),
        mark: if rng.percent(50) {
            Mark::Present { revision: rng.next(), deadline_ms: rng.next() }
        } else {
            Mark::Absent { at: rng.next() }
        },
    };
    let spec = lockstep::command::lookup(b"get").unwrap();
    Exec {
        watches: (0..rng.below(3)).map(|_| watch(rng)).collect(),
        commands: (0..rng.below(3)).map(|_| Command::new(spec, rng.below(16), args(rng))).collect(),
    }
}

fn valid(rng: &mut Rng) -> Vec<u8> {
    let victim = |rng: &mut Rng| Victim {
        db: rng.below(16) as u8,
        key: rng.bytes(4).into(),
        revision: rng.next(),
        deadline_ms: rng.next(),
    };
    let unsealed = match rng.below(8) {
        0 => encode(&Content::Tick),
        1 => encode(&Content::Boot { node: rng.next(), nonce: rng.next() }),
        2 => encode(&Content::EndBoot { boot: rng.next() }),
        3 => encode(&Content::Raise { level: rng.next() as u32 }),
        4 => encode(&Content::Absent { boot: rng.next() }),
        5 => encode(&Content::Evict {
            number: rng.next(),
            is_none_left: rng.percent(50),
            victims: (0..rng.below(4)).map(|_| victim(rng)).collect(),
        }),
        _ => {
            let mut batch = BatchWriter::new(rng.next(), rng.next(), 0);
            for _ in 0..rng.below(4) {
                if rng.percent(20) {
                    let command = Command::new(lockstep::command::lookup(b"get").unwrap(), rng.below(16), args(rng));
                    let from = rng.percent(50).then(|| SocketAddr::from(([10, 0, 0, rng.next() as u8], 6379)));
                    batch.add(&command.asked_by(Asker { from, ..Asker::new(rng.next(), rng.next()) }));
                } else if rng.percent(70) {
                    batch.plain(rng.below(16) as u8, &args(rng));
                } else {
                    batch.exec(&exec(rng));
                }
            }
            batch.finish()
        }
    };
    let stamp = Stamp { now_ms: rng.next(), digest_index: rng.next(), digest: rng.next() };
    seal(unsealed, stamp).to_vec()
}

/// With a checksum that is right again.
fn resealed(input: &[u8]) -> Bytes {
    let mut out = BytesMut::from(&input[..input.len().saturating_sub(4)]);
    let checksum = crc32c::crc32c(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.freeze()
}

fn read_entry(input: &Bytes) -> Result<(), Corrupt> {
    let entry = decode(input)?;
    match &entry.content {
        Content::Batch(batch) => {
            let commands = batch.read_all()?;
            assert_eq!(commands.len() as u64, batch.count);
        }
        content => assert_eq!(decode(&seal(encode(content), entry.stamp)).as_ref(), Ok(&entry)),
    }
    Ok(())
}

fn read(input: &[u8], _: &mut Rng) -> bool {
    let sealed = Bytes::copy_from_slice(input);
    let verdict = read_entry(&sealed);
    let again = resealed(input);
    if again != sealed {
        assert!(matches!(verdict, Err(Corrupt::Checksum | Corrupt::Truncated)), "{verdict:?} in spite of the checksum");
        // Behind it, whatever it says must not panic.
        return read_entry(&again).is_ok();
    }
    verdict.is_ok()
}

#[test]
fn mutated_log_entries_never_panic() {
    fuzz(&Target { name: "log entry", valid, read });
}

/// Any one flipped bit is found.
#[test]
fn every_flipped_bit_of_an_entry_is_found() {
    let mut rng = Rng::new(1);
    for _ in 0..20 {
        let entry = valid(&mut rng);
        for bit in 0..entry.len() * 8 {
            let mut flipped = entry.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&Bytes::from(flipped)).is_err(), "bit {bit}");
        }
    }
}
