//! Server processes of a test: started on a free port with a directory of their own, killed when dropped.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::client::Client;
use super::ports::free_port;
use super::tempdir::TempDir;

/// How long a server may take until it answers GET.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// Ports that are tried.
const ATTEMPTS: usize = 5;
/// Bytes of a server's output that a failure shows.
const LOG_SHOWN: usize = 4_000;

/// A running server. Its output goes to `log` in its directory, the end of which is printed if the test panics.
pub struct Server {
    program: String,
    args: Vec<String>,
    child: Option<Child>,
    password: String,
    port: u16,
    dir: TempDir,
}

impl Server {
    /// One lockstep node with a new directory, and further flags.
    pub fn lockstep(flags: &[&str]) -> Self {
        Self::start(env!("CARGO_BIN_EXE_lockstep"), "lockstep", |port, dir| {
            let mut args = vec!["--port".into(), port.to_string(), "--dir".into(), dir.display().to_string()];
            args.extend(flags.iter().map(ToString::to_string));
            args
        })
    }

    /// The same under what the shell's `ulimit` is told.
    pub fn lockstep_limited(ulimit: &str, flags: &[&str]) -> Self {
        Self::lockstep_behind(&format!("ulimit {ulimit}"), flags)
    }

    /// The same by a shell that carries out `preparation` before.
    pub fn lockstep_behind(preparation: &str, flags: &[&str]) -> Self {
        Self::start("sh", "lockstep", |port, dir| {
            let script = format!("{preparation}; exec \"$0\" \"$@\"");
            let mut args = vec!["-c".into(), script, env!("CARGO_BIN_EXE_lockstep").into()];
            args.extend(["--port".into(), port.to_string(), "--dir".into(), dir.display().to_string()]);
            args.extend(flags.iter().map(ToString::to_string));
            args
        })
    }

    /// Debian's redis-server, the oracle: nothing on disk, and with the bounds that lockstep has by default.
    pub fn redis(flags: &[&str]) -> Self {
        assert!(
            Command::new("redis-server").arg("--version").output().is_ok_and(|output| output.status.success()),
            "redis-server is not installed, and these tests compare with it: apt-get install redis-server"
        );
        Self::start("redis-server", "redis", |port, dir| {
            let fixed = "--bind 127.0.0.1 --save  --appendonly no --enable-debug-command yes --loglevel warning";
            let mut args: Vec<String> = fixed.split(' ').map(Into::into).collect();
            args.extend(["--proto-max-bulk-len".into(), (64 * 1024 * 1024).to_string()]);
            args.extend(["--port".into(), port.to_string(), "--dir".into(), dir.display().to_string()]);
            args.extend(flags.iter().map(ToString::to_string));
            args
        })
    }

    fn start(program: &str, name: &str, args: impl Fn(u16, &Path) -> Vec<String>) -> Self {
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            let dir = TempDir::new(name);
            let port = free_port();
            let args = args(port, &dir.path().join("data"));
            std::fs::create_dir_all(dir.path().join("data")).expect("the directory of a server");
            let password = args.iter().position(|arg| arg == "--requirepass").and_then(|at| args.get(at + 1));
            let password = password.cloned().unwrap_or_default();
            let mut server = Self { program: program.into(), args, child: None, password, port, dir };
            match server.spawn() {
                Ok(()) => return server,
                Err(error) => last = error,
            }
        }
        panic!("{name} did not start in {ATTEMPTS} attempts: {last}");
    }

    fn spawn(&mut self) -> Result<(), String> {
        self.launch()?;
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                return Err(format!("{} ended with {status}:\n{}", self.program, self.log_end()));
            }
            // Not PING, which a node answers before it can serve; and behind AUTH, which it asks for before it can.
            let reply = self.try_client().and_then(|mut client| client.try_call(&["GET", "ready?"]));
            if reply.is_ok_and(|reply| !reply.text().is_some_and(|text| text.starts_with("LOADING"))) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{} does not answer GET:\n{}", self.program, self.log_end()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn launch(&mut self) -> Result<(), String> {
        let log = self.dir.path().join("log");
        let open = || File::options().create(true).append(true).open(&log);
        let (out, err) = (open().map_err(|e| e.to_string())?, open().map_err(|e| e.to_string())?);
        let child = Command::new(&self.program)
            // The message of a panic is what matters, and would scroll out of what is shown.
            .env("RUST_BACKTRACE", "0")
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|error| format!("{}: {error}", self.program))?;
        self.child = Some(child);
        Ok(())
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The port of its clients.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Its `--dir`.
    pub fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// A new connection, with the password where there is one.
    pub fn client(&self) -> Client {
        self.try_client().unwrap_or_else(|error| panic!("cannot connect to {}: {error}", self.addr()))
    }

    /// A new connection, for who waits until it is possible.
    ///
    /// # Errors
    /// Those of the system.
    pub fn try_client(&self) -> std::io::Result<Client> {
        let mut client = Client::try_connect(self.addr())?;
        if !self.password.is_empty() {
            let reply = client.try_call(&["AUTH", &self.password])?;
            assert!(!reply.is_error(), "{reply:?}");
        }
        Ok(client)
    }

    /// Its flags, to be changed before [`Self::start_again`].
    pub fn flags_mut(&mut self) -> &mut Vec<String> {
        &mut self.args
    }

    /// Puts it on another port, for [`Self::start_again`].
    pub fn move_to_port(&mut self, port: u16) {
        self.port = port;
        let at = self.args.iter().position(|arg| arg == "--port").expect("a port among the flags");
        self.args[at + 1] = port.to_string();
    }

    /// All that it has written to stdout and stderr.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.dir.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Fails only if the process has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends it a signal: `STOP`, `CONT`, `TERM`, … Its own process only.
    pub fn signal(&self, name: &str) {
        let child = self.child.as_ref().expect("a running process");
        let pid = rustix::process::Pid::from_child(child);
        let signal = match name {
            "STOP" => rustix::process::Signal::STOP,
            "CONT" => rustix::process::Signal::CONT,
            "TERM" => rustix::process::Signal::TERM,
            "INT" => rustix::process::Signal::INT,
            _ => panic!("no such signal here: {name}"),
        };
        rustix::process::kill_process(pid, signal).expect("a signal to a process of our own");
    }

    /// Starts it without waiting for anything: for who expects that it ends, or waits for another reason.
    pub fn launch_again(&mut self) {
        self.kill();
        self.launch().unwrap_or_else(|error| panic!("{error}"));
    }

    /// Starts it again, expects that it ends by itself, and returns its exit code and what it has written since.
    pub fn start_in_vain(&mut self) -> (Option<i32>, String) {
        let before = self.log().len();
        self.launch_again();
        let status = self.wait_exit(START_TIMEOUT);
        let Some(status) = status else { panic!("it runs, and should have ended:\n{}", self.log_end()) };
        (status.code(), self.log().split_off(before))
    }

    /// Waits until its output, from byte `from` on, holds `text`.
    pub fn wait_log(&self, from: usize, text: &str) {
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.log().get(from..).is_some_and(|log| log.contains(text)) {
            assert!(Instant::now() < deadline, "the output never says {text:?}:\n{}", self.log_end());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it ends by itself.
    pub fn wait_exit(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            let status = self.child.as_mut()?.try_wait().ok().flatten();
            if status.is_some() || Instant::now() > deadline {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts it again after [`Self::kill`] or its end: same directory, port and flags.
    pub fn start_again(&mut self) {
        self.kill();
        if let Err(error) = self.spawn() {
            panic!("did not start again: {error}");
        }
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let mut from = log.len().saturating_sub(LOG_SHOWN);
        while !log.is_char_boundary(from) {
            from += 1;
        }
        log[from..].to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- end of the output of {} (port {}) ---\n{}", self.program, self.port, self.log_end());
        }
        self.kill();
    }
}
