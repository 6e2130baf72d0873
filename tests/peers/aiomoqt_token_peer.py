"""Comes in with aiomoqt and a token, publishes a namespace, and stays for as long as it may."""

import asyncio
import sys
from urllib.parse import urlparse

from aiomoqt.client import MOQTClient
from aiomoqt.types import SetupParamType
from aiomoqt.utils.url import parse_relay_url


def path_of(url):
    parsed = urlparse(url)
    if parsed.scheme == "https" and parsed.query:
        # What the library parses has lost the token; its client sends a path that has one.
        assert parse_relay_url(url).path == parsed.path
    return parsed.path + (f"?{parsed.query}" if parsed.query else "")


async def main(url, draft, place, token):
    relay = parse_relay_url(url)
    client = MOQTClient(
        relay.host,
        relay.port,
        path=path_of(url),
        use_quic=relay.use_quic,
        verify_tls=False,
        supported_drafts=int(draft),
    )
    setup = {SetupParamType.AUTH_TOKEN: token.encode()} if token and place == "SETUP" else {}
    async with client.connect() as session:
        await session.client_session_init(parameters=setup)
        await session.publish_namespace(("cam",), wait_response=True)
        await session.async_closed()


asyncio.run(main(*sys.argv[1:]))
