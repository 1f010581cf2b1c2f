"""Flask: Flask-Session and Flask-Caching through the proxy, and Flask-Limiter's limits at a node that survives, where they are exact."""

import common
from flask import Flask, session
from flask_caching import Cache
from flask_limiter import Limiter
from flask_session import Session
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

LIMIT = 6
app = Flask("proof")
app.config.update(
    SESSION_TYPE="redis",
    SESSION_REDIS=Redis(port=common.PROXY, db=common.DB, socket_timeout=common.TIMEOUT_S),
    CACHE_TYPE="RedisCache",
    CACHE_REDIS_URL=common.url(common.PROXY),
    # A pool made of a URL does not send again by itself, unlike redis.Redis.
    CACHE_OPTIONS={"socket_timeout": common.TIMEOUT_S, "retry": Retry(ExponentialBackoff(), 3)},
    RATELIMIT_STORAGE_URI=common.url(common.SURVIVOR, common.DB + 1),
    RATELIMIT_STORAGE_OPTIONS={"socket_timeout": common.TIMEOUT_S},
    RATELIMIT_STRATEGY="moving-window",
)
Session(app)
cache = Cache(app)
limiter = Limiter(lambda: "everybody", app=app)
made = []


@app.route("/visit")
def visit():
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])


@app.route("/made/<int:number>")
@cache.cached(timeout=600)
def make(number):
    made.append(number)
    return str(number * number)


@app.route("/limited")
@limiter.limit(f"{LIMIT} per day")
def limited():
    return "let through"


def main():
    users = [app.test_client() for _ in range(3)]
    statuses = []

    def step(number):
        assert int(users[number % 3].get("/visit").text) == number // 3 + 1
        for _ in range(2):
            assert int(users[0].get(f"/made/{number // 2}").text) == (number // 2) ** 2
        statuses.append(users[0].get("/limited").status_code)

    steps = common.load(step)
    assert statuses == [200] * LIMIT + [429] * (steps - LIMIT), statuses
    assert made == list(range((steps + 1) // 2)), "what was cached was made again"
    return {"requests": 4 * steps, "let through": LIMIT}


if __name__ == "__main__":
    common.run(main)
