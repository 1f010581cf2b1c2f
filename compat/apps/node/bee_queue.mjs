// bee-queue at a node that survives: jobs, delayed ones, retries, results.

import Queue from "bee-queue";
import { allRan, check, DB, load, noteErrors, ran, run, SURVIVOR, until } from "./common.mjs";

await run(async () => {
    const options = { redis: { port: SURVIVOR, db: DB }, stallInterval: 10000, activateDelayedJobs: true };
    const queue = new Queue("jobs", { ...options, isWorker: false });
    const worker = new Queue("jobs", options);
    noteErrors(queue, worker);
    const failed = new Set();
    worker.process(4, async (job) => {
        const { number } = job.data;
        if (number % 8 === 4 && !failed.has(number)) {
            failed.add(number);
            throw new Error("on purpose");
        }
        ran(number);
        return number ** 2;
    });
    const results = new Map();
    const steps = await load(async (number) => {
        const job = queue.createJob({ number }).retries(2);
        if (number % 8 === 2) {
            job.delayUntil(Date.now() + 1000);
        }
        job.on("succeeded", (result) => results.set(number, result));
        await job.save();
    });
    await allRan(Array(steps).keys(), true);
    await until(() => results.size === steps, () => `${results.size} results of ${steps}`);
    for (const [number, result] of results) {
        check(result === number ** 2, `result of ${number}`);
    }
    return { jobs: steps };
});
