// node-resque at a node that survives: jobs and such with a delay, by a worker and a scheduler.

import { Queue, Scheduler, Worker } from "node-resque";
import { allRan, DB, load, noteErrors, ran, run, SURVIVOR } from "./common.mjs";

await run(async () => {
    const connection = { port: SURVIVOR, database: DB };
    const jobs = { note: { perform: async (number) => ran(number) } };
    const queue = new Queue({ connection }, jobs);
    const worker = new Worker({ connection, queues: ["work"], timeout: 100 }, jobs);
    const scheduler = new Scheduler({ connection, timeout: 200 });
    noteErrors(queue, worker, scheduler);
    for (const part of [queue, worker, scheduler]) {
        await part.connect();
    }
    worker.start();
    scheduler.start();
    const steps = await load(async (number) => {
        await (number % 4 === 2 ? queue.enqueueIn(1000, "work", "note", [number]) : queue.enqueue("work", "note", [number]));
    });
    await allRan(Array(steps).keys(), true);
    return { jobs: steps };
});
