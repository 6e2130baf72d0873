import { must, type Rule, should } from "../rule.ts";

/** Establishing a session: versions, URIs and SETUP. */
export const SESSION: readonly Rule[] = [
  must(
    "R-001",
    "session-establishment",
    "Every connection that carries MoQT has QUIC datagrams negotiated, WebTransport sessions " +
      "included.",
  ),
  must(
    "R-002",
    "session-establishment",
    "The version is one token: the ALPN on raw QUIC, the WT-Protocol answer on WebTransport. " +
      "Without a common token the handshake fails or the session closes with " +
      "VERSION_NEGOTIATION_FAILED.",
  ),
  must(
    "R-003",
    "moqt-uri-scheme",
    "A URI without a host is refused, 443 stands in for a missing port, and moqt:// becomes " +
      "https:// with the same authority and path when it is dialled over WebTransport.",
  ),
  must(
    "R-004",
    "extension-negotiation",
    "The relay's SETUP carries every option that the negotiated version asks of its role.",
  ),
  must(
    "R-005",
    "session-init",
    "Each side opens one unidirectional control stream, and SETUP is the first message on it.",
  ),
  must(
    "R-006",
    "message-setup",
    "The relay sends SETUP at once, whether or not the peer's has come, and takes messages " +
      "that were sent right behind the peer's SETUP.",
  ),
  should(
    "R-007",
    "session-init",
    "Requests and objects that come before the peer's SETUP are kept within a limit and " +
      "served once set-up is complete; beyond the limit request streams are refused.",
  ),
  must(
    "R-008",
    "message-setup",
    "Setup options that the relay does not know are ignored, even when repeated; it never " +
      "repeats one of its own.",
  ),
  must(
    "R-009",
    "path",
    "PATH and AUTHORITY come from raw QUIC clients alone. From a server, over WebTransport or " +
      "for a place not served here the session closes with INVALID_PATH or INVALID_AUTHORITY; " +
      "bad syntax closes it with MALFORMED_PATH or MALFORMED_AUTHORITY.",
  ),
  must(
    "R-010",
    "path",
    "Dialling a moqt URI over raw QUIC, the relay sends its authority as AUTHORITY and its " +
      "path with query as PATH.",
  ),
  should(
    "R-011",
    "moqt-implementation",
    "MOQT_IMPLEMENTATION carries the relay's own short name and major version, nothing that " +
      "tells machines apart, and can be switched off.",
  ),
  should(
    "R-012",
    "session-init",
    "No message parameter of an extension leaves before the peer's SETUP has agreed to the " +
      "extension.",
  ),
  must(
    "R-013",
    "track-scope",
    "Authority and path of the set-up are the scope of a session: equal track names in " +
      "different scopes are different tracks unless configuration joins the scopes.",
  ),
  must(
    "R-014",
    "reserved-namespaces",
    "A request for a namespace that begins with a lone dot gets DOES_NOT_EXIST and nothing is " +
      "published there; other namespaces that begin with a dot are treated like any other.",
  ),
  must(
    "R-015",
    "session-level-tracks",
    "Requests under .session never reach another session, and names there that the relay does " +
      "not define, the empty one among them, get DOES_NOT_EXIST.",
  ),
  must(
    "R-016",
    "rtt",
    "Early data may wait, or be refused, until the handshake is complete.",
    {
      doesNotApply:
        "The relay accepts no early data: a connection is handed over only after its handshake.",
    },
  ),
  must(
    "R-017",
    "moqt-16#message-max-request-id",
    "Request ids are granted by MAX_REQUEST_ID, which only grows and is never exceeded by " +
      "either side.",
    {
      doesNotApply:
        "Draft 18 has no MAX_REQUEST_ID; the limit on bidirectional streams bounds requests.",
    },
  ),
  should(
    "R-018",
    "moqt-16#message-requests-blocked",
    "REQUESTS_BLOCKED is sent once for each maximum and never relied on.",
    { doesNotApply: "Draft 18 has no REQUESTS_BLOCKED." },
  ),
];
