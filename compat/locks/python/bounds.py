"""Times that suite.py sets for the drivers of all languages."""

import os

TTL_S = int(os.environ["LOCK_TTL_S"])  # the lease that each library takes
WAIT_S = int(os.environ["LOCK_WAIT_S"])  # how long who wants a lock waits for it
POLL_S = int(os.environ["LOCK_POLL_MS"]) / 1000  # how often a library that asks again and again does so
TIMEOUT_S = int(os.environ["LOCK_TIMEOUT_S"])  # how long a client waits for a reply; then redis-py sends the command again
RENEW_EVERY_S = int(os.environ["LOCK_RENEW_MS"]) / 1000
