// What redlock and those that keep to its interface have in common, with the cluster as the one client.

import { Redis } from "ioredis";
import { POLL_MS, TTL_MS } from "./bounds.mjs";

export const adapterOf = (Redlock) =>
  class {
    ttl = TTL_MS;

    constructor(port) {
      this.client = new Redis({ port });
      this.redlock = new Redlock([this.client], { retryCount: 0 });
      this.redlock.on("error", () => {});
    }

    async acquire(name, wait) {
      const settings = { retryCount: Math.ceil(wait / POLL_MS), retryDelay: POLL_MS, retryJitter: 5 };
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
  };
