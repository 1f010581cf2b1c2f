//! The state machine's data. Pure: no clock, no I/O, no randomness, no tokio; the same calls in the same order give
//! the same bytes on every node.
//!
//! - [`State`]: all that the log builds, and what a snapshot holds.
//! - [`Database`]: the keyspace of one SELECT index, in shards ordered by [`Position`].
//! - [`View`]: what a read command gets; it cannot mutate.
//! - [`Txn`]: what a write command gets; it stamps revisions and records what the digest covers.

mod access;
mod accessed;
mod audit;
mod call_log;
mod cluster;
mod creations;
mod database;
mod deadlock;
mod digest;
mod effects;
mod endings;
mod entry;
mod event;
mod eviction;
mod expiry;
mod fetch;
mod hash;
mod images;
mod leb128;
mod libraries;
mod list;
mod listpack;
mod live_hash;
mod lock;
mod lock_edits;
mod lock_events;
mod lock_history;
mod lock_mode;
mod locks;
#[cfg(test)]
mod model_tests;
mod name_look_up;
mod once;
mod origins;
mod over;
mod packed;
mod position;
mod prefetch;
mod random;
mod ranked;
pub mod reply_form;
mod rng;
mod scripts;
mod sessions;
mod set;
mod shard;
mod state;
pub(crate) mod steps;
mod stream;
mod string;
mod subscribing;
mod subscriptions;
mod tally;
mod telling;
mod ties;
mod tree;
mod trie;
mod txn;
mod users;
mod value;
mod value_type;
mod view;
mod waiters;
mod waits;
mod watch;
mod work;
mod zset;

pub use crate::config::{Policy, ReplicatedOptions as Options};
pub use access::{Accesses, NEW_KEY_USES, SAMPLE_MAX, Touch};
pub use audit::Audited;
pub use call_log::CallLog;
pub use cluster::{Cluster, Member, Wish};
pub use creations::{Creations, SLOTS as CREATION_SLOTS};
pub use database::{DATABASES, Database};
pub use digest::Digest;
pub use effects::{Effects, Garbage};
pub use entry::Entry;
pub use event::{Event, KeyEvent};
pub use eviction::Victim;
pub use hash::{END_MAX_MS, Ends, FieldValue, Hash, HashEdit, HashLimits};
pub use libraries::{Libraries, Library, LibraryFunction, Loaded, ScriptFlags, Taken};
pub use list::{List, ListLimits};
pub use live_hash::LiveHash;
pub use lock::{Bound, Hold, Lock};
pub use lock_edits::hold_left_ms;
pub use lock_history::{LockEvent, LockHistory, LockRecord};
pub use lock_mode::LockMode;
pub use locks::{Binding, Grant, LockRequest};
pub use once::{ONCE_REPLY_MAX, OnceReplies, OnceReply};
pub use origins::{Boot, Origins};
pub use over::is_over;
pub use packed::End;
pub use position::{CURSOR_BITS, Position, SHARDS, SLOTS, slot};
pub use prefetch::{About, PREFETCH_KEYS, prefetch};
pub use rng::Rng;
pub use scripts::{Full, GIVEN_SCRIPTS_LEVEL, Kept, LOADED_BYTES_MAX, SCRIPT_OVERHEAD, ScriptName, Scripts};
pub use sessions::{Session, Sessions};
pub use set::{Set, SetForm, SetLimits, SetMember};
pub use state::{FIRST_REVISION_EPOCH_S, State};
pub use stream::{
    ASSIGN_UNITS, ChunkBuilder, ChunkHead, Consumer, Deletion, Delivery, Entries, Field, Fields, Group, KnownId, Past,
    Pending, ProducerCounts, ProducerTerms, Refs, Span, Stream, StreamEntry, StreamHead, StreamId, StreamLimits, Trim,
    TrimTo,
};
pub use string::Str;
pub use subscriptions::{LostHold, PubSub, SubscriptionKind, Subscriptions};
pub use tally::{CallCounts, ScriptCalls, Tally};
pub use txn::{Changed, Create, Deadline, Txn};
pub use users::{
    CommandNames, CommandRule, DEFAULT_USER, Denial, Denied, KeyPattern, PasswordHash, RuleError, Selector,
    TrustedNames, User, Users, has_spaces, hash_password, hexadecimal, merge_selectors,
};
pub use value::{Kind, Value};
pub use value_type::ValueType;
pub use view::{Horizon, View};
pub use waiters::{Claim, Waiter, WaiterId, WaiterLimits, Waiters, Wants};
pub use watch::{ABSENCE_LEVEL, Mark, Watch};
pub use work::{ELEMENT_UNITS, total_units, units_of_bytes};
pub use zset::{Element, LexBound, LexRange, ScoreRange, ZSet, ZSetLimits};
