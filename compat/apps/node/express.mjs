// Express over HTTP: express-session with connect-redis through the proxy, and express-rate-limit with rate-limit-redis at a node that survives,
// where the limit is exact. node-redis does not send a command again whose connection was cut: that request fails, and its user repeats it.

import { RedisStore } from "connect-redis";
import express from "express";
import { rateLimit } from "express-rate-limit";
import session from "express-session";
import { RedisStore as LimitStore } from "rate-limit-redis";
import { createClient } from "redis";
import { check, DB, load, noteErrors, PROXY, run, sleep, SURVIVOR } from "./common.mjs";

const LIMIT = 6;

async function client(port) {
    const made = createClient({ socket: { port }, database: DB });
    noteErrors(made);
    await made.connect();
    return made;
}

await run(async () => {
    const [sessions, survivor] = [await client(PROXY), await client(SURVIVOR)];
    const app = express();
    app.use("/visit", session({ store: new RedisStore({ client: sessions }), secret: "proof", resave: false, saveUninitialized: false }));
    app.get("/visit", (request, response) => {
        request.session.user ??= request.query.user;
        request.session.visits = (request.session.visits ?? 0) + 1;
        request.session.save((error) => response.status(error ? 500 : 200).json(request.session));
    });
    const store = new LimitStore({ sendCommand: (...command) => survivor.sendCommand(command) });
    app.get("/limited", rateLimit({ windowMs: 24 * 3600 * 1000, limit: LIMIT, store, legacyHeaders: false }), (_, response) => response.send("in"));
    app.use((error, request, response, next) => response.status(500).send(error.message));
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const base = `http://127.0.0.1:${server.address().port}`;

    const users = [0, 1, 2].map((number) => ({ name: `user-${number}`, cookie: "", visits: 0 }));
    const statuses = [];
    let repeated = 0;
    const steps = await load(async (number) => {
        const user = users[number % 3];
        let answer;
        while ((answer = await fetch(`${base}/visit?user=${user.name}`, { headers: { cookie: user.cookie } })).status === 500) {
            repeated += 1;
            check(repeated < 50, "requests fail again and again");
            await sleep(100);
        }
        user.cookie ||= answer.headers.get("set-cookie").split(";")[0];
        const found = await answer.json();
        check(found.user === user.name, "another user's session, or a new one");
        // A visit whose answer was lost may have counted.
        check(found.visits > user.visits && found.visits <= user.visits + 1 + repeated, `visit ${found.visits} after ${user.visits}`);
        user.visits = found.visits;
        statuses.push((await fetch(`${base}/limited`)).status);
    });
    const right = statuses.every((status, number) => status === (number < LIMIT ? 200 : 429));
    check(right, `limit ${LIMIT}: ${statuses}`);
    const store2 = new RedisStore({ client: sessions });
    check((await store2.length()) === users.length, "number of sessions");
    return { requests: 2 * steps, "let through": LIMIT, repeated };
});
