//! The rules that ACL SETUSER takes, one at a time.

use bytes::Bytes;

use super::{CommandRule, KeyPattern, PasswordHash, Selector, User, hash_password};

/// Says which names there are. The state takes what the node that the rules came through has found right.
pub trait CommandNames {
    /// The name in full of a command, or of a subcommand as `container|subcommand`; None: there is none.
    fn command(&self, name: &str) -> Option<String>;
    /// True for a command that has subcommands.
    fn is_container(&self, name: &str) -> bool;
    /// True for a category, named without its `@`.
    fn is_category(&self, name: &str) -> bool;
}

/// Rules that were found right already.
pub struct TrustedNames;

impl CommandNames for TrustedNames {
    fn command(&self, name: &str) -> Option<String> {
        Some(name.to_ascii_lowercase())
    }

    fn is_container(&self, _: &str) -> bool {
        false
    }

    fn is_category(&self, _: &str) -> bool {
        true
    }
}

/// Why a rule is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// No such command or category.
    Unknown,
    /// No rule.
    Syntax,
    /// A pattern of keys where all are open.
    KeysAreOpen,
    /// A pattern of channels where all are open.
    ChannelsAreOpen,
    /// The password that is to go is none.
    NoSuchPassword,
    /// No hash.
    Hash,
    /// A first argument of a subcommand.
    FirstArgument,
}

impl RuleError {
    /// In Redis's words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown command or category name in ACL",
            Self::Syntax => "Syntax error",
            Self::KeysAreOpen => {
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try \
                 'resetkeys' to start with an empty list of patterns"
            }
            Self::ChannelsAreOpen => {
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try \
                 'resetchannels' to start with an empty list of channels"
            }
            Self::NoSuchPassword => "The password you are trying to remove from the user does not exist",
            Self::Hash => {
                "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
            }
            Self::FirstArgument => "Allowing first-arg of a subcommand is not supported",
        }
    }
}

/// Puts selectors together that stand in several words.
///
/// # Errors
/// The place of a parenthesis that is not closed.
pub fn merge_selectors<'a>(words: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Vec<u8>>, usize> {
    let mut merged = Vec::new();
    let mut open: Option<(usize, Vec<u8>)> = None;
    for (at, word) in words.enumerate() {
        let closes = word.ends_with(b")");
        open = match open {
            None if word.starts_with(b"(") && !closes => Some((at, word.to_vec())),
            None => {
                merged.push(word.to_vec());
                None
            }
            Some((begin, mut selector)) => {
                selector.push(b' ');
                selector.extend_from_slice(word);
                if closes {
                    merged.push(selector);
                    None
                } else {
                    Some((begin, selector))
                }
            }
        };
    }
    open.map_or(Ok(merged), |(begin, _)| Err(begin))
}

impl User {
    /// Follows one rule. `opens_channels`: `acl-pubsub-default allchannels`.
    ///
    /// # Errors
    /// The rule is none; the user may be changed in part.
    pub fn set(&mut self, rule: &[u8], opens_channels: bool, names: &dyn CommandNames) -> Result<(), RuleError> {
        let is = |word: &str| rule.eq_ignore_ascii_case(word.as_bytes());
        if is("") {
            return Ok(());
        }
        if is("on") || is("off") {
            self.is_enabled = is("on");
        } else if is("skip-sanitize-payload") || is("sanitize-payload") {
            self.skips_sanitizing = is("skip-sanitize-payload");
        } else if is("nopass") || is("resetpass") {
            self.needs_no_password = is("nopass");
            self.passwords.clear();
        } else if let [sign @ (b'>' | b'#'), rest @ ..] = rule {
            let hash = hash_of(*sign == b'>', rest)?;
            if !self.passwords.contains(&hash) {
                self.passwords.push(hash);
            }
            self.needs_no_password = false;
        } else if let [sign @ (b'<' | b'!'), rest @ ..] = rule {
            let hash = hash_of(*sign == b'<', rest)?;
            let at = self.passwords.iter().position(|known| *known == hash).ok_or(RuleError::NoSuchPassword)?;
            self.passwords.remove(at);
        } else if let [b'(', inside @ .., b')'] = rule {
            let mut selector = Selector { all_channels: opens_channels, ..Selector::default() };
            let words = inside.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.into_iter().try_for_each(|word| selector.set(word, names))?;
            self.selectors.push(selector);
        } else if is("clearselectors") {
            self.selectors.clear();
        } else if is("reset") {
            *self = Self { id: self.id, ..Self::new(&self.name, opens_channels) };
        } else {
            self.root.set(rule, names)?;
        }
        Ok(())
    }
}

fn hash_of(is_plain: bool, text: &[u8]) -> Result<PasswordHash, RuleError> {
    if is_plain { Ok(hash_password(text)) } else { parse_hash(text).ok_or(RuleError::Hash) }
}

fn parse_hash(text: &[u8]) -> Option<PasswordHash> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.chunks_exact(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    if text.len() == 64 { bytes.try_into().ok() } else { None }
}

impl Selector {
    /// Follows one rule about keys, channels or commands.
    ///
    /// # Errors
    /// As [`User::set`].
    fn set(&mut self, rule: &[u8], names: &dyn CommandNames) -> Result<(), RuleError> {
        let is = |word: &str| rule.eq_ignore_ascii_case(word.as_bytes());
        if is("allkeys") || is("~*") || is("resetkeys") {
            self.all_keys = !is("resetkeys");
            self.keys.clear();
        } else if is("allchannels") || is("&*") || is("resetchannels") {
            self.all_channels = !is("resetchannels");
            self.channels.clear();
        } else if is("allcommands") || is("+@all") || is("nocommands") || is("-@all") {
            self.from_all = is("allcommands") || is("+@all");
            self.rules.clear();
        } else if matches!(rule.first(), Some(b'~' | b'%')) {
            self.open_keys(rule)?;
        } else if let [b'&', pattern @ ..] = rule {
            if self.all_channels {
                return Err(RuleError::ChannelsAreOpen);
            }
            let pattern = without_spaces(pattern)?;
            if !self.channels.contains(&pattern) {
                self.channels.push(pattern);
            }
        } else if let [sign @ (b'+' | b'-'), what @ ..] = rule {
            let what = std::str::from_utf8(what).map_err(|_| RuleError::Unknown)?;
            self.set_command(*sign == b'+', what, names)?;
        } else {
            return Err(RuleError::Syntax);
        }
        Ok(())
    }

    fn open_keys(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        if self.all_keys {
            return Err(RuleError::KeysAreOpen);
        }
        let (mut reads, mut writes) = (true, true);
        let mut pattern = rule.get(1..).unwrap_or_default();
        if rule.starts_with(b"%") {
            (reads, writes) = (false, false);
            // Without its `~` the pattern is the empty one, as in Redis.
            while let Some((byte, rest)) = pattern.split_first() {
                pattern = rest;
                match byte.to_ascii_uppercase() {
                    b'R' if !reads => reads = true,
                    b'W' if !writes => writes = true,
                    b'~' => break,
                    _ => return Err(RuleError::Syntax),
                }
            }
            if !reads && !writes {
                return Err(RuleError::Syntax);
            }
        }
        let pattern = without_spaces(pattern)?;
        match self.keys.iter_mut().find(|known| known.pattern == pattern) {
            Some(known) => {
                known.reads |= reads;
                known.writes |= writes;
            }
            None => self.keys.push(KeyPattern { pattern, reads, writes }),
        }
        Ok(())
    }

    fn set_command(&mut self, allows: bool, what: &str, names: &dyn CommandNames) -> Result<(), RuleError> {
        let name = match (what.strip_prefix('@'), what.rsplit_once('|')) {
            (Some(category), _) if names.is_category(category) => what.to_owned(),
            (None, Some((command, argument))) if allows => {
                let command = names.command(command).ok_or(RuleError::Unknown)?;
                if command.contains('|') {
                    return Err(RuleError::FirstArgument);
                }
                if argument.is_empty() {
                    return Err(RuleError::Syntax);
                }
                if names.is_container(&command) { names.command(what).ok_or(RuleError::Unknown)? } else { what.into() }
            }
            (None, _) => names.command(what).ok_or(RuleError::Unknown)?,
            (Some(_), _) => return Err(RuleError::Unknown),
        };
        let what: Box<str> = name.to_ascii_lowercase().into();
        // What is said of the whole takes the place of what was said of its parts.
        let is_part = |rule: &CommandRule| rule.what.strip_prefix(&*what).is_some_and(|rest| rest.starts_with('|'));
        self.rules.retain(|rule| rule.what != what && !is_part(rule));
        self.rules.push(CommandRule { allows, what });
        Ok(())
    }
}

fn without_spaces(pattern: &[u8]) -> Result<Bytes, RuleError> {
    if has_spaces(pattern) { Err(RuleError::Syntax) } else { Ok(Bytes::copy_from_slice(pattern)) }
}

/// True for what neither a name nor a pattern may contain.
pub fn has_spaces(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b' ' | b'\t'..=b'\r' | 0))
}
