//! turmoil's network behind the node's seam.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use lockstep::sys::env::{BoxStream, ByteStream, Listener, Net};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The network of the host that asks.
pub struct SimNet;

struct SimStream(TcpStream);

struct SimListener(TcpListener);

impl Net for SimNet {
    fn connect<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<BoxStream>> {
        Box::pin(async move {
            let (host, port) = addr.rsplit_once(':').ok_or(io::ErrorKind::InvalidInput)?;
            let port: u16 = port.parse().map_err(io::Error::other)?;
            let stream = TcpStream::connect((host, port)).await?;
            Ok(Box::new(SimStream(stream)) as BoxStream)
        })
    }

    fn bind<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let listener = TcpListener::bind((host, port)).await?;
            Ok(Box::new(SimListener(listener)) as Box<dyn Listener>)
        })
    }
}

impl Listener for SimListener {
    fn accept(&self) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            let (stream, _) = self.0.accept().await?;
            Ok(Box::new(SimStream(stream)) as BoxStream)
        })
    }

    fn port(&self) -> u16 {
        self.0.local_addr().map(|addr| addr.port()).unwrap_or_default()
    }
}

impl ByteStream for SimStream {
    fn peer_addr(&self) -> String {
        self.0.peer_addr().map(|addr| addr.to_string()).unwrap_or_default()
    }

    fn local_addr(&self) -> String {
        self.0.local_addr().map(|addr| addr.to_string()).unwrap_or_default()
    }

    fn set_keepalive(&self, _seconds: u64) {}
}

impl AsyncRead for SimStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for SimStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
