"""redis-cli: commands from its arguments, its input, a script file, its modes, and a terminal."""

import os
import pty
import select
import signal
import subprocess
import tempfile
import termios
import time

from common import RELEASE, Load, expect, main

TERMINAL_TIMEOUT_S = 20


def cli(port, protocol, *args, stdin=None):
    command = ["redis-cli", "-p", str(port), *(["-3"] if protocol == 3 else []), *args]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)
    return (done.stdout + done.stderr).rstrip()


def check(port, protocol, p):
    def run(*args, **options):
        return cli(port, protocol, *args, **options)

    expect("ping", run("ping"), "PONG")
    expect("set and get", [run("set", p + "s", "v"), run("get", p + "s"), run("get", p + "none")], ["OK", "v", ""])
    expect("-x", [run("-x", "set", p + "x", stdin="from a pipe"), run("get", p + "x")], ["OK", "from a pipe"])
    session = f"incr {p}n\nincrby {p}n 41\nmset {p}a 1 {p}b 2\nmget {p}a {p}none {p}b\n"
    expect("commands on its input", run(stdin=session), "1\n42\nOK\n1\n\n2")
    expect("hashes", run(stdin=f"hset {p}h a 1 b 2\nhgetall {p}h\n").split(), ["2", "a", "1", "b", "2"])
    expect("lifetimes", run(stdin=f"expire {p}s 100\nttl {p}s\npersist {p}s\nttl {p}s\n"), "1\n100\n1\n-1")
    session = f"multi\nset {p}t 1\nincr {p}t\nexec\n"
    expect("multi", run(stdin=session), "OK\nQUEUED\nQUEUED\nOK\n2")
    expect("watch", run(stdin=f"watch {p}t\nset {p}t 5\nmulti\nincr {p}t\nexec\n"), "OK\nOK\nOK\nQUEUED")
    expect("errors", run("hget", p + "s", "f"), "WRONGTYPE Operation against a key holding the wrong kind of value")
    expect("unknown command", run("nosuch", "a"), "ERR unknown command 'nosuch', with args beginning with: 'a'")
    expect("eval", run("eval", "return {KEYS[1],ARGV[1]}", "1", "k", "a"), "k\na")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(RELEASE)
        script.flush()
        run("set", p + "lock", "me", "nx", "px", "20000")
        expect("a lock is held", run("set", p + "lock", "you", "nx", "px", "20000"), "")
        expect("--eval", run("--eval", script.name, p + "lock", ",", "you"), "0")
        expect("--eval", run("--eval", script.name, p + "lock", ",", "me"), "1")
    expect("-n", [run("-n", "5", "set", p + "db", "5"), run("get", p + "db"), run("-n", "5", "del", p + "db")], ["OK", "", "1"])
    expect("--scan", sorted(run("--scan", "--pattern", p + "[abn]").split()), [p + "a", p + "b", p + "n"])
    expect("--bigkeys", "Biggest hash   found" in run("--bigkeys"), True)
    expect("--memkeys", "Sampled" in run("--memkeys"), True)
    mass = "".join(f"*3\r\n$3\r\nSET\r\n${len(f'{p}mass:{i}')}\r\n{p}mass:{i}\r\n$1\r\n1\r\n" for i in range(1000))
    expect("--pipe", "errors: 0, replies: 1000" in run("--pipe", stdin=mass), True)
    expect("info", "redis_version:7.2.4" in run("info"), True)
    terminal(port, protocol, p)


def terminal(port, protocol, p):
    """As in front of a terminal: there redis-cli asks for COMMAND DOCS first."""
    command = ["redis-cli", "-p", str(port), *(["-3"] if protocol == 3 else [])]
    handle, end = pty.openpty()
    # Without a size redis-cli asks the terminal for one, and there is nobody to answer.
    termios.tcsetwinsize(end, (24, 120))
    child = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, start_new_session=True)
    os.close(end)
    try:
        prompt = f"127.0.0.1:{port}> "
        read_until(handle, prompt)
        for line, reply in ((f"set {p}tty 1", "OK"), (f"incr {p}tty", "(integer) 2"), ("help getex", "since:")):
            os.write(handle, line.encode() + b"\r")
            # What is typed before the next prompt is there would be thrown away.
            read_until(handle, reply, prompt)
    finally:
        child.kill()
        child.wait()
        os.close(handle)
    expect("a terminal", child.returncode, -signal.SIGKILL)


def read_until(handle, *texts):
    """Reads until it has seen the texts, one behind the other."""
    seen, until = b"", time.monotonic() + TERMINAL_TIMEOUT_S
    while not in_order(seen, texts):
        if not select.select([handle], [], [], max(0, until - time.monotonic()))[0]:
            raise SystemExit(f"the terminal shows {seen!r}, wanted {texts!r}")
        seen += os.read(handle, 65536)


def in_order(seen, texts):
    at = 0
    for text in texts:
        at = seen.find(text.encode(), at) + len(text)
        if at < len(text):
            return False
    return True


def load(port, protocol, prefix):
    command = ["redis-cli", "-p", str(port), *(["-3"] if protocol == 3 else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def call(line):
        process.stdin.write(line + "\n")
        return process.stdout.readline().strip()

    sha = call(f'script load "{" ".join(RELEASE.split())}"')
    work = Load()
    last = 0
    while work.goes_on():
        reply = call("incr load:counter")
        if not reply.isdigit() or int(reply) <= last:
            raise SystemExit(f"incr: got {reply!r} after {last}")
        last = int(reply)
        work.acknowledge()
        if work.is_lock_turn():
            expect("lock", call(f"set {prefix}lock me nx px 30000"), "OK")
            expect("release", call(f"evalsha {sha} 1 {prefix}lock me"), "1")
    process.stdin.close()
    process.wait()
    return work


main(check, load)
