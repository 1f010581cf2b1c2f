//! What values an option takes, and Redis's words for those that it does not.

use super::bytes::parse_bytes;
use super::{Address, Compound, events};
use crate::config::ReadLevel;
use crate::protocol::parse_i64;

/// The values that an option takes. Bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An integer.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// Bytes, with Redis's units: 1k = 1000, 1kb = 1024, m, mb, g, gb.
    Bytes {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// Values of this kind, of which Redis uses the nearest within bounds, and shows that.
    Nearest {
        /// What is taken.
        of: &'static Self,
        /// Smallest that is used.
        min: i64,
        /// Largest that is used.
        max: i64,
    },
    /// `yes` or `no`.
    YesNo,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A level of consistency of reads.
    Level,
    /// An [`Address`].
    Address,
    /// The host of one, or nothing.
    Host,
    /// Classes of events, a letter each.
    Events,
    /// Something of several parts.
    Compound(Compound),
    /// Levels of single modules, as [`crate::sys::log::Filter`] takes them.
    LogFilter,
    /// A line of text.
    Text {
        /// Fewest bytes.
        len_min: usize,
    },
}

/// A value that has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// Of [`Kind::Int`], [`Kind::Nearest`], [`Kind::Bytes`], [`Kind::YesNo`] (1 and 0) and [`Kind::Events`].
    Number(i64),
    /// Of the rest.
    Text(String),
}

/// Longest text of an option.
const TEXT_LEN_MAX: usize = 4096;
/// Why a level is refused that the design knows.
const NO_LEASE: &str = "lease reads are unavailable until their restart guard is tested";

impl Kind {
    /// Checks a value.
    ///
    /// # Errors
    /// What it has to be, without the option's name.
    pub fn parse(self, text: &str) -> Result<OptionValue, String> {
        match self {
            Self::Int { min, max } => {
                let value = parse_i64(text.as_bytes()).ok_or("argument couldn't be parsed into an integer")?;
                within(value, min, max)
            }
            Self::Bytes { min, max } => {
                let value = parse_bytes(text).ok_or("argument must be a memory value")?;
                i64::try_from(value).map_err(|_| out_of_range(min, max)).and_then(|value| within(value, min, max))
            }
            Self::Nearest { of, min, max } => match of.parse(text)? {
                OptionValue::Number(value) => Ok(OptionValue::Number(value.clamp(min, max))),
                text => Ok(text),
            },
            Self::YesNo => match text.to_ascii_lowercase().as_str() {
                "yes" => Ok(OptionValue::Number(1)),
                "no" => Ok(OptionValue::Number(0)),
                _ => Err("argument must be 'yes' or 'no'".into()),
            },
            Self::Word(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
                Some(word) => Ok(OptionValue::Text((*word).into())),
                None => Err(format!("argument(s) must be one of the following: {}", words.join(", "))),
            },
            Self::Level => {
                parse_level(text).map(|level| OptionValue::Text(level_name(level).into())).map_err(Into::into)
            }
            Self::Address if Address::parse(text).is_some() => Ok(OptionValue::Text(text.into())),
            Self::Address => Err("argument must be host:port".into()),
            // The port is added, and may be any.
            Self::Host if text.is_empty() || Address::at(text, 1).is_some() => Ok(OptionValue::Text(text.into())),
            Self::Host => Err("argument must be the name or the address of a host, without a port".into()),
            Self::Events => events::parse(text).map(|classes| OptionValue::Number(classes as i64)),
            Self::Compound(compound) => compound.parse(text).map(OptionValue::Text),
            Self::LogFilter => {
                crate::sys::log::Filter::check(text)?;
                Self::Text { len_min: 0 }.parse(text)
            }
            Self::Text { len_min } => {
                if text.len() < len_min {
                    Err("argument must not be empty".into())
                } else if text.len() > TEXT_LEN_MAX || text.chars().any(char::is_control) {
                    Err(format!("argument must be one line of at most {TEXT_LEN_MAX} bytes"))
                } else {
                    Ok(OptionValue::Text(text.into()))
                }
            }
        }
    }

    /// A value as CONFIG GET shows it.
    pub fn show(self, value: &OptionValue) -> String {
        match (self, value) {
            (Self::YesNo, OptionValue::Number(number)) => if *number == 0 { "no" } else { "yes" }.into(),
            (Self::Word(words), OptionValue::Number(number)) => {
                usize::try_from(*number).ok().and_then(|place| words.get(place)).copied().unwrap_or_default().into()
            }
            (Self::Events, OptionValue::Number(classes)) => events::show(*classes as u64),
            (_, OptionValue::Number(number)) => number.to_string(),
            (_, OptionValue::Text(text)) => text.clone(),
        }
    }

    /// A value as the state holds it: the number of a word is its place.
    pub fn number(self, value: &OptionValue) -> Option<i64> {
        match (self, value) {
            (_, OptionValue::Number(number)) => Some(*number),
            (Self::Word(words), OptionValue::Text(text)) => {
                words.iter().position(|word| word == text).map(|place| place as i64)
            }
            _ => None,
        }
    }

    /// What `--help` writes for the value.
    pub fn placeholder(self) -> String {
        match self {
            Self::Int { .. } | Self::Nearest { .. } => "n".into(),
            Self::Bytes { .. } => "bytes".into(),
            Self::YesNo => "yes|no".into(),
            Self::Word(words) => words.join("|"),
            Self::Level => "linearizable|local".into(),
            Self::Address => "host:port".into(),
            Self::Host => "host".into(),
            Self::LogFilter => "module=level,…".into(),
            Self::Events | Self::Compound(_) | Self::Text { .. } => "text".into(),
        }
    }
}

/// A level by its name.
///
/// # Errors
/// It is none, or none that can be had.
pub fn parse_level(text: &str) -> Result<ReadLevel, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "linearizable" => Ok(ReadLevel::Linearizable),
        "local" => Ok(ReadLevel::Local),
        "lease" => Err(NO_LEASE),
        _ => Err("argument(s) must be one of the following: linearizable, local"),
    }
}

/// The name of a level.
pub fn level_name(level: ReadLevel) -> &'static str {
    match level {
        ReadLevel::Linearizable => "linearizable",
        ReadLevel::Local => "local",
    }
}

fn within(value: i64, min: i64, max: i64) -> Result<OptionValue, String> {
    if (min..=max).contains(&value) { Ok(OptionValue::Number(value)) } else { Err(out_of_range(min, max)) }
}

fn out_of_range(min: i64, max: i64) -> String {
    format!("argument must be between {min} and {max} inclusive")
}
