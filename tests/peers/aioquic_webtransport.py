"""WebTransport over aioquic's HTTP/3, as a client of the drafts up to 12 or of those since opens it."""

import json

from aioquic.buffer import encode_uint_var
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import (
    DataReceived,
    DatagramReceived,
    HeadersReceived,
    WebTransportStreamDataReceived,
)
from aioquic.quic.events import HandshakeCompleted, StreamDataReceived

# What `:protocol` says, and the settings that clients of that time send with it.
SETTINGS = {
    "webtransport": {0x2B603742: 1, 0xC671706A: 1},
    "webtransport-h3": {
        0x14E9CD29: 1,  # WT_MAX_SESSIONS
        0x2C7CF000: 1,  # WT_ENABLED
        0x2B61: 1 << 20,  # WT_INITIAL_MAX_DATA
        0x2B64: 100,  # WT_INITIAL_MAX_STREAMS_UNI
        0x2B65: 100,  # WT_INITIAL_MAX_STREAMS_BIDI
    },
}
OLD_SETTING = 0x2B603742
CLOSE_SESSION = 0x2843
FIRST_CODE = 0x52E4A40FA8DB


class Http(H3Connection):
    def __init__(self, quic, settings):
        self.settings = settings
        super().__init__(quic, enable_webtransport=True)

    def _get_local_settings(self):
        usual = super()._get_local_settings()
        del usual[OLD_SETTING]
        return usual | self.settings


class WebTransport:
    """The verbs of a session as WebTransport has them."""

    def __init__(self, quic, protocol, name):
        self.quic = quic
        self.protocol = protocol
        self.name = name
        self.http = None
        self.session = None
        self.requests = set()
        self.capsules = b""

    def hear(self, event):
        if isinstance(event, HandshakeCompleted):
            self.http = Http(self.quic, SETTINGS[self.name])
        if self.http is None:
            return
        if isinstance(event, StreamDataReceived) and event.stream_id in self.requests:
            # aioquic takes answers on streams of ours for HTTP.
            yield "data", {"stream": event.stream_id, "bytes": event.data, "fin": event.end_stream}
            return
        for heard in self.http.handle_event(event):
            yield from self.understand(heard)
        if self.session is None and self.http.received_settings is not None:
            self.connect()

    def connect(self):
        self.session = self.quic.get_next_available_stream_id()
        fields = {
            ":method": "CONNECT",
            ":protocol": self.name,
            ":scheme": "https",
            ":authority": "127.0.0.1",
            ":path": "/",
            "wt-available-protocols": json.dumps(self.protocol),
        }
        headers = [(name.encode(), value.encode()) for name, value in fields.items()]
        self.http.send_headers(self.session, headers)

    def understand(self, event):
        match event:
            case HeadersReceived(stream_id=self.session):
                yield from self.answered(dict(event.headers))
            case WebTransportStreamDataReceived():
                fields = {"stream": event.stream_id, "bytes": event.data, "fin": event.stream_ended}
                yield "data", fields
            case DatagramReceived():
                yield "datagram", {"bytes": event.data}
            case DataReceived(stream_id=self.session):
                yield from self.read_capsule(event.data)

    def answered(self, headers):
        if headers[b":status"] != b"200":
            yield "closed", {"code": int(headers[b":status"]), "reason": "refused"}
        else:
            settings = {f"{name:x}": value for name, value in self.http.received_settings.items()}
            protocol = json.loads(headers[b"wt-protocol"])
            yield "connected", {"protocol": protocol, "settings": settings}

    def read_capsule(self, data):
        self.capsules += data
        # The relay sends one capsule, which is short: a type of two bytes and a length of one or two.
        start = 2 + (1 << (self.capsules[2] >> 6)) if len(self.capsules) > 2 else 0
        if len(self.capsules) >= start + 4 and self.capsules[:2] == encode_uint_var(CLOSE_SESSION):
            code = int.from_bytes(self.capsules[start : start + 4])
            yield "closed", {"code": code, "reason": self.capsules[start + 4 :].decode()}

    def open(self, uni):
        stream = self.http.create_webtransport_stream(self.session, is_unidirectional=uni)
        if not uni:
            self.requests.add(stream)
        return stream

    def code_out(self, code):
        return FIRST_CODE + code + code // 0x1E

    def code_in(self, code):
        shifted = code - FIRST_CODE
        return shifted - shifted // 0x1F if shifted >= 0 else code

    def send_datagram(self, data):
        self.http.send_datagram(self.session, data)

    def close(self, code, reason):
        body = code.to_bytes(4) + reason.encode()
        capsule = encode_uint_var(CLOSE_SESSION) + encode_uint_var(len(body)) + body
        self.http.send_data(self.session, capsule, end_stream=True)
