/** One row of the import table. */
export interface Row {
  /** A folder with all that is in it, or a file that many may import. */
  readonly from: string;
  /** "top": only the folder's own files and its `config/`, where a program is put together. */
  readonly depth?: "top";
  /** Folders and files of ours that it may take from. */
  readonly may: readonly string[];
  /** Folders of which it may take types alone: what it is given, it must not make or change. */
  readonly types?: readonly string[];
  /** Folders inside the allowed ones that stay closed. */
  readonly never?: readonly RegExp[];
}

/** What every part of sessions may take from, as far as its row does not forbid it. */
const SESSION = [
  "shared/wire",
  "shared/runtime",
  "relay/transport/types.ts",
  "relay/transport/errors.ts",
  "relay/track",
  "relay/vocabulary",
  "relay/views.ts",
  "relay/session",
];
const NEGOTIATION = /^relay\/session\/negotiate\.ts/;

/** Who may import whom. A folder missing here is a decision not taken yet, and fails. */
export const TABLE: readonly Row[] = [
  // Of MoQT's it has the names of why something ends, and nothing else.
  {
    from: "shared/wire/lite",
    may: ["shared/wire"],
    never: [/^shared\/wire\/moqt\/(?!model\/codes\.ts)/],
  },
  { from: "shared/wire", may: ["shared/wire"] },
  { from: "shared/runtime", may: [] },
  { from: "shared/topology", may: ["shared/runtime"] },
  { from: "shared/http", may: ["shared/runtime"] },
  { from: "shared/page", may: [] },
  { from: "shared/acme", may: ["shared/runtime", "shared/http"] },
  { from: "shared/metrics", may: [] },
  { from: "relay/vocabulary", may: [] },
  { from: "relay/views.ts", may: [] },
  {
    from: "relay/transport",
    may: ["shared/runtime", "shared/wire/varint.ts", "relay/vocabulary"],
  },
  {
    from: "relay/track",
    // Of the formats only values: names, locations, what objects and tracks say of themselves. No codec,
    // no integer and no draft, so that what is kept is the same in whatever dialect it came.
    may: [
      "relay/vocabulary",
      "shared/runtime",
      "shared/wire/equal_bytes.ts",
      "shared/wire/errors.ts",
      "shared/wire/location.ts",
      "shared/wire/moqt/model/filter.ts",
      "shared/wire/moqt/model/group_order.ts",
      "shared/wire/names.ts",
      "shared/wire/object.ts",
      "shared/wire/properties.ts",
    ],
  },
  // Rooms of sessions, from the lowest: what they share, then who asks, who is asked, and who answers.
  { from: "relay/session/delivery", may: SESSION, never: [NEGOTIATION, /^relay\/session\/moqt/] },
  // How one dialect writes what the model keeps.
  {
    from: "relay/session/moqt/dialect",
    may: ["shared/wire", "shared/runtime", "relay/track", "relay/session/fetch_output.ts"],
  },
  { from: "relay/session/lite/dialect", may: ["shared/wire", "shared/runtime", "relay/track"] },
  {
    from: "relay/session/moqt/connection",
    may: SESSION,
    never: [NEGOTIATION, /^relay\/session\/(delivery|moqt\/(?!connection\/))/],
  },
  {
    from: "relay/session/moqt/requests",
    may: SESSION,
    never: [NEGOTIATION, /^relay\/session\/(delivery|moqt\/(?!(connection|requests)\/))/],
  },
  {
    from: "relay/session/moqt/subscriber",
    may: SESSION,
    never: [NEGOTIATION, /^relay\/session\/(delivery|moqt\/(publisher\/|[^/]*\.ts))/],
  },
  {
    from: "relay/session/moqt/publisher",
    may: SESSION,
    never: [NEGOTIATION, /^relay\/session\/moqt\/[^/]*\.ts/],
  },
  {
    from: "relay/session/moqt/dialect",
    may: SESSION,
    never: [NEGOTIATION, /^relay\/session\/moqt\/(?!dialect\/)/],
  },
  { from: "relay/session/moqt", may: SESSION, never: [NEGOTIATION] },
  { from: "relay/session/lite", may: SESSION, never: [NEGOTIATION, /^relay\/session\/moqt/] },
  // The one file that knows the protocols by name.
  {
    from: "relay/session",
    may: SESSION,
    never: [/^relay\/session\/(delivery|(moqt|lite)\/(?!session\.ts))/],
  },
  {
    from: "relay/upstream",
    may: [
      "shared",
      "relay/track",
      "relay/session",
      "relay/transport/types.ts",
      "relay/control_plane",
      "relay/vocabulary",
      "relay/views.ts",
    ],
  },
  {
    // It decides, behind a port of the sessions, and knows none of them.
    from: "relay/access",
    may: [
      "shared/runtime",
      "shared/topology",
      "shared/wire/names.ts",
      "shared/wire/equal_bytes.ts",
      "relay/vocabulary",
    ],
    types: [
      "relay/session/metrics.ts",
      "relay/session/rights.ts",
      "relay/session/settings.ts",
    ],
  },
  { from: "relay/control_plane", may: ["shared/topology", "shared/runtime"] },
  {
    // A publisher and a subscriber of the model like any other, without a session.
    from: "relay/media",
    may: [
      "shared/runtime",
      "shared/wire/equal_bytes.ts",
      "shared/wire/limits.ts",
      "shared/wire/location.ts",
      "shared/wire/names.ts",
      "shared/wire/object.ts",
      "shared/wire/properties.ts",
      "shared/wire/varint.ts",
      // A timestamp as the property that LOC has for it.
      "shared/wire/lite/properties.ts",
      "relay/track",
      "relay/vocabulary",
      "relay/views.ts",
    ],
    // Who may have what is decided as for sessions.
    types: ["relay/session/rights.ts"],
  },
  {
    // Behind an interface of the model, which knows of no file.
    from: "relay/disk",
    may: [
      "shared/runtime",
      "shared/wire/errors.ts",
      "shared/wire/location.ts",
      "shared/wire/moqt/model/group_order.ts",
      "shared/wire/names.ts",
      "shared/wire/properties.ts",
      "relay/track",
      "relay/vocabulary",
    ],
  },
  { from: "relay/page", may: ["shared/page"] },
  {
    // It reads plain data: no sessions, no tracks, and no counters that are still counting.
    from: "relay/ops",
    may: [
      "shared/runtime",
      "shared/http",
      "shared/metrics",
      "shared/page",
      "relay/vocabulary",
      "relay/views.ts",
    ],
    types: ["relay/counts.ts"],
  },
  // It looks at what the whole program needs, in its own words.
  { from: "relay/doctor", may: ["relay", "shared"] },
  // It is a program of its own in the same executable.
  { from: "relay/client", may: ["relay", "shared"] },
  { from: "relay", depth: "top", may: ["relay", "shared"] },
  { from: "sdn/graph", may: ["shared/topology"] },
  { from: "sdn/registry", may: ["shared/topology", "shared/runtime"] },
  { from: "sdn/events", may: ["sdn/registry", "sdn/graph", "shared"] },
  { from: "sdn/history", may: ["sdn/registry", "sdn/graph", "shared"] },
  { from: "sdn/store", may: ["sdn/registry", "sdn/events", "shared"] },
  { from: "sdn/sync", may: ["sdn/registry", "shared"] },
  {
    from: "sdn/control",
    may: [
      "shared",
      "sdn/registry",
      "sdn/graph",
      "sdn/events",
      "sdn/history",
      "sdn/store/types.ts",
      "sdn/sync/access_exchange.ts",
      "sdn/sync/exchange.ts",
    ],
  },
  {
    from: "sdn/http",
    may: [
      "shared",
      "sdn/control/access_answers.ts",
      "sdn/control/answers.ts",
      "sdn/control/cursor.ts",
      "sdn/sync/access_message.ts",
      "sdn/sync/message.ts",
      "sdn/sync/wire.ts",
    ],
    types: ["sdn/control", "sdn/registry", "sdn/sync"],
  },
  { from: "sdn/dashboard", may: ["shared"] },
  {
    from: "sdn/client",
    may: ["shared"],
    types: ["sdn/control/answers.ts", "sdn/control/access_answers.ts", "sdn/process.ts"],
  },
  { from: "sdn", depth: "top", may: ["sdn", "shared"] },
];

/** Something that only some files may touch. */
export interface Place {
  readonly what: string;
  /** Searched in code, where comments and texts are blanked but the names of built-in modules stand. */
  readonly pattern: RegExp;
  /** The files that may. */
  readonly where: readonly RegExp[];
  /** The tests that may: all of them when nothing is said. */
  readonly tests?: readonly RegExp[];
}

/** Where the runtime, time and the console may appear. */
export const PLACES: readonly Place[] = [
  {
    what: "the runtime",
    pattern: /\bDeno\b|"node:(?:child_process|dgram|fs|http2?|https|net|os|process|tls)\b/g,
    where: [
      /(^|\/)(main|config)\.ts$/,
      /(^|\/)config\//,
      // What fetch cannot: ask over TLS without verifying whom.
      /^shared\/runtime\/own_answer\.ts$/,
      // A library is told by the environment alone to leave machine code where it is.
      /^relay\/access\/cat\/no_native_cbor\.ts$/,
      /^relay\/transport\/quic[^/]*\.ts$/,
      /^relay\/disk\/deno_files\.ts$/,
      /^relay\/media\/rtmp\/listener\.ts$/,
      /^sdn\/store\/(sqlite[^/]*|data_dir)\.ts$/,
      /^shared\/acme\/folder\.ts$/,
      /^shared\/http\/(listener|exchange|tls_detector|upgrade)\.ts$/,
    ],
  },
  {
    what: "clocks and timers",
    pattern:
      /(?<!(?<!\bglobalThis)\.)\b(?:setTimeout|setInterval|setImmediate)\b|\bperformance\s*\.|\bDate\s*\.\s*now\b|\bnew\s+Date(?!\s*\(\s*[^)\s])\b|\bAbortSignal\s*\.\s*timeout\b|"node:(?:timers|perf_hooks)\b/g,
    where: [/^shared\/runtime\/clock\.ts$/],
  },
  {
    // Everything else speaks the dialect that it is given.
    what: "a draft by its number",
    pattern: /\b(?:draft|data)[12]\d\b/g,
    where: [/^shared\/wire\/moqt\/drafts\//],
    tests: [/^shared\/wire\//],
  },
  {
    // Views of memory that is there, and none, are made by everybody; control messages are no payload.
    what: "memory for payloads",
    pattern: /\bnew\s+Uint8Array\s*\((?!\s*(?:\)|0\s*\)|[\w.]+\.buffer\b))/g,
    where: [
      /^(?!relay\/(?:track|session)\/)/,
      /^relay\/track\/objects\/pages\.ts$/,
      /^relay\/session\/moqt\/requests\//,
    ],
  },
  { what: "the console", pattern: /\bconsole\b/g, where: [/(^|\/)main\.ts$/] },
];
