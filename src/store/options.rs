//! Options that apply consults, and which are therefore part of the replicated state (design 3): set by a log entry,
//! the same on every node at the same index.

/// The replicated options. Names and meaning are those of `config.rs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `proto-max-bulk-len`, bytes: also the longest string that APPEND and SETRANGE may build.
    pub bulk_len_max: u64,
    /// `hash-max-listpack-entries`.
    pub hash_small_entries_max: u64,
    /// `hash-max-listpack-value`, bytes.
    pub hash_small_value_max: u64,
    /// `script-budget`: units of work of one script run.
    pub script_budget: u64,
    /// `script-memory`: bytes of one script run.
    pub script_memory: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bulk_len_max: 64 * 1024 * 1024,
            hash_small_entries_max: 128,
            hash_small_value_max: 64,
            script_budget: 500_000_000,
            script_memory: 256 * 1024 * 1024,
        }
    }
}

impl Options {
    /// Names of all, in order.
    pub const NAMES: [&'static str; 5] = [
        "hash-max-listpack-entries",
        "hash-max-listpack-value",
        "proto-max-bulk-len",
        "script-budget",
        "script-memory",
    ];

    /// The value of the option called `name`.
    pub fn get(&self, name: &str) -> Option<u64> {
        Some(match name {
            "proto-max-bulk-len" => self.bulk_len_max,
            "hash-max-listpack-entries" => self.hash_small_entries_max,
            "hash-max-listpack-value" => self.hash_small_value_max,
            "script-budget" => self.script_budget,
            "script-memory" => self.script_memory,
            _ => return None,
        })
    }

    /// Sets an option; false if there is none of that name. Bounds are checked where the command enters.
    pub fn set(&mut self, name: &str, value: u64) -> bool {
        let place = match name {
            "proto-max-bulk-len" => &mut self.bulk_len_max,
            "hash-max-listpack-entries" => &mut self.hash_small_entries_max,
            "hash-max-listpack-value" => &mut self.hash_small_value_max,
            "script-budget" => &mut self.script_budget,
            "script-memory" => &mut self.script_memory,
            _ => return false,
        };
        *place = value;
        true
    }
}
