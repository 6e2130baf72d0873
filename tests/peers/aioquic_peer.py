"""One connection for a test, raw QUIC or WebTransport: commands come, and events go, as lines of JSON."""

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

from aioquic_webtransport import WebTransport


def say(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def said(data):
    return base64.b64encode(data).decode()


class RawQuic:
    """The verbs of a session as QUIC has them by itself."""

    def __init__(self, quic):
        self.quic = quic

    def hear(self, event):
        """What an event of QUIC says about the session: names and fields of events."""
        match event:
            case HandshakeCompleted():
                yield "connected", {"protocol": event.alpn_protocol}
            case StreamDataReceived():
                fields = {"stream": event.stream_id, "bytes": event.data, "fin": event.end_stream}
                yield "data", fields
            case DatagramFrameReceived():
                yield "datagram", {"bytes": event.data}

    def open(self, uni):
        stream = self.quic.get_next_available_stream_id(is_unidirectional=uni)
        # Nothing is sent by this, but the number is taken.
        self.quic.send_stream_data(stream, b"")
        return stream

    def code_out(self, code):
        return code

    def code_in(self, code):
        return code

    def send_datagram(self, data):
        self.quic.send_datagram_frame(data)

    def close(self, code, reason):
        self.quic.close(error_code=code, reason_phrase=reason)


class Peer(QuicConnectionProtocol):
    """What arrives becomes an event, what is commanded becomes a frame."""

    closing = False
    session = None

    def quic_event_received(self, event):
        match event:
            case StreamReset():
                say("reset", stream=event.stream_id, code=self.session.code_in(event.error_code))
            case StopSendingReceived():
                say("stopped", stream=event.stream_id, code=self.session.code_in(event.error_code))
            case ConnectionTerminated():
                self.say_closed(event.error_code, event.reason_phrase, self.who_closed(event))
        for name, fields in self.session.hear(event):
            if name == "closed":
                self.say_closed(fields["code"], fields["reason"], "peer")
            else:
                say(name, **{k: said(v) if k == "bytes" else v for k, v in fields.items()})
        self.transmit()

    def who_closed(self, event):
        return "lost" if event.reason_phrase == "Idle timeout" else "peer"

    def say_closed(self, code, reason, by):
        say("closed", code=code, reason=reason, by="local" if self.closing else by)

    def obey(self, command):
        stream = command.get("stream")
        match command["do"]:
            case "open":
                say("opened", stream=self.session.open(command["uni"]))
            case "write":
                self._quic.send_stream_data(stream, base64.b64decode(command["bytes"]))
            case "finish":
                self._quic.send_stream_data(stream, b"", end_stream=True)
            case "reset":
                self._quic.reset_stream(stream, self.session.code_out(command["code"]))
            case "stop":
                self._quic.stop_stream(stream, self.session.code_out(command["code"]))
            case "datagram":
                self.session.send_datagram(base64.b64decode(command["bytes"]))
            case "close":
                self.closing = True
                self.session.close(command["code"], command["reason"])
        self.transmit()


async def commands():
    reader = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main(port, protocol, idle_timeout, webtransport):
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=["h3" if webtransport else protocol],
        verify_mode=ssl.CERT_NONE,
        idle_timeout=float(idle_timeout) / 1000,
        max_datagram_frame_size=65536,
    )
    if keys := os.environ.get("SSLKEYLOGFILE"):
        configuration.secrets_log_file = open(keys, "a", buffering=1)

    def create(quic, **rest):
        peer = Peer(quic, **rest)
        peer.session = WebTransport(quic, protocol, webtransport) if webtransport else RawQuic(quic)
        return peer

    address = {"host": "127.0.0.1", "port": int(port)}
    async with connect(**address, configuration=configuration, create_protocol=create) as peer:
        async for command in commands():
            peer.obey(command)


asyncio.run(main(*sys.argv[1:]))
