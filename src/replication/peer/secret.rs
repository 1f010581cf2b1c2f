//! What members know and strangers do not: a key made of `requirepass`, and proofs made with it.
//!
//! A proof is HMAC-SHA256 of who proves and of all that both sides have said, so it is worth nothing to the other side, on another
//! connection or with other words.
//!
//! Whoever gets to see a proof can try passwords on it at home: who listens where a member used to be, because the one who dials proves
//! first, and who listens on the wire. So the key is made slowly, by Argon2id, once at the start: each guess costs the memory and time
//! that it costs here (a fifth of a second on one core), which makes a bad password no good one. Only a password that cannot be guessed
//! is safe, and the README asks for one. (A PAKE would show nothing to try passwords on; of those there is no implementation for Rust that
//! was reviewed and is kept.) The salt is a constant: with the cluster's id as salt a node of another cluster with the same password
//! could not be told so in a way that it believes.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::Fatal;

const SALT: &[u8] = b"lockstep: the key of peers, of requirepass";
/// What OWASP asks for, with more passes: it is done once, and nobody waits for it.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 10;
/// A block of SHA-256, so that it is HMAC's key as it is.
const KEY_LEN: usize = 64;
/// Length of a proof.
pub const PROOF_LEN: usize = 32;

/// Who proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prover {
    /// The side that has connected.
    Dialer = b'd' as isize,
    /// The side that has accepted the connection.
    Acceptor = b'a' as isize,
}

/// See the module's header. The default is that of no password: everybody knows it.
#[derive(Clone)]
pub struct Secret {
    password: String,
    key: [u8; KEY_LEN],
}

impl Default for Secret {
    fn default() -> Self {
        Self { password: String::new(), key: [0; KEY_LEN] }
    }
}

/// Never shown.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// That of a password. It takes a part of a second, unless the password is empty.
    ///
    /// # Errors
    /// The password is longer than any that fits into memory.
    pub fn of(password: &str) -> Result<Self, Fatal> {
        let mut secret = Self { password: password.to_owned(), ..Self::default() };
        if !password.is_empty() {
            Params::new(MEMORY_KIB, PASSES, 1, Some(KEY_LEN))
                .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
                .and_then(|argon2| argon2.hash_password_into(password.as_bytes(), SALT, &mut secret.key))
                .map_err(|error| Fatal(format!("no key can be made of requirepass: {error}")))?;
        }
        Ok(secret)
    }

    /// The password itself, for AUTH at another member's client port.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The proof of a side that these are its and the other side's words, in the order in which they were said.
    pub fn prove(&self, who: Prover, said: &[&[u8]]) -> [u8; PROOF_LEN] {
        self.mac(who, said).finalize().into_bytes().into()
    }

    /// True if `proof` is that; in constant time.
    pub fn is_proof(&self, who: Prover, said: &[&[u8]], proof: &[u8]) -> bool {
        self.mac(who, said).verify_slice(proof).is_ok()
    }

    fn mac(&self, who: Prover, said: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as Mac>::new((&self.key).into());
        mac.update(&[who as u8]);
        for words in said {
            mac.update(&(words.len() as u64).to_le_bytes());
            mac.update(words);
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What members of one version prove to each other must not change by a turn of these knobs: that is another version.
    #[test]
    fn the_key_of_a_password_stays_what_it_is() {
        let proof = Secret::of("secret").unwrap().prove(Prover::Dialer, &[b"hello", b"challenge"]);
        let hex: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "e772cf3fea21c6badf395cfc1299b077a92e3631a2db7f68c31f1b295288d3cd");
    }

    #[test]
    fn a_proof_is_of_one_side_and_of_the_very_words() {
        let secret = Secret::default();
        let proof = secret.prove(Prover::Dialer, &[b"ab", b"c"]);
        assert!(secret.is_proof(Prover::Dialer, &[b"ab", b"c"], &proof));
        assert!(!secret.is_proof(Prover::Acceptor, &[b"ab", b"c"], &proof));
        for said in [&[&b"a"[..], b"bc"][..], &[b"abc"], &[b"ab", b"c", b""], &[b"c", b"ab"]] {
            assert!(!secret.is_proof(Prover::Dialer, said, &proof), "{said:?}");
        }
        for wrong in [&proof[..31], &[], &[0; 32]] {
            assert!(!secret.is_proof(Prover::Dialer, &[b"ab", b"c"], wrong));
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret { password: "hidden".into(), key: [7; KEY_LEN] }), "Secret");
    }
}
