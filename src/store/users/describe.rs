//! Users as ACL LIST and GETUSER show them: in rules that make the same user again.

use std::fmt::Write;

use super::{PasswordHash, Selector, User};

impl User {
    /// Its flags, by name.
    pub fn flags(&self) -> Vec<&'static str> {
        let flags = [
            (true, if self.is_enabled { "on" } else { "off" }),
            (self.needs_no_password, "nopass"),
            (true, if self.skips_sanitizing { "skip-sanitize-payload" } else { "sanitize-payload" }),
        ];
        flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| name).collect()
    }

    /// Its rules, one word each; a selector is one.
    pub fn rules(&self) -> Vec<Vec<u8>> {
        let mut words: Vec<Vec<u8>> = self.flags().into_iter().map(Into::into).collect();
        words.extend(self.passwords.iter().map(|hash| format!("#{}", hexadecimal(hash)).into_bytes()));
        words.extend(self.root.words());
        words.extend(
            self.selectors.iter().map(|selector| [b"(".as_slice(), &selector.words().join(&b' '), b")"].concat()),
        );
        words
    }

    /// The line of a file of users.
    pub fn line(&self) -> Vec<u8> {
        [b"user ".as_slice(), &self.name, b" ", &self.rules().join(&b' ')].concat()
    }
}

impl Selector {
    fn words(&self) -> Vec<Vec<u8>> {
        let mut words = self.key_words();
        if !self.all_channels {
            words.push(b"resetchannels".to_vec());
        }
        words.extend(self.channel_words());
        words.extend(self.command_words().split(' ').map(|word| word.as_bytes().to_vec()));
        words
    }

    /// Its keys.
    pub fn key_words(&self) -> Vec<Vec<u8>> {
        if self.all_keys {
            return vec![b"~*".to_vec()];
        }
        let sign = |reads, writes| match (reads, writes) {
            (true, false) => b"%R~".as_slice(),
            (false, true) => b"%W~",
            _ => b"~",
        };
        self.keys.iter().map(|key| [sign(key.reads, key.writes), &key.pattern].concat()).collect()
    }

    /// Its channels.
    pub fn channel_words(&self) -> Vec<Vec<u8>> {
        if self.all_channels {
            return vec![b"&*".to_vec()];
        }
        self.channels.iter().map(|pattern| [b"&".as_slice(), pattern].concat()).collect()
    }

    /// Its commands.
    pub fn command_words(&self) -> String {
        let mut text = if self.from_all { "+@all" } else { "-@all" }.to_owned();
        for rule in &self.rules {
            // A string takes all that is written to it.
            let _ = write!(text, " {}{}", if rule.allows { '+' } else { '-' }, rule.what);
        }
        text
    }
}

/// A hash as text.
pub fn hexadecimal(hash: &PasswordHash) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        // As above.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
