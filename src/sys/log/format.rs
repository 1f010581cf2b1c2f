//! An event as a line.
//!
//! Text: `time level: message name=value …`, other crates' with the crate's name before the message. A value that is more than one word
//! stands in quotes.
//!
//! JSON: an object of `time`, `level`, `target` (the module), `message` and `fields`, an object of the rest; so no field's name can
//! take the place of another.

use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl Format {
    /// The one of that name, `text` or `json`.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// A line without fields.
    pub(super) fn line(self, time: &str, level: Level, target: &str, message: &str) -> String {
        self.put(time, level, target, message, "")
    }

    fn event(self, time: &str, event: &Event<'_>) -> String {
        let mut fields = Fields { format: self, message: String::new(), rest: String::new() };
        event.record(&mut fields);
        self.put(time, *event.metadata().level(), event.metadata().target(), &fields.message, &fields.rest)
    }

    fn put(self, time: &str, level: Level, target: &str, message: &str, rest: &str) -> String {
        let mut line = String::with_capacity(160);
        let level = word(level);
        match self {
            Self::Text => {
                line.extend([time, " ", level, ": "]);
                match target.split("::").next() {
                    Some("lockstep") | None => {}
                    Some(other) => line.extend([other, ": "]),
                }
                for c in message.chars() {
                    if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
                }
                line.push_str(rest);
            }
            Self::Json => {
                for (name, value) in
                    [("{\"time\":", time), (",\"level\":", level), (",\"target\":", target), (",\"message\":", message)]
                {
                    line.push_str(name);
                    push_json(&mut line, value);
                }
                line.extend([",\"fields\":{", rest, "}}"]);
            }
        }
        line
    }
}

/// The name of a level, that `loglevel` would show it by. Nothing there names errors: `warning` shows them.
fn word(level: Level) -> &'static str {
    match level {
        Level::TRACE => "debug",
        Level::DEBUG => "verbose",
        Level::INFO => "notice",
        Level::WARN => "warning",
        Level::ERROR => "error",
    }
}

/// What an event holds, written as it is visited.
struct Fields {
    format: Format,
    message: String,
    rest: String,
}

impl Fields {
    fn name(&mut self, field: &Field) {
        // A field whose name is a word of Rust is written `r#type`.
        let name = field.name().trim_start_matches("r#");
        match self.format {
            Format::Text => self.rest.extend([" ", name, "="]),
            Format::Json => {
                if !self.rest.is_empty() {
                    self.rest.push(',');
                }
                push_json(&mut self.rest, name);
                self.rest.push(':');
            }
        }
    }

    /// A number or truth value, the same in both formats.
    fn plain(&mut self, field: &Field, value: impl Debug) {
        self.name(field);
        // Writing to a string fails never.
        let _ = write!(self.rest, "{value:?}");
    }

    fn text(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            return self.message.push_str(value);
        }
        self.name(field);
        match self.format {
            Format::Text if is_one_word(value) => self.rest.push_str(value),
            Format::Text => {
                let _ = write!(self.rest, "{value:?}");
            }
            Format::Json => push_json(&mut self.rest, value),
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is no number.
        if value.is_finite() { self.plain(field, value) } else { self.text(field, &value.to_string()) }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.plain(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

fn is_one_word(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '=');
    !text.is_empty() && text.chars().all(is_plain)
}

fn push_json(line: &mut String, text: &str) {
    line.push('"');
    for c in text.chars() {
        match c {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            // What a terminal would obey goes with what JSON asks for.
            c if c.is_control() => {
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line.push('"');
}

/// Hands every event on as a line.
pub(super) struct Lines<W> {
    pub format: Format,
    /// The time, as lines show it.
    pub now: fn() -> String,
    pub write: W,
}

impl<S: Subscriber, W: Fn(&str) + 'static> Layer<S> for Lines<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        (self.write)(&self.format.event(&(self.now)(), event));
    }
}
