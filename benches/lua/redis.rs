//! The redis-server that this benchmark starts, and what its scripts take.

use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server on a socket of its own, until it is dropped.
pub struct Redis {
    child: Child,
    socket: BufReader<UnixStream>,
    _dir: tempfile::TempDir,
}

impl Redis {
    pub fn start() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("socket");
        let mut child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&path)
            .arg("--dir")
            .arg(dir.path())
            .stdout(Stdio::null())
            .spawn()?;
        for _ in 0..500 {
            if let Ok(socket) = UnixStream::connect(&path) {
                return Ok(Self { child, socket: BufReader::new(socket), _dir: dir });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        _ = child.kill();
        _ = child.wait();
        Err(Error::other("it does not listen"))
    }

    /// Loads a script: its name.
    pub fn load(&mut self, source: &str) -> String {
        self.call(&["SCRIPT", "LOAD", source])
    }

    /// The CPU time that the server takes for so many runs.
    pub fn time(&mut self, sha: &str, count: u64) -> Duration {
        let before = self.on_cpu();
        for _ in 0..count {
            let answer = self.call(&["EVALSHA", sha, "0"]);
            assert!(answer.parse::<i64>().is_ok(), "{answer}");
        }
        self.on_cpu() - before
    }

    /// What its main thread has had.
    fn on_cpu(&self) -> Duration {
        let text = std::fs::read_to_string(format!("/proc/{}/schedstat", self.child.id())).unwrap();
        Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
    }

    fn call(&mut self, args: &[&str]) -> String {
        let mut request = format!("*{}\r\n", args.len());
        args.iter().for_each(|arg| request += &format!("${}\r\n{arg}\r\n", arg.len()));
        self.socket.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        self.socket.read_line(&mut line).unwrap();
        let text = line.trim_end();
        match text.strip_prefix('$') {
            Some(len) => {
                let mut bulk = vec![0; len.parse::<usize>().unwrap() + 2];
                self.socket.read_exact(&mut bulk).unwrap();
                String::from_utf8(bulk).unwrap().trim_end().to_owned()
            }
            None => text.trim_start_matches([':', '+']).to_owned(),
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
