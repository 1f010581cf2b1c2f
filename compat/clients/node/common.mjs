// What the programs here share: expectations, the load's bookkeeping, the command line.
import assert from "node:assert/strict";

// The release script of most lock libraries.
export const RELEASE = `
if redis.call('get', KEYS[1]) == ARGV[1] then
    return redis.call('del', KEYS[1])
else
    return 0
end
`;
const LOCK_EVERY = 10;
let count = 0;

export function expect(what, got, wanted) {
  // Maps of RESP3 may come without a prototype.
  const plain = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
  assert.deepEqual(plain(got), plain(wanted), what);
  count += 1;
}

export async function expectError(what, promise, text) {
  await assert.rejects(promise, (error) => error.message.includes(text), what);
  count += 1;
}

// Counts acknowledgements and the longest time between two of them, until standard input ends.
export class Load {
  acknowledged = 0;
  goesOn = true;
  #longest = 0;
  #last = performance.now();

  constructor() {
    process.stdin.on("end", () => (this.goesOn = false)).resume();
    console.log("ready");
  }

  acknowledge() {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
    this.acknowledged += 1;
    return this.acknowledged % LOCK_EVERY === 0;
  }

  report() {
    return {};
  }

  print() {
    const { acknowledged } = this;
    // One that has not gone on is in a pause.
    this.#longest = Math.max(this.#longest, performance.now() - this.#last);
    console.log(JSON.stringify({ acknowledged, longest_pause_ms: Math.round(this.#longest), ...this.report() }));
  }
}

// One whose client finds another node by itself. What it writes may be written twice, and an error is no end: the same comes again.
export class ClusterLoad extends Load {
  errors = [];

  async run(write) {
    while (this.goesOn) {
      try {
        await write(this.acknowledged);
      } catch (error) {
        this.errors.push(`${error.name}: ${error.message}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      this.acknowledge();
    }
    this.print();
  }

  report() {
    return { errors: this.errors.slice(0, 20) };
  }
}

export async function main(check, load) {
  const [mode, port, protocol, prefix] = process.argv.slice(2);
  // Whatever goes wrong outside of a promise that is waited for must not go unseen.
  process.on("unhandledRejection", (error) => {
    console.log(error);
    process.exit(1);
  });
  if (mode === "check") {
    await check(Number(port), Number(protocol), prefix);
    console.log(`${count} checks`);
  } else {
    await load(Number(port), Number(protocol), prefix);
  }
  process.exit(0);
}
