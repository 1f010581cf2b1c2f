// rate-limiter-flexible: exact at nodes that survive, whatever asks at the same time; through the proxy, where ioredis sends again what was cut,
// no more than the limit is let through.

import { Redis } from "ioredis";
import { BurstyRateLimiter, RateLimiterRedis } from "rate-limiter-flexible";
import { check, DB, load, noteErrors, PROXY, run, SURVIVOR } from "./common.mjs";

const POINTS = 30;

async function consume(limiter, key) {
    try {
        await limiter.consume(key);
        return 1;
    } catch (refusal) {
        if (refusal instanceof Error) {
            throw refusal;
        }
        return 0;
    }
}

await run(async () => {
    const clients = [SURVIVOR, SURVIVOR, PROXY, PROXY].map((port) => new Redis({ port, db: DB, maxRetriesPerRequest: null }));
    noteErrors(...clients);
    const make = (client, keyPrefix, points, duration) => new RateLimiterRedis({ storeClient: client, keyPrefix, points, duration });
    const exact = clients.slice(0, 2).map((client) => make(client, "exact", POINTS, 86400));
    const cut = clients.slice(2).map((client) => make(client, "cut", POINTS, 86400));
    const bursty = new BurstyRateLimiter(make(clients[0], "base", 5, 86400), make(clients[0], "burst", 5, 86400));
    const asked = [0, 0, 0];
    const passed = [0, 0, 0];
    const steps = await load(async () => {
        const results = await Promise.all([
            ...exact.flatMap((limiter) => [0, 1, 2].map(() => consume(limiter, "all").then((in_) => [0, in_]))),
            ...cut.flatMap((limiter) => [0, 1].map(() => consume(limiter, "all").then((in_) => [1, in_]))),
            consume(bursty, "all").then((in_) => [2, in_]),
            consume(bursty, "all").then((in_) => [2, in_]),
        ]);
        for (const [which, in_] of results) {
            asked[which] += 1;
            passed[which] += in_;
        }
    });
    check(passed[0] === POINTS, `${passed[0]} let through of ${POINTS}`);
    check(passed[1] <= POINTS && passed[1] > POINTS - 10, `through the proxy ${passed[1]} let through of ${POINTS}`);
    check(passed[2] === 10, `${passed[2]} let through of 5 and a burst of 5`);
    return { asked, "let through": passed, steps };
});
