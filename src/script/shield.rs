//! Which tables of a sandbox are read-only.

use std::cell::{OnceCell, RefCell};

use mlua::{Function, Lua, Table, Value};

use super::raise::{Raise, message};

const READONLY: &str = "Attempt to modify a readonly table";

/// Which tables are read-only, and what stands behind them.
#[derive(Debug, Default)]
pub struct Shield {
    pub(super) shown: RefCell<Vec<(Table, Table)>>,
    pub(super) next: OnceCell<Function>,
    pub(super) env: OnceCell<Table>,
    pub(super) env_meta: OnceCell<Table>,
    pub(super) string_meta: OnceCell<Table>,
}

impl Shield {
    /// The table that a script sees in place of `real`.
    pub(super) fn cover(&self, lua: &Lua, real: Table) -> mlua::Result<Table> {
        let (shown, meta) = (lua.create_table()?, lua.create_table()?);
        meta.raw_set("__index", &real)?;
        let refuse = |lua: &Lua, _: mlua::MultiValue| Err::<(), _>(message(lua, READONLY));
        meta.raw_set("__newindex", lua.create_function(refuse)?)?;
        shown.set_metatable(Some(meta))?;
        self.shown.borrow_mut().push((shown.clone(), real));
        Ok(shown)
    }

    /// What stands behind a read-only table.
    pub fn real_of(&self, table: &Table) -> Option<Table> {
        let address = table.to_pointer();
        self.shown.borrow().iter().find(|(shown, _)| shown.to_pointer() == address).map(|(_, real)| real.clone())
    }

    /// Refuses to change a read-only table.
    ///
    /// # Errors
    /// Redis's text, without a position, as its functions raise it.
    pub fn refuse(&self, table: &Table) -> mlua::Result<()> {
        match self.real_of(table) {
            Some(_) => Err(Raise::Message(READONLY.into()).into()),
            None => Ok(()),
        }
    }

    /// What `getmetatable` shows of a read-only table: something for `_G`, nothing for libraries, as Redis.
    pub fn meta_of(&self, table: &Table) -> Value {
        match (self.env.get(), self.env_meta.get()) {
            (Some(env), Some(meta)) if env.to_pointer() == table.to_pointer() => Value::Table(meta.clone()),
            _ => Value::Nil,
        }
    }

    /// What `getmetatable` shows of a string.
    pub fn string_meta(&self) -> Table {
        self.string_meta.get().cloned().unwrap_or_else(|| self.env())
    }

    /// What scripts see as `_G`.
    #[expect(clippy::expect_used, reason = "set when the sandbox is built, before any script runs")]
    pub fn env(&self) -> Table {
        self.env.get().expect("the sandbox is complete").clone()
    }

    /// Our `next`.
    pub fn next(&self) -> Option<Function> {
        self.next.get().cloned()
    }
}
