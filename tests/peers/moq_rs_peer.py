"""moq-dev's Rust library for a test: commands come, and answers go, as lines of JSON."""

import asyncio
import base64
import itertools
import json
import sys

import moq


def decoded(text):
    return base64.b64decode(text)


class Peer:
    """One method a command. What lives on between commands has a number."""

    def __init__(self, client):
        self.client = client
        self.broadcasts = {}
        self.tracks = {}
        self.things = {}
        self.present = set()
        self.changed = asyncio.Condition()
        self.numbers = itertools.count()

    def keep(self, thing):
        number = next(self.numbers)
        self.things[number] = thing
        return number

    async def publish(self, path, tracks):
        broadcast = self.broadcasts[path] = self.client.create_broadcast(path)
        for name in tracks:
            self.tracks[path, name] = broadcast.publish_track(name)
        broadcast.announce()

    async def publish_video(self, path):
        broadcast = self.broadcasts[path] = self.client.create_broadcast(path)
        video = broadcast.publish_video_stream(moq.VideoFormat.AVC3)
        broadcast.announce()
        return self.keep(video)

    async def write_video(self, number, data):
        self.things[number].write(decoded(data))

    async def start_group(self, path, track):
        group = self.tracks[path, track].append_group()
        return {"number": self.keep(group), "id": group.sequence}

    async def write(self, number, data):
        self.things[number].write_frame(decoded(data))

    async def end_group(self, number):
        self.things.pop(number).finish()

    async def subscribed(self, path, track):
        await self.tracks[path, track].demand().used()

    async def unsubscribed(self, path, track):
        await self.tracks[path, track].demand().unused()

    async def end(self, path):
        for (owner, _), track in self.tracks.items():
            if owner == path:
                track.finish()
        self.broadcasts.pop(path).close()

    async def follow_announcements(self):
        async for update in self.client.announced():
            if update.active:
                self.present.add(update.prefix)
            else:
                self.present.discard(update.prefix)
            async with self.changed:
                self.changed.notify_all()

    async def announced(self, path):
        async with self.changed:
            await self.changed.wait_for(lambda: path in self.present)

    async def withdrawn(self, path):
        async with self.changed:
            await self.changed.wait_for(lambda: path not in self.present)

    async def watch(self, path, track):
        broadcast = await self.client.announced_broadcast(path)
        return self.keep(objects(await broadcast.subscribe_track(track)))

    async def catalog(self, path):
        broadcast = await self.client.announced_broadcast(path)
        return str(await broadcast.catalog())

    async def next(self, number):
        return await anext(self.things[number], None)

    async def stop(self, number):
        await self.things.pop(number).aclose()


async def objects(track):
    async with track:
        async for group in track:
            object_id = 0
            async for frame in group:
                data = base64.b64encode(frame.payload).decode()
                yield {"group": group.sequence, "object": object_id, "payload": data}
                object_id += 1


def say(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


async def answer(peer, number, command, arguments):
    try:
        say(number=number, result=await getattr(peer, command)(*arguments))
    except Exception as error:
        say(number=number, error=f"{command}: {error!r}")


async def main(url, fingerprint, level):
    moq.log_level(level)
    reader = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    client = moq.Client(
        url, tls_fingerprints=[fingerprint], websocket_enabled=False, reconnect=False
    )
    async with client, asyncio.TaskGroup() as answers:
        say(number=0, result=None)
        peer = Peer(client)
        answers.create_task(peer.follow_announcements())
        while line := await reader.readline():
            command = json.loads(line)
            answers.create_task(answer(peer, **command))
        sys.exit()


asyncio.run(main(*sys.argv[1:]))
