//! The Lua sandbox.
