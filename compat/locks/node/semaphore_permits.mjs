// redis-semaphore's Semaphore with one permit: a sorted set.

import { Semaphore } from "redis-semaphore";
import { Adapter as MutexAdapter } from "./semaphore.mjs";

export class Adapter extends MutexAdapter {
  Lock = Semaphore;
  permits = [1];
}
