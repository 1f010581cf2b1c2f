//! Places on Earth: members of sorted sets, whose scores are cells of the Earth's surface.

mod arguments;
mod docs;
mod earth;
mod geoadd;
mod geodist;
mod geohash;
mod geopos;
mod georadius;
mod georadius_ro;
mod georadiusbymember;
mod georadiusbymember_ro;
mod geosearch;
mod geosearchstore;
mod hash;
mod search;
#[cfg(test)]
mod tests;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[
    &geoadd::SPEC,
    &geodist::SPEC,
    &geohash::SPEC,
    &geopos::SPEC,
    &geosearch::SPEC,
    &geosearchstore::SPEC,
    &georadius::SPEC,
    &georadius_ro::SPEC,
    &georadiusbymember::SPEC,
    &georadiusbymember_ro::SPEC,
];
