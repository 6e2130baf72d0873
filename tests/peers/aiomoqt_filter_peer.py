"""Subscribes with aiomoqt to objects 1 to 2 and 4 of each group, and says what came as lines of JSON."""

import asyncio
import json
import sys

from aiomoqt.client import MOQTClient
from aiomoqt.messages.params import RangeFilter
from aiomoqt.utils.url import parse_relay_url

OBJECTID_FILTER = 0x26


def say(what):
    print(json.dumps(what), flush=True)


def came(message, size, time, group_id=None, subgroup_id=None):
    say([group_id, message.object_id])


async def main(url, draft):
    relay = parse_relay_url(url)
    client = MOQTClient(
        relay.host,
        relay.port,
        path=relay.path or "",
        use_quic=relay.use_quic,
        verify_tls=False,
        supported_drafts=int(draft),
    )
    async with client.connect() as session:
        await session.client_session_init()
        await session.subscribe(
            namespace="live",
            track_name="track",
            parameters={OBJECTID_FILTER: [RangeFilter(0, ((1, 2), (4, 4)))]},
            wait_response=True,
            on_object=came,
        )
        say("subscribed")
        await asyncio.sleep(60)


asyncio.run(main(*sys.argv[1:]))
