// Bull through the proxy: jobs, delayed and repeated ones, retries, results.

import Queue from "bull";
import { allRan, check, DB, load, noteErrors, PROXY, ran, run, runs, until } from "./common.mjs";

await run(async () => {
    const queue = new Queue("jobs", {
        redis: { port: PROXY, db: DB, maxRetriesPerRequest: null, enableReadyCheck: false },
        settings: { lockDuration: 3000, stalledInterval: 1500, maxStalledCount: 3 },
    });
    noteErrors(queue);
    const work = async (job) => {
        if (job.name === "flaky" && job.attemptsMade === 0) {
            throw new Error("on purpose");
        }
        ran(job.name === "repeated" ? `repeated-${job.id}` : `${job.name}-${job.data.number}`);
        return job.data.number ** 2;
    };
    for (const name of ["plain", "delayed", "flaky", "repeated"]) {
        queue.process(name, 2, work);
    }
    await queue.add("repeated", { number: 0 }, { repeat: { every: 1000 } });
    const jobs = new Map();
    const steps = await load(async (number) => {
        const name = { 2: "delayed", 4: "flaky" }[number % 8] ?? "plain";
        const options = { attempts: 5, backoff: 200, delay: name === "delayed" ? 1000 : 0 };
        jobs.set(`${name}-${number}`, await queue.add(name, { number }, options));
    });
    const again = await allRan(jobs.keys());
    for (const job of jobs.values()) {
        let found;
        await until(async () => (found = await queue.getJob(job.id)) && (await found.isCompleted()), `the end of ${job.id}`);
        check(found.returnvalue === job.data.number ** 2, `result of ${job.id}`);
    }
    const repeated = [...runs().keys()].filter((job) => job.startsWith("repeated-")).length;
    check(repeated >= 3, `repeated ${repeated} times`);
    return { jobs: steps, repeated, "ran again": again };
});
