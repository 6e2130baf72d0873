"""One QUIC connection for a test: commands come, and events go, as lines of JSON."""

import asyncio
import base64
import json
import os
import ssl
import sys

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import (
    ConnectionTerminated,
    DatagramFrameReceived,
    HandshakeCompleted,
    StopSendingReceived,
    StreamDataReceived,
    StreamReset,
)


def say(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


class Peer(QuicConnectionProtocol):
    """What arrives becomes an event, what is commanded becomes a frame."""

    closing = False

    def quic_event_received(self, event):
        match event:
            case HandshakeCompleted():
                say("connected", protocol=event.alpn_protocol)
            case StreamDataReceived():
                text = base64.b64encode(event.data).decode()
                say("data", stream=event.stream_id, bytes=text, fin=event.end_stream)
            case StreamReset():
                say("reset", stream=event.stream_id, code=event.error_code)
            case StopSendingReceived():
                say("stopped", stream=event.stream_id, code=event.error_code)
            case DatagramFrameReceived():
                say("datagram", bytes=base64.b64encode(event.data).decode())
            case ConnectionTerminated():
                say(
                    "closed",
                    code=event.error_code,
                    reason=event.reason_phrase,
                    by="local" if self.closing else self.who_closed(event),
                )

    def who_closed(self, event):
        return "lost" if event.reason_phrase == "Idle timeout" else "peer"

    def obey(self, command):
        stream = command.get("stream")
        match command["do"]:
            case "open":
                say("opened", stream=self.open(command["uni"]))
            case "write":
                self._quic.send_stream_data(stream, base64.b64decode(command["bytes"]))
            case "finish":
                self._quic.send_stream_data(stream, b"", end_stream=True)
            case "reset":
                self._quic.reset_stream(stream, command["code"])
            case "stop":
                self._quic.stop_stream(stream, command["code"])
            case "datagram":
                self._quic.send_datagram_frame(base64.b64decode(command["bytes"]))
            case "close":
                self.closing = True
                self._quic.close(error_code=command["code"], reason_phrase=command["reason"])
        self.transmit()

    def open(self, uni):
        stream = self._quic.get_next_available_stream_id(is_unidirectional=uni)
        # Nothing is sent by this, but the number is taken.
        self._quic.send_stream_data(stream, b"")
        return stream


async def commands():
    reader = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main(port, protocol, idle_timeout):
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=[protocol],
        verify_mode=ssl.CERT_NONE,
        idle_timeout=float(idle_timeout) / 1000,
        max_datagram_frame_size=65536,
    )
    if keys := os.environ.get("SSLKEYLOGFILE"):
        configuration.secrets_log_file = open(keys, "a", buffering=1)
    address = {"host": "127.0.0.1", "port": int(port)}
    async with connect(**address, configuration=configuration, create_protocol=Peer) as peer:
        async for command in commands():
            peer.obey(command)


asyncio.run(main(*sys.argv[1:]))
