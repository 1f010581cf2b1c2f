//! turmoil's network behind the node's seam.
//!
//! Invariant: in which order the connections of a process that is killed break depends on the run alone. (The tasks that hold them end in an
//! order that tokio makes of numbers which all runs of one test program share.)

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::mem::take;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use lockstep::sys::env::{BoxStream, ByteStream, Listener, Net};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

thread_local! {
    /// Machines that run and on which no node does, of this simulation, which has one thread: they refuse connections. (To turmoil they are
    /// machines without power.)
    static REFUSING: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Says whether a machine refuses connections.
pub fn set_refusing(machine: &str, refuses: bool) {
    REFUSING.with_borrow_mut(
        |machines| if refuses { machines.insert(machine.to_owned()) } else { machines.remove(machine) },
    );
}

/// The connections of a machine.
#[derive(Default)]
pub struct Streams {
    opened: AtomicU64,
    is_killed: AtomicBool,
    /// Those of a process that is killed, by the order in which they were opened.
    left: Mutex<Vec<(u64, TcpStream)>>,
}

impl Streams {
    /// The process is about to be killed: its connections break when its [`Process`] is dropped.
    pub fn kill(&self) {
        self.is_killed.store(true, Ordering::Relaxed);
    }

    fn own(self: &Arc<Self>, stream: TcpStream) -> BoxStream {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        Box::new(SimStream { stream: Some(stream), number, streams: self.clone() })
    }
}

/// A process of the machine, whose tasks have ended when this is dropped.
pub struct Process(Arc<Streams>);

impl Process {
    /// A new one.
    pub fn new(streams: &Arc<Streams>) -> Self {
        streams.is_killed.store(false, Ordering::Relaxed);
        streams.left.lock().clear();
        Self(streams.clone())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut left = take(&mut *self.0.left.lock());
        left.sort_by_key(|(number, _)| *number);
        for (_, stream) in left {
            drop(stream);
        }
    }
}

/// The network of the host that asks.
pub struct SimNet(pub Arc<Streams>);

struct SimStream {
    /// None only while it is dropped.
    stream: Option<TcpStream>,
    number: u64,
    streams: Arc<Streams>,
}

impl SimStream {
    fn get(&self) -> &TcpStream {
        self.stream.as_ref().expect("it is there until it is dropped")
    }

    fn pinned(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.stream.as_mut().expect("it is there until it is dropped"))
    }
}

impl Drop for SimStream {
    fn drop(&mut self) {
        if self.streams.is_killed.load(Ordering::Relaxed) {
            self.streams.left.lock().extend(self.stream.take().map(|stream| (self.number, stream)));
        }
    }
}

struct SimListener {
    listener: TcpListener,
    streams: Arc<Streams>,
}

impl Net for SimNet {
    fn connect<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<BoxStream>> {
        Box::pin(async move {
            let (host, port) = addr.rsplit_once(':').ok_or(io::ErrorKind::InvalidInput)?;
            let port: u16 = port.parse().map_err(io::Error::other)?;
            if REFUSING.with_borrow(|machines| machines.contains(host)) {
                // There and back.
                tokio::time::sleep(Duration::from_millis(2)).await;
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let stream = TcpStream::connect((host, port)).await?;
            Ok(self.0.own(stream))
        })
    }

    fn bind<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let listener = TcpListener::bind((host, port)).await?;
            Ok(Box::new(SimListener { listener, streams: self.0.clone() }) as Box<dyn Listener>)
        })
    }
}

impl Listener for SimListener {
    fn accept(&self) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            let (stream, _) = self.listener.accept().await?;
            Ok(self.streams.own(stream))
        })
    }

    fn port(&self) -> u16 {
        self.listener.local_addr().map(|addr| addr.port()).unwrap_or_default()
    }
}

impl ByteStream for SimStream {
    fn peer_addr(&self) -> String {
        self.get().peer_addr().map(|addr| addr.to_string()).unwrap_or_default()
    }

    fn local_addr(&self) -> String {
        self.get().local_addr().map(|addr| addr.to_string()).unwrap_or_default()
    }

    fn set_keepalive(&self, _seconds: u64) {}
}

impl AsyncRead for SimStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_read(cx, buf)
    }
}

impl AsyncWrite for SimStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.pinned().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_shutdown(cx)
    }
}
