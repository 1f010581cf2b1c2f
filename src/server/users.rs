//! Who a connection is, and what that user may.
//!
//! Invariants
//! - Each command that a connection sends is judged by the users as they were applied here when it passed the gate, a transaction's once
//!   more with its EXEC. One that passed before a change of users may still run behind it; a script's calls are judged where it runs, by the
//!   users of the state there (`executor/script/host.rs`), so on every node alike.
//! - While the users are the same, a connection's user is not looked up: one number is compared.
//! - The connection of a user who is gone, or was made anew under the same name, is closed; so is one that listens to a channel which its
//!   user may no longer use. A connection shows its user to others before it looks whether the users have changed meanwhile, and
//!   [`watch_users`] looks at all connections after a change is shown: so none is missed.
//! - Whom a node has let in while it knew the users only in part (before it has applied its own log) has to be admitted by those that it
//!   finds then, by the same password.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::Server;
use super::acl_log::DeniedNow;
use crate::command::access::{Refusal, ask, inner, may_listen, no_permission, permissions, reads_any_key};
use crate::command::admin::{BEGIN_USERS, begin_args, parse_file};
use crate::command::connection::line;
use crate::command::context::{AclEntry, Acting, Client, Session, UsersHere};
use crate::command::{COMMANDS, Caller, Flags, Spec, check};
use crate::config::Settings;
use crate::error::{Fatal, ReplyError};
use crate::protocol::Args;
use crate::store::{DEFAULT_USER, Denied, Users};
use crate::sys::disk;

/// The feature level since which users are part of the state, and an entry says whose a script is.
const USERS_LEVEL: u32 = 3;
/// Between two tries to make the users of a file those of the cluster.
const BEGIN_PAUSE: Duration = Duration::from_millis(200);

/// The users that a node's options give: who they are while the cluster has none.
///
/// # Errors
/// The file of users cannot be read, or is none.
pub fn users_of(settings: &Settings) -> Result<Users, Fatal> {
    let mut users = Users::of_password(&settings.requirepass);
    if settings.aclfile.is_empty() {
        return Ok(users);
    }
    let path = &settings.aclfile;
    let text = std::fs::read(path).map_err(|error| Fatal(format!("aclfile {path} cannot be read: {error}")))?;
    let names = crate::command::access::Names(COMMANDS);
    let given = parse_file(path, &text, false, &names)
        .map_err(|why| Fatal(format!("aclfile: {}", String::from_utf8_lossy(&why))))?;
    given.iter().for_each(|user| users.put_own((**user).clone()));
    Ok(users)
}

/// Makes the users of this node's file those of the cluster, if it has none; returns when it has some.
pub async fn begin_users(server: Arc<Server>) {
    if server.settings().aclfile.is_empty() {
        return;
    }
    loop {
        let is_ready = server.router.is_recovered() && server.router.level() >= USERS_LEVEL;
        match server.own_users().filter(|_| is_ready) {
            Some(own) => drop(server.router.execute(&BEGIN_USERS, begin_args(&own)).await),
            None if is_ready => return,
            None => {}
        }
        tokio::time::sleep(BEGIN_PAUSE).await;
    }
}

/// Closes connections whose user has gone, or may no longer listen to what they are subscribed to, until the future is dropped.
pub async fn watch_users(server: Arc<Server>) {
    let Some(executor) = server.router.executor().cloned() else { return };
    loop {
        executor.users.changed().await;
        let users = server.users();
        for client in server.clients.list() {
            let (name, id) = client.shown.lock().user.clone();
            let user = users.get(&name).filter(|user| id == 0 || user.id == id);
            let is_kept = user.is_some_and(|user| {
                let permissions = permissions(user, COMMANDS);
                executor.hub.names(client.id).iter().all(|(kind, name)| may_listen(&permissions, *kind, name))
            });
            if !is_kept {
                client.kill();
            }
        }
    }
}

impl Server {
    /// Looks the connection's user up again if the users have changed. False: it is closed.
    pub(super) fn look_up_user(&self, session: &mut Session) -> bool {
        let seen = self.users_seen();
        if session.acting.seen == seen {
            return true;
        }
        let users = self.users();
        let acting = &session.acting;
        let present = users.get(&acting.permissions.user);
        let next = if !acting.is_authenticated {
            Some(self.newcomer())
        } else if acting.is_certain() {
            // A node's own user becomes that of the cluster by its name.
            let same = present.filter(|user| acting.permissions.id == 0 || user.id == acting.permissions.id);
            same.map(|user| Acting { permissions: permissions(user, COMMANDS), seen, ..acting.clone() })
        } else {
            let admitted = present.filter(|user| match &acting.proof {
                Some(proof) => user.admits_hash(proof),
                None => user.is_enabled && user.needs_no_password,
            });
            let again =
                admitted.map(|user| Acting { permissions: permissions(user, COMMANDS), seen, ..acting.clone() });
            Some(again.unwrap_or_else(|| self.newcomer()))
        };
        match next {
            Some(acting) => session.act(acting),
            None => session.client.kill(),
        }
        !session.client.is_killed()
    }

    /// Looks again at what a connection listens to, if the users have changed since the command that did it passed the gate.
    pub(super) fn look_at_subscriptions(&self, session: &mut Session) {
        if session.acting.seen == self.users_seen() || !self.look_up_user(session) {
            return;
        }
        let Some(executor) = self.router.executor() else { return };
        let permissions = &session.acting.permissions;
        let names = executor.hub.names(session.client.id);
        if !names.iter().all(|(kind, name)| may_listen(permissions, *kind, name)) {
            session.client.kill();
        }
    }

    /// Refuses a command that the connection's user may not run.
    pub(super) fn permit(&self, session: &Session, spec: &'static Spec, args: &Args) -> Result<(), ReplyError> {
        let permissions = &session.acting.permissions;
        if permissions.is_unrestricted {
            return Ok(());
        }
        let context = if session.multi.is_some() { "multi" } else { "toplevel" };
        let judged = self.judge(session, spec, args);
        judged.map_err(|(spec, args, refusal)| {
            self.note_refusal(session, context, spec, &args, refusal);
            no_permission(permissions, spec, &args, refusal)
        })
    }

    /// The same of a command that EXEC is about to run: in the words for that.
    pub(super) fn permit_in_exec(&self, session: &Session, spec: &'static Spec, args: &Args) -> Result<(), ReplyError> {
        if session.acting.permissions.is_unrestricted {
            return Ok(());
        }
        self.judge(session, spec, args).map_err(|(spec, args, refusal)| {
            self.note_refusal(session, "multi", spec, &args, refusal);
            let why = match refusal.what {
                Denied::Key => "no permission to touch the specified keys",
                Denied::Channel => "no permission to access one of the channels used as arguments to the command",
                Denied::Command | Denied::Auth => "no permission to execute the command",
            };
            ReplyError::text(format!(
                "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no \
                 longer allowed for the following reason: {why}"
            ))
        })?;
        self.permit_patterns(session, spec, args)
    }

    /// Refuses a command whose arguments lead to keys that they do not name, if the user may not read all.
    pub(super) fn permit_patterns(
        &self,
        session: &Session,
        spec: &'static Spec,
        args: &Args,
    ) -> Result<(), ReplyError> {
        let permissions = &session.acting.permissions;
        if permissions.is_unrestricted {
            return Ok(());
        }
        each(spec, args, |spec, args| {
            let refused = spec.reads_any.filter(|_| !reads_any_key(permissions, COMMANDS, spec, args));
            refused.and_then(|refuse| refuse(args)).map_or(Ok(()), Err)
        })
    }

    /// The name that a script of this connection runs under; None: its user may everything.
    pub(super) fn script_user(session: &Session) -> Option<&Bytes> {
        Some(&session.acting.permissions).filter(|user| !user.is_unrestricted).map(|user| &user.user)
    }

    fn judge(&self, session: &Session, spec: &'static Spec, args: &Args) -> Result<(), (&'static Spec, Args, Refusal)> {
        let permissions = &session.acting.permissions;
        // No entry would say whose the script is.
        let is_too_early = self.router.level() < USERS_LEVEL;
        each(spec, args, |spec, args| match ask(permissions, COMMANDS, spec, args) {
            Ok(()) if is_too_early && spec.flags.contains(Flags::SCRIPT) => {
                Err((spec, args.clone(), Refusal { what: Denied::Command, at: 0 }))
            }
            asked => asked.map_err(|refusal| (spec, args.clone(), refusal)),
        })
    }

    fn note_refusal(&self, session: &Session, context: &'static str, spec: &Spec, args: &Args, refusal: Refusal) {
        let object = match refusal.what {
            Denied::Command | Denied::Auth => spec.name.as_bytes(),
            Denied::Key | Denied::Channel => args.arg(refusal.at),
        };
        self.deny(&session.client, context, refusal.what, object, &session.acting.permissions.user);
    }

    /// Notes what scripts of this node's clients were denied; `client` is one of those.
    pub(super) fn note_script_denials(&self, client: &Client) {
        let Some(executor) = self.router.executor() else { return };
        for denial in executor.key_stats.take_denials() {
            self.deny(client, "lua", denial.what, &denial.object, &denial.user);
        }
    }
}

/// Asks of a command, and of those inside it.
fn each<E>(
    spec: &'static Spec,
    args: &Args,
    mut ask: impl FnMut(&'static Spec, &Args) -> Result<(), E>,
) -> Result<(), E> {
    ask(spec, args)?;
    let mut next = inner(spec, args);
    while let Some(args) = next {
        // One that is wrong is refused for that.
        let Ok(spec) = check(Caller::Client, &args) else { break };
        ask(spec, &args)?;
        next = inner(spec, &args);
    }
    Ok(())
}

impl UsersHere for Server {
    fn users(&self) -> Arc<Users> {
        let of_state = self.router.executor().filter(|executor| executor.users.version() > 0);
        of_state.map_or_else(|| self.node_users.clone(), |executor| executor.users.users())
    }

    fn users_seen(&self) -> u64 {
        let version = self.router.executor().map_or(0, |executor| executor.users.version());
        version * 2 + u64::from(self.router.is_recovered())
    }

    fn own_users(&self) -> Option<Arc<Users>> {
        let is_set = self.router.executor().is_some_and(|executor| executor.users.version() > 0);
        (!is_set).then(|| self.node_users.clone())
    }

    fn opens_channels(&self) -> bool {
        self.router.executor().is_some_and(|executor| executor.opens_channels())
    }

    fn newcomer(&self) -> Acting {
        let seen = self.users_seen();
        let users = self.users();
        let Some(user) = users.get(DEFAULT_USER.as_bytes()) else { return Acting { seen, ..Acting::default() } };
        let is_authenticated = user.is_enabled && user.needs_no_password;
        Acting { permissions: permissions(user, COMMANDS), is_authenticated, seen, proof: None }
    }

    fn deny(&self, client: &Client, context: &'static str, what: Denied, object: &[u8], user: &[u8]) {
        let now_ms = self.env.clocks.wall_ms();
        let client = line(client, now_ms, false).into();
        self.acl_log.note(DeniedNow { what, context, object, user, now_ms, client });
    }

    fn acl_log(&self, count: usize) -> Vec<AclEntry> {
        self.acl_log.newest(count)
    }

    fn clear_acl_log(&self) {
        self.acl_log.clear();
    }

    fn random(&self) -> u64 {
        self.env.random()
    }

    fn read_file(&self, path: String) -> BoxFuture<'_, Result<Vec<u8>, String>> {
        Box::pin(self.env.heavy(move || std::fs::read(path).map_err(|error| error.to_string())))
    }

    fn write_file(&self, path: String, bytes: Vec<u8>) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(self.env.heavy(move || disk::replace(Path::new(&path), &bytes).map_err(|error| error.to_string())))
    }
}
