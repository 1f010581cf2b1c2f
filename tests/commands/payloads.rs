//! Payloads of RESTORE: values in forms that both servers take, a few of them damaged.

use crc::{CRC_64_REDIS, Crc};

use crate::support::rng::Rng;

fn string(text: &[u8], out: &mut Vec<u8>) {
    match text.len() {
        len @ 0..64 => out.push(len as u8),
        len => out.extend_from_slice(&(0x4000 | len as u16).to_be_bytes()),
    }
    out.extend_from_slice(text);
}

/// Elements that stand once.
fn elements(rng: &mut Rng) -> Vec<Vec<u8>> {
    let first = rng.below(8);
    let name = |i: usize| if i.is_multiple_of(3) { i.to_string() } else { format!("e{i}") };
    (first..first + 1 + rng.below(6)).map(|i| name(i).into_bytes()).collect()
}

/// A sealed payload.
pub fn value(rng: &mut Rng) -> Vec<u8> {
    let mut out = Vec::new();
    let elements = elements(rng);
    match rng.below(8) {
        0 => {
            out.push(0);
            string(&elements[0], &mut out);
        }
        1 => out.extend(b"\x00\xc3\x05\x40\xc8\x00a\xe0\xbe\x00"),
        2 => out.extend(b"\x10\x12\x12\x00\x00\x00\x04\x00\x81f\x02\x81v\x02\x81n\x02\x01\x01\xff"),
        3 => out.extend(b"\x0b\x14\x04\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00p\x11\x01\x00"),
        4 => out.extend(b"\x12\x01\x02\x0d\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff"),
        kind => {
            let kind = [1, 2, 5][kind - 5];
            out.push(kind);
            out.push(elements.len() as u8);
            for element in &elements {
                string(element, &mut out);
                if kind == 5 {
                    out.extend_from_slice(&(rng.between(-6, 6) as f64 / 2.0).to_le_bytes());
                }
            }
        }
    }
    let version = rng.pick(&[10u16, 10, 9, 6, 300]);
    out.extend_from_slice(&version.to_le_bytes());
    let sum = Crc::<u64>::new(&CRC_64_REDIS).checksum(&out);
    out.extend_from_slice(&sum.to_le_bytes());
    if rng.percent(10) {
        let at = rng.below(out.len());
        out[at] ^= 0x20;
    }
    out
}
