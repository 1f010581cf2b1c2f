"""Django: its own Redis cache and django-redis, and sessions in each; requests by its test client, caches through the proxy. What is counted is
counted at a node that survives."""

import common
import django
from django.conf import settings
from redis.backoff import ExponentialBackoff
from redis.retry import Retry


def cache(backend, port, **options):
    return {"BACKEND": backend, "LOCATION": common.url(port), "OPTIONS": options}


OWN, DJANGO_REDIS = "django.core.cache.backends.redis.RedisCache", "django_redis.cache.RedisCache"
# A pool made of a URL does not send again by itself, unlike redis.Redis.
WAIT = {"socket_timeout": common.TIMEOUT_S, "retry": Retry(ExponentialBackoff(), 3)}
settings.configure(
    SECRET_KEY="proof",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.sessions"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    SESSION_CACHE_ALIAS="default",
    CACHES={
        "default": cache(DJANGO_REDIS, common.PROXY, CONNECTION_POOL_KWARGS=WAIT),
        "own": cache(OWN, common.PROXY, **WAIT),
        "survivor": cache(DJANGO_REDIS, common.SURVIVOR, CONNECTION_POOL_KWARGS=WAIT),
    },
)
django.setup()

from django.core.cache import caches  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402


def visit(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    return HttpResponse(str(request.session["visits"]))


urlpatterns = [path("", visit)]


def main():
    users = [Client() for _ in range(3)]
    own, default, survivor = caches["own"], caches["default"], caches["survivor"]
    survivor.set("counter", 0, timeout=None)

    def step(number):
        answer = users[number % 3].get("/")
        assert int(answer.content) == number // 3 + 1, (number, answer.content)
        for each in (own, default):
            each.set(f"key-{number}", {"number": number}, timeout=600)
            assert each.get(f"key-{number}") == {"number": number}
            each.set_many({f"many-{number}-{part}": part for part in range(4)}, timeout=600)
            assert each.get_many([f"many-{number}-{part}" for part in range(4)]) == {f"many-{number}-{part}": part for part in range(4)}
            assert each.touch(f"key-{number}", 900) and each.get_or_set(f"other-{number}", number, 600) == number
        assert survivor.incr("counter") == number + 1
        assert survivor.add(f"once-{number}", 1) and not survivor.add(f"once-{number}", 2)
        with survivor.lock("lock", timeout=30):
            assert survivor.ttl(f"once-{number}") > 250

    steps = common.load(step)
    assert survivor.get("counter") == steps
    for each in (own, default):
        assert each.get_many([f"key-{number}" for number in range(steps)]) == {f"key-{number}": {"number": number} for number in range(steps)}
    assert len(list(default.iter_keys("once-*"))) == steps and default.delete_pattern("once-*") == steps
    own.clear()
    assert default.keys("*") == [] and users[0].get("/").content == b"1"
    return {"requests": steps, "sessions": len(users)}


if __name__ == "__main__":
    common.run(main)
