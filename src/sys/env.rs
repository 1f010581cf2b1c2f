//! The seams to the outside world: clocks, random numbers, network, threads, memory. The simulation puts its own behind them, so that
//! three nodes run in one deterministic process.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::sys::clock::Clocks;
use crate::sys::latency::Spikes;

/// A byte stream between two sockets.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// `host:port` of the other side.
    fn peer_addr(&self) -> String;
    /// `host:port` of this side.
    fn local_addr(&self) -> String;
    /// Sends TCP keep-alive probes after this many seconds of silence; 0 = none.
    fn set_keepalive(&self, seconds: u64);
}

/// A boxed stream.
pub type BoxStream = Box<dyn ByteStream>;
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A bound listening socket.
pub trait Listener: Send + Sync {
    /// The next connection.
    fn accept(&self) -> BoxFuture<'_, io::Result<BoxStream>>;
    /// The port that it is bound to.
    fn port(&self) -> u16;
}

/// The network.
pub trait Net: Send + Sync {
    /// Connects to `host:port`.
    fn connect<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<BoxStream>>;
    /// Binds a listening socket; port 0 = any free one.
    fn bind<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Box<dyn Listener>>>;
    /// Raises the limit of open files for so many clients, if it has to be; how many of them it allows.
    fn make_room(&self, clients: usize) -> usize {
        clients
    }
}

/// All seams of one node.
#[derive(Clone)]
pub struct Env {
    /// Clocks.
    pub clocks: Arc<dyn Clocks>,
    /// Network.
    pub net: Arc<dyn Net>,
    /// Random 64 bits.
    pub random: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// False in the simulation: work that would go to a thread of its own runs in place.
    pub threads: bool,
    /// The feature level that the node's binary knows: [`FEATURE_LEVEL`](crate::sys::version::FEATURE_LEVEL) but where a simulation has
    /// binaries of two versions.
    pub level: u32,
    /// What took long.
    pub spikes: Arc<Spikes>,
    /// Bytes that the process uses, by which keys give way to others.
    pub memory: fn() -> u64,
}

/// Threads for work that may take long.
pub const HEAVY_THREADS: usize = 8;
/// Those of them that clients' reads may take at a time: apply, which holds the gate meanwhile, and snapshots always find one.
const TURNS: usize = HEAVY_THREADS / 2;
/// Those of the turns that scripts may take: others always find one that no script has for all of its budget.
const SCRIPT_TURNS: usize = TURNS / 2;
static FREE_TURNS: Semaphore = Semaphore::const_new(TURNS);
static FREE_SCRIPT_TURNS: Semaphore = Semaphore::const_new(SCRIPT_TURNS);

/// A turn among the clients' reads, until it is dropped.
pub struct Turn {
    _any: Option<SemaphorePermit<'static>>,
    _script: Option<SemaphorePermit<'static>>,
}

impl Env {
    /// When something begins that may become a spike: see [`Spikes::begin`].
    pub fn begin(&self) -> Option<u64> {
        self.spikes.begin(&*self.clocks)
    }

    /// Its end.
    pub fn end(&self, event: &'static str, began_ns: Option<u64>) {
        self.spikes.end(&*self.clocks, event, began_ns);
    }

    /// Waits for a turn among the clients' reads; held while [`Self::heavy`] works for one. `is_script`: it may take all of a script's budget.
    pub async fn turn(&self, is_script: bool) -> Turn {
        // They are never closed.
        let _script = if self.threads && is_script { FREE_SCRIPT_TURNS.acquire().await.ok() } else { None };
        let _any = if self.threads { FREE_TURNS.acquire().await.ok() } else { None };
        Turn { _any, _script }
    }

    /// Runs work that may take long where nothing of Raft waits for it.
    pub async fn heavy<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        if !self.threads {
            return work();
        }
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            // A panic there is a panic here: it stops the node.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// A random number.
    pub fn random(&self) -> u64 {
        (self.random)()
    }
}

/// A timer finer than tokio's, which counts whole milliseconds.
pub struct FineTimer(Option<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>>);

impl FineTimer {
    /// A timer of the system; in the simulation, and if the system has none to give, tokio's.
    pub fn new(env: &Env) -> Self {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        if !env.threads {
            return Self(None);
        }
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags).ok();
        #[expect(deprecated, reason = "its unsafe successor asks for an fd that nobody closes: this one is owned")]
        Self(timer.and_then(|fd| tokio::io::unix::AsyncFd::new(fd).ok()))
    }

    /// Sleeps until `until`.
    pub async fn sleep_until(&self, until: tokio::time::Instant) {
        const FINE: std::time::Duration = std::time::Duration::from_millis(2);
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        let Some(timer) = self.0.as_ref().filter(|_| left < FINE) else {
            return tokio::time::sleep_until(until).await;
        };
        let value = rustix::time::Timespec { tv_sec: 0, tv_nsec: left.as_nanos().max(1) as _ };
        let once =
            rustix::time::Itimerspec { it_interval: rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        if rustix::time::timerfd_settime(timer, rustix::time::TimerfdTimerFlags::empty(), &once).is_err() {
            return tokio::time::sleep_until(until).await;
        }
        while let Ok(mut ready) = timer.readable().await {
            let mut fired = [0u8; 8];
            match ready.try_io(|fd| Ok(rustix::io::read(fd, &mut fired)?)) {
                Ok(_) => return,
                // Set anew since it fired: wait on.
                Err(_) => continue,
            }
        }
    }
}

/// The real network.
pub struct Tcp;

impl ByteStream for tokio::net::TcpStream {
    fn peer_addr(&self) -> String {
        self.peer_addr().map(|addr| addr.to_string()).unwrap_or_default()
    }

    fn local_addr(&self) -> String {
        self.local_addr().map(|addr| addr.to_string()).unwrap_or_default()
    }

    fn set_keepalive(&self, seconds: u64) {
        use rustix::net::sockopt;
        let idle = std::time::Duration::from_secs(seconds.max(1));
        let interval = std::time::Duration::from_secs((seconds / 3).max(1));
        // A socket without keep-alive still works.
        let _ = sockopt::set_socket_keepalive(self, seconds > 0);
        if seconds > 0 {
            let _ = sockopt::set_tcp_keepidle(self, idle);
            let _ = sockopt::set_tcp_keepintvl(self, interval);
            let _ = sockopt::set_tcp_keepcnt(self, 3);
        }
    }
}

impl Listener for tokio::net::TcpListener {
    fn accept(&self) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            let (stream, _) = self.accept().await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxStream)
        })
    }

    fn port(&self) -> u16 {
        self.local_addr().map(|addr| addr.port()).unwrap_or_default()
    }
}

impl Net for Tcp {
    fn connect<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<BoxStream>> {
        Box::pin(async move {
            let stream = tokio::net::TcpStream::connect(addr).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxStream)
        })
    }

    fn bind<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let listener = tokio::net::TcpListener::bind((host, port)).await?;
            Ok(Box::new(listener) as Box<dyn Listener>)
        })
    }

    fn make_room(&self, clients: usize) -> usize {
        crate::sys::descriptors::make_room(clients)
    }
}
