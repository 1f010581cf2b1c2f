"""PHP's sessions by phpredis, with its lock: requests of one session at the same time, each of which counts."""

import http.client
import os
import socket
from concurrent.futures import ThreadPoolExecutor

import common

TOGETHER = 4


def main():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "session.save_handler": "redis",
        "session.save_path": f"tcp://127.0.0.1:{common.SURVIVOR}?database={common.DB}&timeout=5&read_timeout={common.TIMEOUT_S}",
        "redis.session.locking_enabled": "1",
        "redis.session.lock_retries": "-1",
        "redis.session.lock_wait_time": "20000",
        "redis.session.lock_expire": "60",
    }
    flags = [part for name, value in settings.items() for part in ("-d", f'{name}="{value}"')]
    root = os.path.join(os.path.dirname(__file__), "..", "php")
    common.start("php", *flags, "-S", f"127.0.0.1:{port}", "-t", root, PHP_CLI_SERVER_WORKERS=str(TOGETHER))
    cookies = {}

    def visit(user):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=common.FINISH_S)
        connection.request("GET", "/session.php", headers={"Cookie": cookies[user]} if user in cookies else {})
        answer = connection.getresponse()
        cookie = answer.getheader("Set-Cookie")
        if cookie:
            cookies[user] = cookie.split(";")[0]
        text = answer.read().decode()
        connection.close()
        assert answer.status == 200 and text.isdigit(), (answer.status, text)
        return int(text)

    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    common.until(listens, "PHP listens")
    assert [visit(user) for user in ("ada", "bob")] == [1, 1]
    counts = []
    with ThreadPoolExecutor(TOGETHER) as pool:

        def step(number):
            counts.extend(pool.map(visit, ["ada"] * TOGETHER))
            assert visit("bob") == number + 2

        common.load(step)
    assert sorted(counts) == list(range(2, len(counts) + 2)), f"visits {sorted(counts)}"
    return {"requests": len(counts), "at a time": TOGETHER}


if __name__ == "__main__":
    common.run(main)
