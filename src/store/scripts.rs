//! Loaded scripts: what EVALSHA can name, on every node.
//!
//! SCRIPT LOAD keeps a script until SCRIPT FLUSH. What EVAL alone put here (*given* scripts) stands in a queue, and goes when newer ones
//! need its place.
//!
//! Invariants
//! - All here, the queue too, is a function of the log: apply alone calls what changes it, and a read on one node notes no use.
//! - Given scripts take no more than the bound that apply passes (`script-cache-bytes`). A larger one is not kept.
//! - A use is noted where less than half of the queue stands behind the script. So one that is in use is never among the older half for
//!   long, at least half of the queue has been used since what goes was used, and a script that runs again and again changes nothing here.
//! - An image shares every part of the map, and a source is never copied: a change copies the one part that it touches, while an image
//!   shares it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

/// SHA1 in lower-case hex.
pub type ScriptName = [u8; 40];

/// From this feature level on given scripts are told apart and bounded; below, all stay until SCRIPT FLUSH, as in the first binaries.
/// Those of that time stay so, because their snapshots do not tell which were loaded.
pub const GIVEN_SCRIPTS_LEVEL: u32 = 3;
/// What a script takes besides its text, bytes: its name, twice, and its places in map and queue.
pub const SCRIPT_OVERHEAD: usize = 240;
/// Bytes that SCRIPT LOAD may fill, less in tests. Nothing but SCRIPT FLUSH gives them back.
pub const LOADED_BYTES_MAX: usize = if cfg!(test) { 64 << 10 } else { 256 << 20 };
const PARTS: usize = 256;

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its text.
    pub body: Bytes,
    /// Its place in the queue; None: it was loaded.
    pub used: Option<u64>,
}

type Part = BTreeMap<ScriptName, Kept>;

/// SCRIPT LOAD has filled what it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Loaded scripts; see the module's header.
#[derive(Debug, PartialEq, Eq)]
pub struct Scripts {
    /// By the first two digits of the name.
    parts: Arc<Vec<Arc<Part>>>,
    /// Given scripts, the next to go first. An image has none: it is only read.
    queue: BTreeMap<u64, ScriptName>,
    /// The newest place in the queue so far.
    newest: u64,
    len: usize,
    loaded_bytes: usize,
    given_bytes: usize,
}

impl Default for Scripts {
    fn default() -> Self {
        let parts = Arc::new(vec![Arc::default(); PARTS]);
        Self { parts, queue: BTreeMap::new(), newest: 0, len: 0, loaded_bytes: 0, given_bytes: 0 }
    }
}

fn bytes_of(body: &Bytes) -> usize {
    body.len() + SCRIPT_OVERHEAD
}

fn part_of(name: &ScriptName) -> usize {
    let digit = |byte: u8| usize::from((byte & 15) + 9 * (byte >> 6)) % 16;
    let [first, second, ..] = *name;
    digit(first) * 16 + digit(second)
}

impl Scripts {
    /// The text of the script called `name`.
    pub fn get(&self, name: &ScriptName) -> Option<&Bytes> {
        self.kept(name).map(|kept| &kept.body)
    }

    /// True if it is here.
    pub fn contains(&self, name: &ScriptName) -> bool {
        self.kept(name).is_some()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What they take, bytes.
    pub fn bytes(&self) -> usize {
        self.loaded_bytes + self.given_bytes
    }

    /// The newest place in the queue so far; for snapshots.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// All, in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&ScriptName, &Kept)> {
        self.parts.iter().flat_map(|part| part.iter())
    }

    /// Keeps a script until [`Self::clear`]; true if it was not here.
    ///
    /// # Errors
    /// [`Full`] if the loaded ones would take more than `limit` bytes; nothing has changed.
    pub fn load(&mut self, name: ScriptName, body: &Bytes, limit: usize) -> Result<bool, Full> {
        let used = match self.kept(&name) {
            Some(Kept { used: None, .. }) => return Ok(false),
            Some(Kept { used, .. }) => *used,
            None => None,
        };
        let loaded_bytes = self.loaded_bytes + bytes_of(body);
        if loaded_bytes > limit {
            return Err(Full);
        }
        if let Some(used) = used {
            self.remove(used);
        }
        self.insert(name, Kept { body: body.clone(), used: None });
        Ok(used.is_none())
    }

    /// Keeps a script that EVAL brought, or notes its use. All given ones may take `limit` bytes: the names of those that went for it,
    /// and whether the script is new here.
    pub fn give(&mut self, name: ScriptName, body: &Bytes, limit: usize) -> (bool, Vec<ScriptName>) {
        if self.contains(&name) {
            self.note_use(&name);
            return (false, Vec::new());
        }
        let Some(left) = limit.checked_sub(bytes_of(body)) else { return (false, Vec::new()) };
        let gone = self.fit(left);
        self.newest += 1;
        self.insert(name, Kept { body: body.clone(), used: Some(self.newest) });
        (true, gone)
    }

    /// True if [`Self::give`] would keep a script of this text that is not here.
    pub fn would_keep(body: &Bytes, limit: usize) -> bool {
        bytes_of(body) <= limit
    }

    /// Notes that apply ran the script.
    pub fn note_use(&mut self, name: &ScriptName) {
        let Some(Kept { used: Some(used), .. }) = self.kept(name) else { return };
        let used = *used;
        if self.newest - used <= self.queue.len() as u64 / 2 {
            return;
        }
        self.newest += 1;
        self.queue.remove(&used);
        self.queue.insert(self.newest, *name);
        let newest = self.newest;
        if let Some(kept) = self.part_mut(name).and_then(|part| part.get_mut(name)) {
            kept.used = Some(newest);
        }
    }

    /// Lets given ones go until the others take no more than `limit` bytes; their names.
    pub fn fit(&mut self, limit: usize) -> Vec<ScriptName> {
        let mut gone = Vec::new();
        while self.given_bytes > limit {
            let Some((&used, _)) = self.queue.first_key_value() else { break };
            gone.extend(self.remove(used));
        }
        gone
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self { newest: self.newest, ..Self::default() };
    }

    /// Puts a script back that a snapshot held; false if the snapshot cannot be right.
    pub fn restore(&mut self, name: ScriptName, kept: Kept) -> bool {
        if self.contains(&name) || kept.used.is_some_and(|used| used > self.newest || self.queue.contains_key(&used)) {
            return false;
        }
        self.insert(name, kept);
        true
    }

    /// Puts back [`Self::newest`], before any script.
    pub fn restore_newest(&mut self, newest: u64) {
        self.newest = newest;
    }

    /// The scripts as they are now, at the cost of one count. Only to be read.
    pub(super) fn image(&self) -> Self {
        Self { parts: self.parts.clone(), queue: BTreeMap::new(), ..*self }
    }

    /// Checks the invariants.
    ///
    /// # Errors
    /// Names what is wrong.
    pub(super) fn validate(&self) -> Result<(), String> {
        let bytes = |given: bool| {
            self.iter().filter(move |(_, kept)| kept.used.is_some() == given).map(|(_, kept)| bytes_of(&kept.body))
        };
        let counted = (self.iter().count(), bytes(false).sum::<usize>(), bytes(true).sum::<usize>());
        if counted != (self.len, self.loaded_bytes, self.given_bytes) {
            return Err("scripts are counted wrong".into());
        }
        let queued = |(name, kept): (&ScriptName, &Kept)| {
            kept.used.is_none_or(|used| used <= self.newest && self.queue.get(&used) == Some(name))
        };
        let given = self.iter().filter(|(_, kept)| kept.used.is_some()).count();
        if given != self.queue.len() || !self.iter().all(queued) {
            return Err("the queue of scripts is not that of the scripts".into());
        }
        Ok(())
    }

    fn kept(&self, name: &ScriptName) -> Option<&Kept> {
        self.parts.get(part_of(name))?.get(name)
    }

    fn part_mut(&mut self, name: &ScriptName) -> Option<&mut Part> {
        Arc::make_mut(&mut self.parts).get_mut(part_of(name)).map(Arc::make_mut)
    }

    fn counted_in(&mut self, kept: &Kept) -> &mut usize {
        if kept.used.is_some() { &mut self.given_bytes } else { &mut self.loaded_bytes }
    }

    fn insert(&mut self, name: ScriptName, kept: Kept) {
        self.len += 1;
        *self.counted_in(&kept) += bytes_of(&kept.body);
        if let Some(used) = kept.used {
            self.queue.insert(used, name);
        }
        if let Some(part) = self.part_mut(&name) {
            part.insert(name, kept);
        }
    }

    /// Takes the given script at this place of the queue out.
    fn remove(&mut self, used: u64) -> Option<ScriptName> {
        let name = self.queue.remove(&used)?;
        let kept = self.part_mut(&name)?.remove(&name)?;
        self.len -= 1;
        *self.counted_in(&kept) -= bytes_of(&kept.body);
        Some(name)
    }
}

#[cfg(test)]
mod tests;
