//! What stands around a dumped payload: the version of the format and a checksum behind it.

use crc::{CRC_64_REDIS, Crc};

/// The version that is written: Redis 7.0 and all later ones read it.
pub const VERSION_WRITTEN: u16 = 10;
/// The one that knows hashes with fields that end, which is written for those alone: Redis 7.4's. It is the latest that is read.
pub const VERSION_OF_ENDS: u16 = 12;
const VERSION_MAX: u16 = VERSION_OF_ENDS;
/// Bytes of version and checksum.
const FOOTER_LEN: usize = 10;

static CRC: Crc<u64> = Crc::<u64>::new(&CRC_64_REDIS);

/// Puts version and checksum behind a payload.
pub fn seal(payload: &mut Vec<u8>) {
    seal_as(VERSION_WRITTEN, payload);
}

/// The same with this version.
pub fn seal_as(version: u16, payload: &mut Vec<u8>) {
    payload.extend_from_slice(&version.to_le_bytes());
    let sum = CRC.checksum(payload);
    payload.extend_from_slice(&sum.to_le_bytes());
}

/// The payload without them, if both are right.
pub fn open(sealed: &[u8]) -> Option<&[u8]> {
    let (payload, footer) = sealed.split_at_checked(sealed.len().checked_sub(FOOTER_LEN)?)?;
    let (version, sum) = footer.split_at_checked(2)?;
    let version = u16::from_le_bytes(version.try_into().ok()?);
    let sum = u64::from_le_bytes(sum.try_into().ok()?);
    let summed = sealed.get(..sealed.len() - 8)?;
    (version <= VERSION_MAX && CRC.checksum(summed) == sum).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_payload_is_redis_s() {
        let mut payload = Vec::new();
        seal(&mut payload);
        // FUNCTION DUMP of redis-server 7.0.15 without libraries.
        assert_eq!(payload, b"\n\x00]\x9b\\@\x0f\x7f\xa2\xda");
        assert_eq!(open(&payload), Some(&b""[..]));
    }

    #[test]
    fn a_changed_payload_or_a_later_version_is_refused() {
        let mut sealed = b"abc".to_vec();
        seal(&mut sealed);
        assert_eq!(open(&sealed), Some(&b"abc"[..]));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&changed), None, "{at}");
        }
        // In a file of Redis 0 says that there is no checksum, in a payload nothing does.
        assert_eq!(open(b"abc\x0a\x00\0\0\0\0\0\0\0\0"), None);
        let mut later = b"abc\x0d\x00".to_vec();
        later.extend_from_slice(&CRC.checksum(&later).to_le_bytes());
        assert_eq!(open(&later), None);
        for len in 0..FOOTER_LEN {
            assert_eq!(open(&sealed[..len]), None);
        }
    }
}
