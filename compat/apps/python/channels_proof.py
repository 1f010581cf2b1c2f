"""Django Channels' layers: messages to channels and to groups, with BZPOPMIN and with publish/subscribe, at nodes that survive."""

import asyncio

import common
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

RECEIVERS = 3
loop = asyncio.new_event_loop()


def layers():
    hosts = [{"address": common.url(common.SURVIVOR), "socket_timeout": common.TIMEOUT_S}]
    yield RedisChannelLayer(hosts=hosts, prefix="core", capacity=1000)
    yield RedisPubSubChannelLayer(hosts=[common.url(common.SURVIVOR)], prefix="pubsub")


async def receive(layer, channel, into):
    while True:
        into.append((await layer.receive(channel))["number"])


async def prepare():
    all_received = []
    for layer in layers():
        received = []
        for _ in range(RECEIVERS):
            channel = await layer.new_channel()
            await layer.group_add("everybody", channel)
            into = []
            tasks.append(asyncio.ensure_future(receive(layer, channel, into)))
            received.append((channel, into))
        all_received.append((layer, received))
    await asyncio.sleep(0.5)
    return all_received


tasks = []


def main():
    receivers = loop.run_until_complete(prepare())

    async def send(number):
        for layer, received in receivers:
            await layer.group_send("everybody", {"type": "note", "number": number})
            await layer.send(received[number % RECEIVERS][0], {"type": "note", "number": -number - 1})
        await asyncio.sleep(0.01)

    steps = common.load(lambda number: loop.run_until_complete(send(number)))
    loop.run_until_complete(asyncio.sleep(2))
    for layer, received in receivers:
        for index, (_, into) in enumerate(received):
            expected = [one for number in range(steps) for one in ([number] + [-number - 1] * (number % RECEIVERS == index))]
            assert into == expected, (type(layer), index, into, expected)
    return {"sent": 4 * steps, "received": sum(len(into) for _, received in receivers for _, into in received)}


if __name__ == "__main__":
    common.run(main)
