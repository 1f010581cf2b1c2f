//! Where a node listens, and where others find it.

use crate::config::Settings;
use crate::error::Fatal;
use crate::sys::env::{Env, Listener};

/// The two ports of a node, bound before anything else is done: a taken port is found at once.
pub struct Ports {
    /// For clients.
    pub clients: Box<dyn Listener>,
    /// For peers.
    pub peers: Box<dyn Listener>,
}

impl Ports {
    /// Binds both.
    ///
    /// # Errors
    /// A port is taken, or there is no port number for the peers.
    pub async fn bind(env: &Env, settings: &Settings) -> Result<Self, Fatal> {
        let bind = |port, what: &'static str| async move {
            env.net.bind(&settings.bind, port).await.map_err(|error| {
                Fatal(format!(
                    "cannot listen on {}:{port} for {what}: {error}; is another process there? Choose another --{}",
                    settings.bind,
                    if what == "clients" { "port" } else { "peer-port" }
                ))
            })
        };
        let clients = bind(settings.port, "clients").await?;
        let peer_port = match settings.peer_port {
            0 if settings.port == 0 => 0,
            0 => clients.port().checked_add(10_000).ok_or_else(|| {
                Fatal("the peer port would be port + 10000, above 65535: choose one with --peer-port".into())
            })?,
            port => port,
        };
        Ok(Self { clients, peers: bind(peer_port, "peers").await? })
    }
}

/// Where others find this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addresses {
    /// `host:port` of its peer port.
    pub peer: String,
    /// `host:port` of its client port.
    pub client: String,
}

impl Addresses {
    /// Of the bound ports.
    ///
    /// # Errors
    /// Others have to reach this node, and nothing says by which host.
    pub fn of(settings: &Settings, ports: &Ports) -> Result<Self, Fatal> {
        let host = advertised_host(settings)?;
        Ok(Self { peer: format!("{host}:{}", ports.peers.port()), client: format!("{host}:{}", ports.clients.port()) })
    }
}

/// The host by which others reach this node.
///
/// # Errors
/// Others have to, and nothing says by which.
fn advertised_host(settings: &Settings) -> Result<String, Fatal> {
    match &settings.advertise {
        Some(host) => Ok(host.clone()),
        None if matches!(settings.bind.as_str(), "0.0.0.0" | "::" | "*") => {
            if settings.join.is_some() || settings.must_join {
                return Err(Fatal(format!(
                    "with bind {} the other nodes cannot know where this one is: --advertise host says it",
                    settings.bind
                )));
            }
            Ok("127.0.0.1".into())
        }
        None => Ok(settings.bind.clone()),
    }
}
