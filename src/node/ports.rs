//! Where a node listens, and where others find it.

use crate::config::{Address, Settings};
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
    /// False if nothing says by which host others reach this node: then these are for the node itself, which is alone.
    pub is_for_others: bool,
}

/// The host of a node that nothing says another one of.
const OWN_HOST: &str = "127.0.0.1";

impl Addresses {
    /// Of the bound ports.
    ///
    /// # Errors
    /// Others have to reach this node, and nothing says by which host.
    pub fn of(settings: &Settings, ports: &Ports) -> Result<Self, Fatal> {
        let host = settings.host_for_others();
        if host.is_none() && (settings.join.is_some() || settings.must_join) {
            return Err(Fatal(format!(
                "with bind {} the other nodes cannot know where this one is: --advertise host says it",
                settings.bind
            )));
        }
        let at = |port| Address::at(host.unwrap_or(OWN_HOST), port).map(|address| address.to_string());
        let none = || Fatal("a port that was bound is 0".into());
        Ok(Self {
            peer: at(ports.peers.port()).ok_or_else(none)?,
            client: at(ports.clients.port()).ok_or_else(none)?,
            is_for_others: host.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::env::Tcp;

    async fn of(bind: &str, advertise: Option<&str>, must_join: bool) -> Result<(String, bool), String> {
        let (clocks, net) = (std::sync::Arc::new(crate::sys::clock::SystemClocks), std::sync::Arc::new(Tcp));
        let env = Env {
            clocks,
            net,
            random: std::sync::Arc::new(|| 7),
            threads: false,
            level: 1,
            spikes: std::sync::Arc::default(),
            memory: crate::sys::memory::used_bytes,
        };
        let any = Settings { port: 0, ..Settings::default() };
        let ports = Ports::bind(&env, &any).await.unwrap();
        let advertise = advertise.map(Into::into);
        let settings = Settings { bind: bind.into(), advertise, must_join, ..any };
        let addrs = Addresses::of(&settings, &ports).map_err(|why| why.to_string())?;
        let host = addrs.client.strip_suffix(&format!(":{}", ports.clients.port())).unwrap();
        assert_eq!(addrs.peer, format!("{host}:{}", ports.peers.port()));
        Ok((host.to_owned(), addrs.is_for_others))
    }

    #[tokio::test]
    async fn others_find_a_node_by_what_it_advertises_or_is_bound_to() {
        for (bind, advertise, host) in [
            ("10.0.0.1", None, "10.0.0.1"),
            ("2001:db8::1", None, "[2001:db8::1]"),
            ("0.0.0.0", Some("n1"), "n1"),
            ("::", Some("2001:db8::1"), "[2001:db8::1]"),
            ("10.0.0.1", Some("[2001:db8::1]"), "[2001:db8::1]"),
        ] {
            for must_join in [false, true] {
                assert_eq!(of(bind, advertise, must_join).await, Ok((host.into(), true)), "{bind} {advertise:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_node_that_others_cannot_find_joins_nobody() {
        for bind in ["0.0.0.0", "::", "0:0::0", "::ffff:0.0.0.0", "*", "0", "fe80::1%eth0"] {
            assert_eq!(of(bind, None, false).await, Ok(("127.0.0.1".into(), false)), "{bind}");
            let why = of(bind, None, true).await.unwrap_err();
            assert!(why.contains("--advertise host"), "{why}");
        }
    }
}
