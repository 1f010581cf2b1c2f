//! The connection itself.

mod auth;
mod echo;
mod hello;
mod ping;
mod quit;
mod reset;
mod select;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] =
    &[&auth::SPEC, &echo::SPEC, &hello::SPEC, &ping::SPEC, &quit::SPEC, &reset::SPEC, &select::SPEC];
