// @sesamecare-oss/redlock, with the cluster as its one client.

import { Redis } from "ioredis";
import { Redlock } from "@sesamecare-oss/redlock";

export class Adapter {
  ttl = 6000;

  constructor(port) {
    this.client = new Redis({ port });
    this.redlock = new Redlock([this.client], { retryCount: 0 });
    this.redlock.on("error", () => {});
  }

  async acquire(name, wait) {
    const settings = { retryCount: Math.ceil(wait / 10), retryDelay: 10, retryJitter: 5 };
    try {
      return await this.redlock.acquire([name], this.ttl, settings);
    } catch (error) {
      if (error.name === "ExecutionError") return null;
      throw error;
    }
  }

  release(lock) {
    return lock.release();
  }

  extend(lock) {
    return lock.extend(this.ttl);
  }

  steal(name, lock) {
    const other = Object.assign(Object.create(Object.getPrototypeOf(lock)), lock, { value: "not-the-holder" });
    return other.release();
  }

  close() {
    this.client.disconnect();
  }
}
