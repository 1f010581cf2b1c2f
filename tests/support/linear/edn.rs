//! Histories in EDN, as Jepsen's checkers (Knossos, Elle) and Porcupine's readers take them: one map in a line for each event, in the order of their
//! times. `LOCKSTEP_EDN=<folder>` has the simulation and the tests of real processes leave theirs there.
//!
//! `:type` is `:invoke`, then `:ok`, `:fail` (certainly not executed) or `:info` (nobody knows); `:value` is what is asked, and with `:ok` what
//! was answered too. A process has one operation at a time, as those checkers want it: each operation has a process of its own where its client
//! may have another one under way.

use std::fmt::{Debug, Write};
use std::path::PathBuf;

use super::history::{Operation, Outcome};
use super::{bank, register};

/// What EDN shows of an operation.
pub trait Shown {
    /// `:f`.
    fn function(&self) -> &'static str;
    /// `:value` of the invocation.
    fn asked(&self) -> String;
}

/// What EDN shows of an answer.
pub trait Answer {
    /// `:value` of the completion of something that was asked so.
    fn answered(&self, asked: &str) -> String;
}

fn number(value: Option<i64>) -> String {
    value.map_or_else(|| "nil".to_owned(), |value| value.to_string())
}

impl Shown for register::Input {
    fn function(&self) -> &'static str {
        match self {
            Self::Get => "read",
            Self::Set(_) => "write",
            Self::Incr => "incr",
            Self::CompareAndSet(..) => "cas",
            Self::CompareAndDelete(_) => "cad",
            Self::Del => "del",
            Self::Expire(_) => "expire",
        }
    }

    fn asked(&self) -> String {
        match self {
            Self::Get | Self::Incr | Self::Del => "nil".into(),
            Self::Set(value) | Self::CompareAndDelete(value) | Self::Expire(value) => value.to_string(),
            Self::CompareAndSet(expected, value) => format!("[{} {value}]", number(*expected)),
        }
    }
}

impl<K: Debug, I: Shown> Shown for (K, I) {
    fn function(&self) -> &'static str {
        self.1.function()
    }

    fn asked(&self) -> String {
        format!("[{:?} {}]", self.0, self.1.asked())
    }
}

impl Answer for register::Output {
    fn answered(&self, asked: &str) -> String {
        let of_key = |value: String| match asked.strip_prefix('[').and_then(|asked| asked.split_once(' ')) {
            Some((key, _)) => format!("[{key} {value}]"),
            None => value,
        };
        match self {
            Self::Value(value) => of_key(number(*value)),
            Self::Number(value) => of_key(value.to_string()),
            Self::Done => asked.to_owned(),
            Self::Changed(changed) => format!("[{asked} {changed}]"),
        }
    }
}

impl Shown for bank::Input {
    fn function(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Transfer { .. } => "transfer",
        }
    }

    fn asked(&self) -> String {
        match self {
            Self::Read => "nil".into(),
            Self::Transfer { from, to, amount } => format!("{{:from {from} :to {to} :amount {amount}}}"),
        }
    }
}

impl Answer for bank::Output {
    fn answered(&self, asked: &str) -> String {
        match self {
            Self::Balances(balances) => {
                let all = balances.iter().enumerate().map(|(account, balance)| format!("{account} {balance}"));
                format!("{{{}}}", all.collect::<Vec<_>>().join(" "))
            }
            Self::Transferred(from, to) => format!("[{asked} {from} {to}]"),
        }
    }
}

/// The history as text.
pub fn write<I: Shown, R: Answer>(history: &[Operation<I, R>]) -> String {
    // (time, completions behind invocations of the same time, place)
    let mut events: Vec<(u64, bool, usize)> = Vec::new();
    for (at, operation) in history.iter().enumerate() {
        events.push((operation.invoked_ns, false, at));
        events.push((operation.completed_ns, true, at));
    }
    events.sort_unstable();
    let mut text = String::new();
    for (index, (time, is_end, at)) in events.into_iter().enumerate() {
        let Operation { input, outcome, .. } = &history[at];
        let asked = input.asked();
        let (kind, value) = match outcome {
            _ if !is_end => ("invoke", asked),
            Outcome::Ok(answer) => ("ok", answer.answered(&asked)),
            Outcome::NotApplied => ("fail", asked),
            Outcome::Unknown => ("info", asked),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{{:index {index}, :process {at}, :type :{kind}, :f :{}, :value {value}, :time {}}}",
            input.function(),
            time.min(i64::MAX as u64)
        );
    }
    text
}

/// Leaves a history where `LOCKSTEP_EDN` asks for it.
pub fn leave<I: Shown, R: Answer>(name: &str, history: &[Operation<I, R>]) {
    let Some(folder) = std::env::var_os("LOCKSTEP_EDN").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).expect("the folder of LOCKSTEP_EDN");
    std::fs::write(folder.join(format!("{name}.edn")), write(history)).expect("a file in it");
}
