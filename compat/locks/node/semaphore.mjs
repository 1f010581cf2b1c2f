// redis-semaphore's Mutex: a string.

import { Redis } from "ioredis";
import { Mutex } from "redis-semaphore";
import { POLL_MS, TTL_MS } from "./bounds.mjs";

export class Adapter {
  ttl = TTL_MS;
  Lock = Mutex;
  permits = [];

  constructor(port) {
    this.client = new Redis({ port });
  }

  lock(name, options) {
    return new this.Lock(this.client, name, ...this.permits, { lockTimeout: this.ttl, retryInterval: POLL_MS, ...options });
  }

  async acquire(name, wait) {
    const lock = this.lock(name, wait ? { acquireTimeout: wait } : { acquireAttemptsLimit: 1 });
    return (await lock.tryAcquire()) ? lock : null;
  }

  release(lock) {
    return lock.release();
  }

  // It renews by itself, after 0.8 of the lease, and says when it has failed.
  extend(lock) {
    if (!lock.isAcquired) throw new Error("the lock was lost");
  }

  steal(name) {
    return this.lock(name, { identifier: "not-the-holder", acquiredExternally: true }).release();
  }

  close() {
    this.client.disconnect();
  }
}
