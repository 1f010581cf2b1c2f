// Socket.IO: two servers with each adapter. Publish/subscribe at nodes that survive, the stream through the proxy: what is sent while its connection
// is cut is read from the stream afterwards, though what was sent on it may be sent again. Every client, at either server, gets every message in order.

import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { check, DB, load, noteErrors, PROXY, run, SURVIVOR, until } from "./common.mjs";

function redis(port) {
    const client = new Redis({ port, db: DB, maxRetriesPerRequest: null });
    noteErrors(client);
    return client;
}

async function pair(adapter) {
    const servers = [];
    const clients = [];
    for (let index = 0; index < 2; index += 1) {
        const http = createServer().listen(0, "127.0.0.1");
        await new Promise((resolve) => http.once("listening", resolve));
        const server = new Server(http, { adapter: adapter() });
        server.on("connection", (socket) => socket.join("room"));
        const received = [];
        const socket = connect(`http://127.0.0.1:${http.address().port}`, { transports: ["websocket"] });
        socket.on("message", (number) => received.push(number));
        await new Promise((resolve) => socket.once("connect", resolve));
        servers.push(server);
        clients.push(received);
    }
    await until(async () => (await servers[0].in("room").fetchSockets()).length === 2, "both servers know each other");
    return { servers, clients };
}

await run(async () => {
    const published = await pair(() => createAdapter(redis(SURVIVOR), redis(SURVIVOR)));
    const streamed = await pair(() => createStreamsAdapter(redis(PROXY), { channelPrefix: "streamed" }));
    const steps = await load(async (number) => {
        published.servers[number % 2].to("room").emit("message", number);
        streamed.servers[0].to("room").emit("message", number);
    });
    const all = [published, streamed].flatMap(({ clients }) => clients);
    await until(() => all.every((received) => new Set(received).size === steps), () => `${all.map((received) => received.length)} of ${steps}`);
    // In order are the messages of each server: one does not wait for the other.
    const expected = [...Array(steps).keys()];
    for (const received of published.clients) {
        for (const part of [0, 1]) {
            const [found, sent] = [received, expected].map((numbers) => numbers.filter((number) => number % 2 === part));
            check(found.join() === sent.join(), `published ${received}`);
        }
    }
    for (const received of streamed.clients) {
        check([...new Set(received)].join() === expected.join(), `streamed ${received}`);
    }
    check((await published.servers[0].in("room").fetchSockets()).length === 2, "the servers have lost each other");
    return { messages: 2 * steps, received: all.reduce((sum, received) => sum + received.length, 0) };
});
