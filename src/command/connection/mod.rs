//! The connection itself.

mod auth;
mod client;
mod echo;
mod hello;
mod ping;
mod quit;
mod readonly;
mod reset;
mod select;

use super::Spec;

pub use client::{for_another_node, line, timeout_ms};

/// The family.
pub static SPECS: &[&Spec] = &[
    &auth::SPEC,
    &client::SPEC,
    &echo::SPEC,
    &hello::SPEC,
    &ping::SPEC,
    &quit::SPEC,
    &readonly::READONLY,
    &readonly::READWRITE,
    &reset::SPEC,
    &select::SPEC,
];
