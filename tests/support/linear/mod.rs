//! Is a history linearizable? The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the
//! memoisation of Lowe ("Testing for linearizability", 2017), one key at a time where operations concern one key each (P-compositionality:
//! Horn and Kroening, "Faster linearizability checking via P-compositionality", 2015; Herlihy and Wing's locality).
//!
//! Use: record with [`history::Recorder`], then [`register::check_keys`] for single keys or [`check::check`] with [`bank::Bank`]
//! for transactions, and [`bank::wrong_sums`] for histories of any size.

pub mod bank;
pub mod check;
pub mod edn;
pub mod history;
pub mod register;
