// What the proofs of Node share. `suite.py` says what a proof is told and what it has to do.

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const number = (name) => Number(process.env[name]);

export const SURVIVOR = number("APP_SURVIVOR"); // the port of a node that is not killed
export const PROXY = number("APP_PROXY"); // the port that leads to all nodes, and to the one that is killed every second time
export const DB = number("APP_DB"); // this database and the next one are the proof's own
export const FINISH_MS = 1000 * number("APP_FINISH_S"); // how long a proof waits for what is still to come
const EVERY_MS = number("APP_EVERY_MS"); // the pause between two jobs, or requests
const JOURNAL = `${process.env.APP_DIR}/journal`;

export { sleep };

/** A job's own note that it ran: outside of the server, in one write. */
export function ran(job) {
    appendFileSync(JOURNAL, `${job}\n`);
}

/** How often each job ran. */
export function runs() {
    const counts = new Map();
    if (existsSync(JOURNAL)) {
        for (const line of readFileSync(JOURNAL, "utf8").split("\n").slice(0, -1)) {
            counts.set(line, (counts.get(line) ?? 0) + 1);
        }
    }
    return counts;
}

export function check(condition, what) {
    if (!condition) {
        throw new Error(typeof what === "function" ? what() : what);
    }
}

export async function until(condition, what, ms = FINISH_MS) {
    const end = Date.now() + ms;
    while (!(await condition())) {
        check(Date.now() < end, () => `not in time: ${typeof what === "function" ? what() : what}`);
        await sleep(50);
    }
}

/** Calls `step(number)` until the kill is over, and says that the work has begun once it has been called some times. */
export async function load(step) {
    let ended = false;
    process.stdin.on("end", () => (ended = true)).resume();
    let count = 0;
    while (!ended) {
        await step(count);
        count += 1;
        if (count === 4) {
            console.log("ready");
        }
        await sleep(EVERY_MS);
    }
    check(count > 5, `the load did ${count} steps only`);
    return count;
}

/** Waits until each of the jobs has noted that it ran; then how many ran more than once. */
export async function allRan(jobs, exactlyOnce = false) {
    const wanted = [...jobs].map(String);
    const missing = () => wanted.filter((job) => !runs().has(job));
    await until(() => missing().length === 0, () => `runs of ${missing()}`);
    const again = wanted.filter((job) => runs().get(job) > 1);
    check(!exactlyOnce || again.length === 0, `ran again: ${again}`);
    return again.length;
}

/** Errors of connections, which a user would log: those that were cut. */
export function noteErrors(...emitters) {
    for (const emitter of emitters) {
        emitter.on("error", (error) => console.error(`noted: ${error.message}`));
    }
}

/** Runs a proof and ends the process, whatever is still open. */
export async function run(main) {
    try {
        console.log(JSON.stringify(await main()));
        process.exit(0);
    } catch (error) {
        console.error(error);
        process.exit(1);
    }
}
