//! Which scripts the state keeps: what of it depends on the state's level and options.

use bytes::Bytes;

use super::Txn;
use crate::store::State;
use crate::store::scripts::{Full, GIVEN_SCRIPTS_LEVEL, LOADED_BYTES_MAX, ScriptName, Scripts};

impl State {
    /// True if the state has no script of this name and [`Txn::give_script`] would keep one with this text.
    pub fn lacks_script(&self, name: &ScriptName, body: &Bytes) -> bool {
        !self.scripts.contains(name) && (!self.tells_given_scripts() || Scripts::would_keep(body, self.script_limit()))
    }

    fn tells_given_scripts(&self) -> bool {
        self.cluster.level >= GIVEN_SCRIPTS_LEVEL
    }

    fn script_limit(&self) -> usize {
        usize::try_from(self.options.script_cache_bytes).unwrap_or(usize::MAX)
    }
}

impl Txn<'_> {
    /// Keeps a script until SCRIPT FLUSH.
    ///
    /// # Errors
    /// [`Full`] if there is no room for more of them; nothing has changed.
    pub fn load_script(&mut self, name: ScriptName, body: &Bytes) -> Result<(), Full> {
        let limit = if self.state.tells_given_scripts() { LOADED_BYTES_MAX } else { usize::MAX };
        if self.state.scripts.load(name, body, limit)? {
            self.note(&name);
        }
        Ok(())
    }

    /// Keeps a script that EVAL brought, as long as there is room, or notes its use.
    pub fn give_script(&mut self, name: ScriptName, body: &Bytes) {
        let (is_new, gone) = if self.state.tells_given_scripts() {
            let limit = self.state.script_limit();
            self.state.scripts.give(name, body, limit)
        } else {
            (self.state.scripts.load(name, body, usize::MAX) == Ok(true), Vec::new())
        };
        if is_new {
            self.note(&name);
        }
        self.note_gone_scripts(&gone);
    }

    /// Notes that EVALSHA ran a script.
    pub fn note_script_use(&mut self, name: &ScriptName) {
        self.state.scripts.note_use(name);
    }

    /// Lets scripts go that `script-cache-bytes` has no room for any more.
    pub fn fit_scripts(&mut self) {
        let limit = self.state.script_limit();
        let gone = self.state.scripts.fit(limit);
        self.note_gone_scripts(&gone);
    }

    fn note_gone_scripts(&mut self, gone: &[ScriptName]) {
        gone.iter().for_each(|name| self.note(name));
        self.effects.evicted_scripts += gone.len() as u64;
    }
}
