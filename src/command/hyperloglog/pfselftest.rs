//! PFSELFTEST
//!
//! Redis's takes a second and blocks it. This one is of the same kind, and short: both forms say the same, and not much else than they were told.

use super::registers::COUNT;
use super::sketch::{Raised, Sketch, empty, forget_count};
use crate::command::{Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::pure("pfselftest", 1, DOC, run).since(3).flags(Flags::ADMIN);

const DOC: Doc = Doc::new(
    Family::HyperLogLog,
    "2.8.9",
    "N/A",
    "Tests that the two forms of sketches agree, and that estimates are near.",
);

/// Elements that are added.
const ELEMENTS: u64 = 2000;
/// Bytes that a sparse sketch may have: all elements fit in.
const SPARSE_MAX: u64 = 1 << 16;
/// The error that is allowed for, in standard errors.
const ERRORS_MAX: f64 = 4.0;

fn run(_: &Args) -> Outcome {
    let empty = empty();
    let mut sparse = Raised::of(Sketch::of(&empty)?, SPARSE_MAX)?;
    let mut dense = Raised::of(Sketch::of(&empty)?, SPARSE_MAX)?;
    dense.make_dense();
    for element in 0..ELEMENTS {
        let (in_sparse, in_dense) = (sparse.add(&element.to_le_bytes()), dense.add(&element.to_le_bytes()));
        if in_sparse != in_dense {
            return Err(ReplyError::text(format!("TESTFAILED sparse and dense disagree about element {element}")));
        }
    }
    let mut counts = [0; 2];
    for (count, raised) in counts.iter_mut().zip([sparse, dense]) {
        let mut string = raised.finish();
        forget_count(&mut string);
        *count = Sketch::of(&string)?.count()?;
    }
    let [in_sparse, in_dense] = counts;
    let deviation = 1.04 / (COUNT as f64).sqrt() * ERRORS_MAX * ELEMENTS as f64;
    if in_sparse != in_dense || in_dense.abs_diff(ELEMENTS) as f64 > deviation {
        return Err(ReplyError::text(format!("TESTFAILED estimates of {ELEMENTS}: {in_sparse} and {in_dense}")));
    }
    Ok(Reply::Ok)
}
