"""Makes requests with aiomoqt, each with the token that it is told, and says how each was answered."""

import asyncio
import json
import sys

from aiomoqt.client import MOQTClient
from aiomoqt.messages import AuthTokenRef
from aiomoqt.types import AuthTokenAliasType, MOQTRequestError, ParamType
from aiomoqt.utils.url import parse_relay_url

OUT_OF_BAND = 0


def say(what):
    print(json.dumps(what), flush=True)


def shown(token):
    """A token as the library takes it: a value, or an operation on the relay's cache."""
    if "operation" not in token:
        return token["value"].encode()
    operation = AuthTokenAliasType[token["operation"]]
    value = token.get("value", "").encode()
    return AuthTokenRef(operation, token["alias"], OUT_OF_BAND, value)


def made(session, request, options):
    track = ("live", "track")
    match request:
        case "subscribe":
            return session.subscribe(*track, **options)
        case "fetch":
            return session.fetch(*track, end_group=1, **options)
        case "track_status":
            return session.track_status(*track, **options)
        case "publish_namespace":
            return session.publish_namespace(("cam",), **options)
        case "publish":
            return session.publish(("cam",), "track", **options)
        case "subscribe_namespace":
            return session.subscribe_namespace("live", **options)


async def main(url, draft):
    relay = parse_relay_url(url)
    client = MOQTClient(
        relay.host,
        relay.port,
        path=relay.path,
        use_quic=relay.use_quic,
        verify_tls=False,
        supported_drafts=int(draft),
    )
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    async with client.connect() as session:
        await session.client_session_init()
        while line := await lines.readline():
            told = json.loads(line)
            token = told.get("token")
            parameters = {} if token is None else {ParamType.AUTH_TOKEN: shown(token)}
            options = {"parameters": parameters, "wait_response": True}
            try:
                await made(session, told["request"], options)
                say({})
            except MOQTRequestError as refused:
                say({"code": refused.error_code, "reason": refused.reason})


asyncio.run(main(*sys.argv[1:]))
