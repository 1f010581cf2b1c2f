"""The resources that holders write to, each with its guard and without. A resource has

    started()              a context in which it runs
    connect(is_guarded)    a function write(key, token, text) for one process: True if the write was accepted
    locks                  how its holders take their lock: a class of holders.py

The guards are the files of guards/, as a user would take them."""

import contextlib
import http.client
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import redis
from holders import DropIn, Native
from redis.backoff import NoBackoff
from redis.retry import Retry

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "guards"))
from guarded_file import Fenced, write_guarded  # noqa: E402


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port):
    until = time.monotonic() + 30
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > until:
            raise SystemExit(f"nothing listens on {port}")
        time.sleep(0.05)


@contextlib.contextmanager
def running(command, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class File:
    name = "a file"
    locks = DropIn

    def __init__(self, base, _ports):
        self.base = base

    @contextlib.contextmanager
    def started(self):
        yield

    def connect(self, is_guarded):
        def write(key, token, text):
            path = self.base / f"file-{key}"
            if not is_guarded:
                path.write_text(f"{token}\n{text}")
                return True
            try:
                write_guarded(path, token, text)
            except Fenced:
                return False
            return True

        return write


class Postgres:
    name = "PostgreSQL"
    locks = DropIn

    def __init__(self, base, _ports):
        self.base, self.port = base / "postgres", free_port()

    @contextlib.contextmanager
    def started(self):
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
        options = {}
        self.base.mkdir()
        if os.geteuid() == 0:  # it refuses to run as root
            user = pwd.getpwnam("postgres")
            for path in (self.base, self.base.parent):
                os.chown(path, user.pw_uid, user.pw_gid)
            options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        log = open(self.base.parent / "postgres.log", "ab")
        subprocess.run(
            [programs / "initdb", "-D", self.base / "data", "-A", "trust", "-U", "postgres", "-N"],
            check=True, stdout=log, stderr=log, cwd=self.base, **options,
        )
        command = [programs / "postgres", "-D", self.base / "data", "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        command += ["-c", f"unix_socket_directories={self.base}", "-c", "fsync=off", "-c", "max_connections=100"]
        with running(command, stdout=log, stderr=log, cwd=self.base, **options):
            wait_for_port(self.port)
            with self.connection() as connection:
                connection.execute((HERE / "guards" / "postgres.sql").read_text())
                connection.execute("CREATE TABLE unguarded (id text PRIMARY KEY, value text, token bigint NOT NULL DEFAULT 0)")
            yield
        log.close()

    def connection(self):
        until = time.monotonic() + 30
        while True:
            try:
                return psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres", autocommit=True)
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def connect(self, is_guarded):
        connection = self.connection()
        table = "guarded" if is_guarded else "unguarded"

        def write(key, token, text):
            try:
                connection.execute(f"INSERT INTO {table} (id) VALUES (%s) ON CONFLICT DO NOTHING", [key])
                connection.execute(f"UPDATE {table} SET value = %s, token = %s WHERE id = %s", [text, token, key])
            except psycopg.errors.RaiseException:
                return False
            return True

        return write


class Http:
    name = "an HTTP service behind nginx"
    locks = DropIn

    def __init__(self, base, _ports):
        self.base, self.service, self.port = base / "nginx", free_port(), free_port()

    @contextlib.contextmanager
    def started(self):
        self.base.mkdir()
        text = (HERE / "nginx.conf").read_text().replace("@PORT@", str(self.port)).replace("@SERVICE@", str(self.service))
        (self.base / "nginx.conf").write_text(text)
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        with (
            running([sys.executable, HERE / "guards" / "service.py", str(self.service)]),
            running([nginx, "-p", self.base, "-c", "nginx.conf"], stderr=subprocess.DEVNULL),
        ):
            wait_for_port(self.service)
            wait_for_port(self.port)
            yield

    def connect(self, is_guarded):
        def write(key, token, text):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            # Without the guard every writer says that it is the latest.
            headers = {"X-Fencing-Token": str(token if is_guarded else 2**60)}
            connection.request("PUT", f"/{'guarded' if is_guarded else 'unguarded'}/{key}", text, headers)
            status = connection.getresponse().status
            connection.close()
            if status not in (204, 409):
                raise SystemExit(f"the service answered {status}")
            return status == 204

        return write


class Keys:
    name = "keys kept here (`LOCK.GUARD`)"
    locks = Native

    def __init__(self, _base, ports):
        self.port = ports[0]

    @contextlib.contextmanager
    def started(self):
        yield

    def connect(self, is_guarded):
        connection = redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0))

        def write(key, token, text):
            command = ("SET", f"{{{key}}}:value", text)
            if is_guarded:
                command = ("LOCK.GUARD", f"lock:{{{key}}}", token, *command)
            try:
                connection.execute_command(*command)
            except redis.ResponseError as error:
                if str(error).startswith("FENCED"):
                    return False
                raise
            return True

        return write


ALL = [Postgres, Http, File, Keys]
