//! What an option is.

use std::path::PathBuf;

use super::kind::level_name;
use super::{Compound, Kind, OptionValue, Settings, compound, parse_level};
use crate::config::ReadLevel;

/// The values of the replicated options.
pub trait ReplicatedValues {
    /// The value of the option called `name`.
    fn get(&self, name: &str) -> Option<u64>;
}

/// An option.
pub struct Opt {
    /// Its name: of the flag, in the file, for CONFIG; in capitals with underscores and `LOCKSTEP_` in front for the environment.
    pub name: &'static str,
    /// Redis's other names, for CONFIG alone.
    pub aliases: &'static [&'static str],
    /// Where `--help` shows it.
    pub section: Section,
    /// The values that it takes.
    pub kind: Kind,
    /// Where its value is kept.
    pub place: Place,
    /// When it may change.
    pub change: Change,
    /// What it does; of one that is always so, why no other value is taken, if there is more to say than that it cannot be set.
    pub doc: &'static str,
}

/// The parts of `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Addresses.
    Network,
    /// Clients and their bounds.
    Clients,
    /// Joining, membership, deadlines.
    Cluster,
    /// Data directory, log, memory.
    Storage,
    /// What is reported.
    Reports,
    /// Values at cluster creation.
    Replicated,
    /// Only after something went wrong.
    Repair,
    /// Options of Redis that tools ask for or set.
    Redis,
}

impl Section {
    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Network => "Network",
            Self::Clients => "Clients",
            Self::Cluster => "Cluster",
            Self::Storage => "Storage and memory",
            Self::Reports => "Log lines and reports",
            Self::Replicated => "The same on every node (the value for a new cluster; later CONFIG SET)",
            Self::Repair => "Repair",
            Self::Redis => "Redis's",
        }
    }
}

impl std::fmt::Debug for Opt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// When an option may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Read once at the start, or always so: CONFIG SET takes the value that it has.
    Start,
    /// By CONFIG SET, at once.
    Live,
    /// Never; CONFIG SET refuses it as Redis does, also the value that it has.
    Immutable,
    /// Likewise, in Redis's words for what clients may not decide.
    Protected,
}

type At<T> = fn(&mut Settings) -> &mut T;

/// Where an option's value is kept.
#[derive(Clone, Copy)]
pub enum Place {
    /// In the settings.
    U16(At<u16>),
    /// In the settings.
    U64(At<u64>),
    /// In the settings.
    I64(At<i64>),
    /// In the settings.
    Usize(At<usize>),
    /// In the settings.
    Bool(At<bool>),
    /// In the settings.
    Text(At<String>),
    /// In the settings: the secret of the start, which CONFIG SET leaves as it is while it gives the default user another password.
    Password,
    /// In the settings; empty = none.
    TextOption(At<Option<String>>),
    /// In the settings; empty = none.
    NumberOption(At<Option<u64>>),
    /// In the settings.
    Path(At<PathBuf>),
    /// In the settings.
    Level(At<ReadLevel>),
    /// In the settings: true for the word `master`.
    Master(At<bool>),
    /// In the state that the log builds: [`ReplicatedValues`].
    Replicated,
    /// In the settings by its name, with this default: it is kept and shown, and nothing else follows from it.
    Stored(&'static str),
    /// Nowhere: it is always so.
    Fixed(&'static str),
}

impl Opt {
    /// The value in `settings`, or in `replicated`, as CONFIG GET shows it.
    pub fn get(&self, settings: &Settings, replicated: &dyn ReplicatedValues) -> String {
        let number = |value: i64| self.kind.show(&OptionValue::Number(value));
        match self.place {
            Place::Replicated => {
                return replicated.get(self.name).map_or_else(String::new, |value| number(value as i64));
            }
            Place::Stored(default) => return settings.stored.get(self.name).map_or(default, String::as_str).into(),
            Place::Fixed(text) => return text.into(),
            _ => {}
        }
        // The other places are given by exclusive access; a copy is what reading costs here, and nobody reads often.
        let mut settings = settings.clone();
        match self.place {
            Place::U16(at) => number(i64::from(*at(&mut settings))),
            Place::U64(at) => number(*at(&mut settings) as i64),
            Place::I64(at) => number(*at(&mut settings)),
            Place::Usize(at) => number(*at(&mut settings) as i64),
            Place::Bool(at) => number(i64::from(*at(&mut settings))),
            Place::Text(at) => at(&mut settings).clone(),
            Place::Password => settings.password_set.unwrap_or(settings.requirepass),
            Place::TextOption(at) => at(&mut settings).clone().unwrap_or_default(),
            Place::NumberOption(at) => at(&mut settings).map_or_else(String::new, |number| number.to_string()),
            Place::Path(at) => at(&mut settings).display().to_string(),
            Place::Level(at) => level_name(*at(&mut settings)).into(),
            Place::Master(at) => if *at(&mut settings) { "master" } else { "own" }.into(),
            Place::Replicated | Place::Stored(_) | Place::Fixed(_) => String::new(),
        }
    }

    /// Puts a checked value into the settings; nothing happens to options that are not kept there.
    pub fn set(&self, settings: &mut Settings, value: OptionValue) {
        match (self.place, value) {
            (Place::U16(at), OptionValue::Number(value)) => *at(settings) = value as u16,
            (Place::U64(at), OptionValue::Number(value)) => *at(settings) = value as u64,
            (Place::I64(at), OptionValue::Number(value)) => *at(settings) = value,
            (Place::Usize(at), OptionValue::Number(value)) => *at(settings) = value as usize,
            (Place::Bool(at), OptionValue::Number(value)) => *at(settings) = value != 0,
            (Place::Text(at), OptionValue::Text(value)) => *at(settings) = value,
            (Place::Password, OptionValue::Text(value)) => settings.requirepass = value,
            (Place::TextOption(at), OptionValue::Text(value)) => {
                *at(settings) = Some(value).filter(|text| !text.is_empty())
            }
            (Place::NumberOption(at), OptionValue::Number(value)) => *at(settings) = Some(value as u64),
            (Place::Path(at), OptionValue::Text(value)) => *at(settings) = value.into(),
            (Place::Level(at), OptionValue::Text(value)) => *at(settings) = parse_level(&value).unwrap_or_default(),
            (Place::Stored(default), value) => {
                let mut shown = self.kind.show(&value);
                if self.kind == Kind::Compound(Compound::BufferLimits) {
                    let before = settings.stored.get(self.name).map_or(default, String::as_str);
                    shown = compound::merge_limits(before, &shown);
                }
                settings.stored.insert(self.name, shown);
            }
            (Place::Master(at), OptionValue::Text(value)) => *at(settings) = value == "master",
            _ => {}
        }
    }

    /// True if its value is part of the replicated state.
    pub fn is_replicated(&self) -> bool {
        matches!(self.place, Place::Replicated)
    }

    /// True if CONFIG SET of it changes the default user, which is part of the replicated state.
    pub fn is_password(&self) -> bool {
        matches!(self.place, Place::Password)
    }

    /// Why it takes no value but the one that it has, if there is more to say than that it cannot be set.
    pub fn reason(&self) -> Option<&'static str> {
        Some(self.doc).filter(|why| matches!(self.place, Place::Fixed(_)) && !why.is_empty())
    }

    /// True if CONFIG SET changes it.
    pub fn is_settable(&self) -> bool {
        self.change == Change::Live
    }

    /// True if it is a flag, a variable and a line of the file.
    pub fn is_given(&self) -> bool {
        !matches!(self.place, Place::Fixed(_) | Place::Stored(_))
    }

    /// True if it may be a line of the file.
    pub fn is_in_file(&self) -> bool {
        !matches!(self.place, Place::Fixed(_))
    }
}
