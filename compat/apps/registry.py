"""The applications: each with its program, what its proof shows, and the settings that a user makes for a failover."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass
class App:
    name: str
    version: str
    program: list
    proves: str
    settings: str
    cut: bool = True  # some of its connections lead through the proxy


def pinned(package, requirements="requirements.txt"):
    return re.search(rf"^{re.escape(package)}==(.*)$", (HERE / requirements).read_text(), re.M)[1]


def python(module, name, package, proves, settings, **more):
    return App(name, pinned(package), [sys.executable, str(HERE / "python" / f"{module}.py")], proves, settings, **more)


def python_old(module, name, package, proves, settings, **more):
    """With redis-py 5, which is the newest that these take."""
    program = [str(HERE / ".venv" / "redis5" / "bin" / "python"), str(HERE / "python" / f"{module}.py")]
    return App(name, pinned(package, "requirements-redis5.txt"), program, proves, settings, **more)


def node(module, name, package, proves, settings, **more):
    version = json.loads((HERE / "package.json").read_text())["dependencies"][package]
    return App(name, version, ["node", str(HERE / "node" / f"{module}.mjs")], proves, settings, **more)


def debian(program, name, package, proves, settings, **more):
    shown = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True, check=True)
    # Not its patches: Debian's updates bring those.
    version = re.search(r"^(?:\d+:)?(\d+\.\d+)", shown.stdout)[1]
    return App(name, version, program, proves, settings, **more)


# redis-py waits 5 s for a reply unless it is told otherwise. redis.Redis sends a command again on a new connection, three times by itself; over
# a pool that was made of a URL it does not.
PATIENT = "`socket_timeout=30`"
SENDS_AGAIN = "`retry=Retry(ExponentialBackoff(), 3)`"
FOR_EVER = "`maxRetriesPerRequest: null`"
APPS = [
    python(
        "celery_proof",
        "Celery",
        "celery",
        "tasks with `acks_late`, results, chords, countdowns",
        f"`redis_socket_timeout=30`, and {PATIENT} in `broker_transport_options`",
        cut=False,
    ),
    python("rq_proof", "RQ", "rq", "jobs (once each), results, `enqueue_in`, `depends_on`, `Retry`", PATIENT, cut=False),
    python("huey_proof", "huey", "huey", "tasks (once each), results, delays, chains, retries", PATIENT, cut=False),
    python(
        "dramatiq_proof",
        "Dramatiq",
        "dramatiq",
        "messages, results, delays, retries, `ConcurrentRateLimiter`",
        PATIENT,
        cut=False,
    ),
    python(
        "django_proof",
        "Django: cache, django-redis, sessions",
        "Django",
        "sessions, what was cached, `add`, `incr`, `touch`, locks, `delete_pattern`; exact counts",
        f"{PATIENT}, {SENDS_AGAIN}",
    ),
    python(
        "flask_proof",
        "Flask: -Session, -Caching, -Limiter",
        "Flask",
        "sessions, what was cached, an exact moving window",
        f"{PATIENT}, Flask-Caching {SENDS_AGAIN}",
    ),
    python("channels_proof", "Django Channels", "channels_redis", "messages of channels and groups, once and in order; both layers", PATIENT, cut=False),
    python("saq_proof", "SAQ", "saq", "jobs, results, scheduled jobs", PATIENT, cut=False),
    python("taskiq_proof", "taskiq (stream)", "taskiq-redis", "tasks (once each), results", PATIENT, cut=False),
    python_old("arq_proof", "arq", "arq", "jobs (once each), results, deferred jobs, `Retry`", "none", cut=False),
    node(
        "bullmq",
        "BullMQ",
        "bullmq",
        "jobs, results, delays, a scheduler, flows, retries, a job whose worker was killed",
        FOR_EVER,
    ),
    node("bull", "Bull", "bull", "jobs, results, delays, repeated jobs, retries", f"{FOR_EVER}, `enableReadyCheck: false`"),
    node("bee_queue", "bee-queue", "bee-queue", "jobs (once each), results, delays, retries", "none", cut=False),
    node("resque", "node-resque", "node-resque", "jobs (once each), delays", "none", cut=False),
    node(
        "express",
        "express-session with connect-redis",
        "connect-redis",
        "sessions; express-rate-limit with rate-limit-redis lets through what it should",
        "none: a request whose connection is cut fails and is made again",
    ),
    node(
        "rate_limiter",
        "rate-limiter-flexible",
        "rate-limiter-flexible",
        "exact limits, with bursts; no more than the limit where connections are cut",
        FOR_EVER,
    ),
    node("socket_io", "Socket.IO, both adapters", "socket.io", "messages of rooms over two servers, in order, none missing", FOR_EVER),
    debian(
        ["ruby", str(HERE / "ruby" / "sidekiq_proof.rb")],
        "Sidekiq",
        "ruby-sidekiq",
        "jobs (once each), `perform_in`, bulk, retries",
        "`timeout: 30`",
        cut=False,
    ),
    debian(
        ["php", str(HERE / "php" / "laravel.php")],
        "Laravel: queue and cache over phpredis",
        "php-illuminate-queue",
        "jobs, delays, retries, what was cached, tags",
        "`read_timeout` 30; what is cut is tried again",
    ),
    debian(
        [sys.executable, str(HERE / "python" / "php_sessions_proof.py")],
        "PHP's sessions (phpredis)",
        "php-redis",
        "concurrent requests of one session under its lock; exact counts",
        "`read_timeout=30`",
        cut=False,
    ),
]
