// BullMQ through the proxy: jobs, delayed ones, a scheduler, flows, retries, results, and a job whose worker is killed (SIGKILL) and that another
// worker runs to its end. The worker that dies is this file, called with `dies`.

import { fork } from "node:child_process";
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { allRan, check, DB, load, noteErrors, PROXY, ran, run, runs, until } from "./common.mjs";

const connection = { port: PROXY, db: DB, maxRetriesPerRequest: null };
const STALLED = { lockDuration: 3000, stalledInterval: 1500, maxStalledCount: 3 };

async function work(job) {
    if (job.name === "flaky" && job.attemptsMade === 0) {
        ran(`tried-${job.data.number}`);
        throw new Error("on purpose");
    }
    if (job.name === "parent") {
        const children = Object.values(await job.getChildrenValues());
        ran(`parent-${job.data.number}`);
        return children.reduce((sum, value) => sum + value, 0);
    }
    ran(job.name === "scheduled" ? `scheduled-${job.id}` : `${job.name}-${job.data.number}`);
    return job.data.number ** 2;
}

async function main() {
    const queue = new Queue("jobs", { connection });
    const events = new QueueEvents("jobs", { connection });
    const stalls = new Queue("stalls", { connection });
    const flows = new FlowProducer({ connection });
    const workers = [
        new Worker("jobs", work, { connection, concurrency: 4, ...STALLED }),
        new Worker("jobs", work, { connection, concurrency: 4, ...STALLED }),
    ];
    noteErrors(queue, events, stalls, flows, ...workers);
    const doomed = fork(process.argv[1], ["dies"]);
    await stalls.add("stalled", { number: 3 });
    await new Promise((resolve) => doomed.on("exit", resolve));
    const saviour = new Worker("stalls", work, { connection, ...STALLED });
    noteErrors(saviour);
    await queue.upsertJobScheduler("every-second", { every: 1000 }, { name: "scheduled", data: { number: 0 } });
    const jobs = new Map();
    const parents = new Map();
    const options = { attempts: 5, backoff: { type: "fixed", delay: 200 } };
    const steps = await load(async (number) => {
        if (number % 8 === 6) {
            const children = [1, 2, 3].map((part) => ({ name: "child", queueName: "jobs", data: { number: number * 10 + part } }));
            const flow = await flows.add({ name: "parent", queueName: "jobs", data: { number }, children });
            parents.set(number, flow.job);
        } else {
            const name = { 2: "delayed", 4: "flaky" }[number % 8] ?? "plain";
            const delay = name === "delayed" ? 1000 : 0;
            jobs.set(`${name}-${number}`, await queue.add(name, { number }, { ...options, delay }));
        }
    });
    const wanted = [...jobs.keys(), "stalled-3"];
    for (const number of parents.keys()) {
        wanted.push(`parent-${number}`, ...[1, 2, 3].map((part) => `child-${number * 10 + part}`));
    }
    const again = await allRan(wanted);
    for (const job of jobs.values()) {
        check((await job.waitUntilFinished(events, 20000)) === job.data.number ** 2, `result of ${job.id}`);
    }
    for (const [number, job] of parents) {
        const expected = [1, 2, 3].reduce((sum, part) => sum + (number * 10 + part) ** 2, 0);
        check((await job.waitUntilFinished(events, 20000)) === expected, `result of the flow ${number}`);
    }
    const scheduled = () => [...runs().keys()].filter((job) => job.startsWith("scheduled-")).length;
    const before = scheduled();
    await until(() => scheduled() > before, "a job of the scheduler");
    check(before >= 3, `the scheduler fired ${before} times`);
    check((await queue.getFailedCount()) === 0, "jobs have failed");
    return { jobs: steps, flows: parents.size, scheduled: before, "ran again": again };
}

if (process.argv[2] === "dies") {
    noteErrors(new Worker("stalls", () => process.kill(process.pid, "SIGKILL"), { connection, ...STALLED }));
} else {
    await run(main);
}
