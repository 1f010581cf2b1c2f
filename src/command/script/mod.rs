//! Scripts: EVAL and its kin, SCRIPT, and TIME, which scripts read the clock by.
//!
//! EVAL and EVALSHA go through the log and run on every node. EVAL_RO and EVALSHA_RO read the state of one node, so
//! they cannot store the script: EVALSHA after EVAL_RO answers NOSCRIPT, which clients follow by sending the text again.
//! (In Redis EVAL_RO loads the script as well.)

mod container;
mod eval;
mod eval_ro;
mod evalsha;
mod evalsha_ro;
mod exists;
mod flush;
mod help;
mod kill;
mod load;
mod request;
mod time;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] =
    &[&eval::SPEC, &eval_ro::SPEC, &evalsha::SPEC, &evalsha_ro::SPEC, &container::SPEC, &time::SPEC];
