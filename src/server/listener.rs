//! Accepts clients.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;

use super::{Server, Stats, connection};
use crate::command::context::Client;
use crate::sys::env::{BoxStream, Listener};

/// Accepts clients until the future is dropped.
pub async fn listen(server: Arc<Server>, listener: Box<dyn Listener>) {
    server.port.store(listener.port(), std::sync::atomic::Ordering::Relaxed);
    loop {
        match listener.accept().await {
            Ok(stream) => admit(&server, stream),
            Err(error) => {
                // Out of file descriptors, most likely: the clients that are here go on.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// While the node waits to be called into a cluster, whoever has been here longest gives way: strangers that only stay must not keep out
/// the member that calls.
fn make_place(server: &Server) -> bool {
    let oldest = if server.invitations.are_awaited() { server.clients.oldest() } else { None };
    if let Some(client) = &oldest {
        // Its task ends soon; its place is free at once.
        server.clients.remove(client.id);
        client.kill();
    }
    oldest.is_some()
}

fn admit(server: &Arc<Server>, mut stream: BoxStream) {
    let settings = server.settings();
    Stats::add(&server.stats.connections, 1);
    if server.clients.len() >= settings.maxclients && !make_place(server) {
        Stats::add(&server.stats.rejected_connections, 1);
        crate::replication::spawn(async move {
            // Told and closed, as Redis does; a client that does not read it loses nothing.
            let _ = stream.write_all(b"-ERR max number of clients reached\r\n").await;
            let _ = stream.shutdown().await;
        });
        return;
    }
    stream.set_keepalive(settings.tcp_keepalive_s);
    let client = Arc::new(Client::new(
        server.next_client_id(),
        stream.peer_addr(),
        stream.local_addr(),
        server.env.clocks.wall_ms(),
    ));
    server.clients.insert(client.clone());
    let server = server.clone();
    crate::replication::spawn(async move {
        connection::serve(&server, stream, client.clone()).await;
        server.clients.remove(client.id);
    });
}
