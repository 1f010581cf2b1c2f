//! Redis's own file format, as far as clients see parts of it: payloads of DUMP and FUNCTION DUMP.
//!
//! Invariant: what is read is a client's: nothing panics, and nothing is allocated beyond the bound that the caller gives.

mod lzf;
pub mod payload;
pub mod string;
pub mod value;
