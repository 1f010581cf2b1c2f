// What each lock library of Node is put through: python/driver.py in JavaScript, with the same adapters, modes and outputs.

import { readSync, openSync, fstatSync, writeSync, closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { RENEW_EVERY_MS, WAIT_MS } from "./bounds.mjs";

const SECTION_MS = 2;

const [, , module, mode, port, name, journal] = process.argv;
const { Adapter } = await import(`./${module}.mjs`);
const adapter = new Adapter(Number(port));

let ended = false;
if (mode !== "owner") {
  process.stdin.on("end", () => (ended = true));
  process.stdin.resume();
}

/** See python/journal.py. */
async function section() {
  const file = openSync(journal, "r+");
  const { size } = fstatSync(file);
  const tail = Buffer.alloc(Math.min(size, 200));
  readSync(file, tail, 0, tail.length, size - tail.length);
  const lines = tail.toString().split("\n");
  const number = lines.length > 1 ? Number(lines.at(-2).split(" ")[2]) + 1 : 1;
  const enter = `enter ${process.pid} ${number}\n`;
  writeSync(file, enter, size);
  await sleep(SECTION_MS);
  writeSync(file, `leave ${process.pid} ${number}\n`, size + enter.length);
  closeSync(file);
}

function assert(condition, message) {
  if (!condition) throw new Error(message);
}

async function storm() {
  console.log("ready");
  let [acquired, missed, longest, last] = [0, 0, 0, Date.now()];
  const errors = [];
  while (!ended) {
    try {
      const handle = await adapter.acquire(name, WAIT_MS);
      if (handle === null) {
        missed += 1;
        continue;
      }
      await section();
      await adapter.release(handle);
    } catch (error) {
      errors.push(`${error.name}: ${error.message}`);
      await sleep(50);
      continue;
    }
    acquired += 1;
    longest = Math.max(longest, Date.now() - last);
    last = Date.now();
  }
  console.log(JSON.stringify({ acquired, missed, longest_ms: longest, errors: errors.slice(0, 3) }));
}

async function owner() {
  const handle = await adapter.acquire(name, WAIT_MS);
  assert(handle !== null, "a free lock was not got");
  assert((await adapter.acquire(name, 0)) === null, "a held lock was got a second time");
  let refusal = "silently";
  try {
    await adapter.steal(name, handle);
  } catch (error) {
    refusal = error.name;
  }
  assert((await adapter.acquire(name, 0)) === null, "somebody else released the lock");
  await adapter.release(handle);
  const again = await adapter.acquire(name, WAIT_MS);
  assert(again !== null, "a released lock was not got");
  await adapter.release(again);
  console.log(`refused: ${refusal}`);
}

async function renew() {
  let handle = await adapter.acquire(name, WAIT_MS);
  assert(handle !== null, "a free lock was not got");
  console.log("ready");
  const until = Date.now() + 2 * adapter.ttl;
  let count = 0;
  while (Date.now() < until || !ended) {
    await sleep(RENEW_EVERY_MS);
    handle = (await adapter.extend(handle)) ?? handle;
    assert((await adapter.acquire(name, 0)) === null, `the lock was got by another after ${count} renewals`);
    count += 1;
  }
  await adapter.release(handle);
  const again = await adapter.acquire(name, WAIT_MS);
  assert(again !== null, "a released lock was not got");
  await adapter.release(again);
  console.log(`${count} renewals`);
}

try {
  await { storm, owner, renew }[mode]();
  adapter.close();
} catch (error) {
  console.error(error);
  process.exit(1);
}
