//! The replicated state, through the log and the gate.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::command::Spec;
use crate::command::context::{Client, Data, DatabaseFacts, Subscribed, Tracked, TrackingFigures, Transaction, Watch};
use crate::command::pubsub::hold_args;
use crate::error::ReplyError;
use crate::executor::Asker;
use crate::executor::apply::unchanged;
use crate::protocol::{Args, Reply};
use crate::server::Server;
use crate::store::{DATABASES, SubscriptionKind};

impl Data for Server {
    fn execute(&self, spec: &'static Spec, args: Args) -> BoxFuture<'_, Reply> {
        Box::pin(self.router.execute(spec, args))
    }

    fn execute_on(&self, db: usize, spec: &'static Spec, args: Args) -> BoxFuture<'_, Reply> {
        Box::pin(self.router.execute_on(db, spec, args))
    }

    fn transact(&self, db: usize, transaction: Transaction) -> BoxFuture<'_, Reply> {
        Box::pin(self.router.transact(db, transaction))
    }

    fn watch(&self, keys: Vec<Watch>) -> BoxFuture<'_, Result<Vec<Watch>, ReplyError>> {
        Box::pin(async { self.group()?.watch(keys).await })
    }

    fn have_changed(&self, watched: Vec<Arc<[Watch]>>) -> BoxFuture<'_, Vec<bool>> {
        Box::pin(async move {
            let is_any = watched.iter().any(|marks| !marks.is_empty());
            let Some(executor) = self.router.executor().filter(|_| is_any) else { return vec![false; watched.len()] };
            let state = executor.gate.read().await;
            watched.iter().map(|marks| !unchanged(&state, marks)).collect()
        })
    }

    fn databases(&self) -> BoxFuture<'_, Vec<DatabaseFacts>> {
        Box::pin(async {
            let Ok(executor) = self.executor() else { return Vec::new() };
            let state = executor.gate.read().await;
            let now_ms = executor.clock.estimate_ms();
            let databases = (0..DATABASES).map(|index| (index, state.db(index))).filter(|(_, db)| !db.is_empty());
            let facts = databases.map(|(index, db)| DatabaseFacts {
                index,
                keys: db.len(),
                expires: db.volatile_len(),
                average_ttl_ms: db.average_ttl_ms(now_ms),
                timed_hashes: db.timed_hashes_len(),
            });
            facts.collect()
        })
    }

    fn scripts(&self) -> BoxFuture<'_, (usize, usize)> {
        Box::pin(async {
            let Ok(executor) = self.executor() else { return (0, 0) };
            let state = executor.gate.read().await;
            (state.scripts.len(), state.scripts.bytes())
        })
    }

    fn libraries(&self) -> BoxFuture<'_, (usize, usize, usize)> {
        Box::pin(async {
            let Ok(executor) = self.executor() else { return (0, 0, 0) };
            let state = executor.gate.read().await;
            let libraries = &state.libraries;
            let bytes = libraries.iter().map(|library| library.name.len() + library.code.len()).sum();
            (libraries.iter().len(), libraries.function_count(), bytes)
        })
    }

    fn end_subscriptions(&self, connection: u64, number: u64) -> BoxFuture<'_, Reply> {
        if let Some(executor) = self.router.executor() {
            executor.hub.end_subscriptions(connection);
        }
        Box::pin(self.router.hold(Asker::new(connection, number), hold_args(&Subscribed::default())))
    }

    fn leave(&self, connection: u64, number: u64) -> BoxFuture<'_, Reply> {
        Box::pin(async move {
            let reply = self.router.left(Asker::new(connection, number)).await;
            if let Some(executor) = self.router.executor().filter(|_| !reply.is_error()) {
                executor.hub.unbind(connection);
            }
            reply
        })
    }

    fn track(&self, client: &Arc<Client>, tracked: Option<Tracked>) -> bool {
        let Some(executor) = self.router.executor() else { return false };
        let redirect = tracked.as_ref().map_or(0, |tracked| tracked.redirect);
        if redirect != 0 {
            let Some(target) = self.clients.get(redirect) else { return false };
            executor.hub.open(&target);
            target.call();
            if self.clients.get(redirect).is_none() {
                // It went meanwhile, perhaps before there was anything that its end could close.
                executor.hub.close(redirect);
            }
        }
        executor.hub.track(client, tracked);
        true
    }

    fn tracking_figures(&self) -> TrackingFigures {
        self.router.executor().map_or_else(TrackingFigures::default, |executor| executor.hub.tracking_figures())
    }

    fn notify_of_locks(&self, client: &Arc<Client>, is_notified: bool) {
        if let Some(executor) = self.router.executor() {
            executor.hub.notify(client, is_notified);
        }
    }

    fn monitor(&self, client: &Arc<Client>, is_monitoring: bool) -> Result<(), ReplyError> {
        let executor = self.executor()?;
        match is_monitoring {
            true => executor.monitors.add(client.id, executor.hub.open(client)),
            false => executor.monitors.remove(client.id),
        }
        Ok(())
    }

    fn subscriptions(&self) -> BoxFuture<'_, [usize; SubscriptionKind::ALL.len()]> {
        Box::pin(async {
            let Ok(executor) = self.executor() else { return Default::default() };
            let state = executor.gate.read().await;
            SubscriptionKind::ALL.map(|kind| state.subscriptions().len(kind))
        })
    }

    fn waited_keys(&self) -> BoxFuture<'_, (usize, usize)> {
        Box::pin(async {
            let Ok(executor) = self.executor() else { return Default::default() };
            executor.gate.read().await.waiters().key_counts()
        })
    }

    fn stop_scripts(&self, functions: bool) -> Result<(), ReplyError> {
        self.executor()?.running.stop(functions)
    }

    fn running_function(&self) -> Option<(Args, u64)> {
        self.router.executor()?.running.function()
    }

    fn digest(&self) -> BoxFuture<'_, Result<(u64, u64), ReplyError>> {
        Box::pin(async {
            let (group, executor) = (self.group()?, self.executor()?);
            let state = executor.gate.read().await;
            Ok((group.applied().index, state.digest.value()))
        })
    }
}
