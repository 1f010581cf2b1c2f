//! What the origin of a batch reads between its writes. It changes neither state nor digest.

use crate::executor::{Command, Exec, Slot, StepReply, Watch, run_read};
use crate::protocol::Reply;
use crate::store::{Effects, Horizon, Rng, State, View};

pub(super) fn read(state: &State, command: &Command, index: u64, position: u64, effects: &mut Effects) -> Reply {
    let horizon = Horizon { applied_ms: state.now_ms(), estimate_ms: state.now_ms() };
    let mut view = View::new(state, command.db.into(), horizon, Rng::of_command(index, position ^ (1 << 63)))
        .read_by(command.reader)
        .logged(command.calls.clone())
        .in_cluster(command.in_cluster)
        .acting(state.acting(command.user.as_deref()));
    if effects.no_touch {
        view = view.without_touch();
    }
    let reply = run_read(command.spec, &view, &command.args).into();
    effects.count(view.take_tally());
    reply
}

/// A transaction without writes that stands between the writes of its group.
pub(super) fn read_exec(state: &State, exec: &Exec, index: u64, position: u64, effects: &mut Effects) -> StepReply {
    if !unchanged(state, &exec.watches) {
        return Reply::NilArray.into();
    }
    let mut slots = Vec::with_capacity(exec.commands.len());
    for (command, place) in exec.commands.iter().zip(1u64..) {
        slots.push(read_in_exec(state, command, index, position ^ (place << 32), effects));
    }
    StepReply::Exec(slots)
}

/// What of a transaction is no write: a read, or a session command, which is the connection's.
pub(super) fn read_in_exec(state: &State, command: &Command, index: u64, position: u64, effects: &mut Effects) -> Slot {
    if command.spec.is_session() {
        return Slot::Session(Box::new(command.clone()));
    }
    Slot::Reply(read(state, command, index, position, effects))
}

/// True if every watched key is as WATCH saw it, and has been all the time.
pub fn unchanged(state: &State, watches: &[Watch]) -> bool {
    let horizon = Horizon { applied_ms: state.now_ms(), estimate_ms: state.now_ms() };
    watches
        .iter()
        .all(|watch| View::new(state, watch.db.into(), horizon, Rng::new(0)).is_as_watched(&watch.key, watch.mark))
}
