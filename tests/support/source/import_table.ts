/** One row of the import table. */
export interface Row {
  /** A folder with all that is in it, or a file that many may import. */
  readonly from: string;
  /** "top": only the folder's own files and its `config/`, where a program is put together. */
  readonly depth?: "top";
  /** Folders and files of ours that it may take from, beside its own: patterns of paths. */
  readonly may?: readonly string[];
  /** Those of which it may take types alone: what it is given, it must not make or change. */
  readonly types?: readonly string[];
}

/** Of the formats only values: no codec, no integer and no draft, so that what is kept is the same in any dialect. */
const VALUES =
  "shared/wire/(equal_bytes|errors|location|names|object|properties|moqt/model/(filter|group_order)).ts";

/** What every part of sessions may take from. The file that knows the protocols by name is not among it. */
const SESSION = [
  "shared/(wire|runtime)",
  "relay/transport/(types|errors).ts",
  "relay/(track|vocabulary|views.ts)",
  "relay/session/(connection|ingest|(?!negotiate)[^/]+.ts)",
];

/** Who may import whom: the first row counts. A folder missing here is a decision not taken yet, and fails. */
export const TABLE: readonly Row[] = [
  // Of MoQT's it has the names of why something ends, and nothing else.
  { from: "shared/wire/lite", may: ["shared/wire/(?!moqt/).+", "shared/wire/moqt/model/codes.ts"] },
  { from: "shared/wire", may: ["shared/wire/lite"] },
  { from: "shared/runtime" },
  { from: "shared/topology", may: ["shared/runtime"] },
  { from: "shared/http", may: ["shared/runtime"] },
  { from: "shared/page" },
  { from: "shared/acme", may: ["shared/(runtime|http)"] },
  { from: "shared/metrics" },
  { from: "relay/vocabulary" },
  { from: "relay/views.ts" },
  { from: "relay/transport", may: ["shared/(runtime|wire/varint.ts)", "relay/vocabulary"] },
  { from: "relay/track", may: ["shared/runtime", VALUES, "relay/vocabulary"] },
  // How one dialect writes what the model keeps.
  {
    from: "relay/session/moqt/dialect",
    may: ["shared/(wire|runtime)", "relay/track", "relay/session/fetch_output.ts"],
  },
  { from: "relay/session/lite/dialect", may: ["shared/(wire|runtime)", "relay/track"] },
  // Rooms of sessions, from the lowest: what they share, then who asks, who is asked, and who answers.
  { from: "relay/session/delivery", may: SESSION },
  { from: "relay/session/moqt/connection", may: SESSION },
  {
    from: "relay/session/moqt/requests",
    may: [...SESSION, "relay/session/moqt/connection"],
  },
  {
    from: "relay/session/moqt/subscriber",
    may: [...SESSION, "relay/session/moqt/(connection|dialect|requests)"],
  },
  {
    from: "relay/session/moqt/publisher",
    may: [...SESSION, "relay/session/(delivery|moqt/(connection|dialect|requests|subscriber))"],
  },
  { from: "relay/session/moqt", may: [...SESSION, "relay/session/(delivery|moqt)"] },
  { from: "relay/session/lite", may: [...SESSION, "relay/session/(delivery|lite)"] },
  { from: "relay/session", may: [...SESSION, "relay/session/(moqt|lite)/session.ts"] },
  {
    from: "relay/upstream",
    may: [
      "shared",
      "relay/(track|session|control_plane|vocabulary|views.ts)",
      "relay/transport/types.ts",
    ],
  },
  {
    // It decides, behind a port of the sessions, and knows none of them.
    from: "relay/access",
    may: ["shared/(runtime|topology)", VALUES, "relay/vocabulary"],
    types: ["relay/session/(metrics|rights|settings).ts"],
  },
  { from: "relay/control_plane", may: ["shared/(topology|runtime)"] },
  {
    // A publisher and a subscriber of the model like any other, without a session. A timestamp it has as the
    // property that LOC has for it, and who may have what is decided as for sessions.
    from: "relay/media",
    may: [
      "shared/runtime",
      VALUES,
      "shared/wire/(limits|varint|lite/properties).ts",
      "relay/(track|vocabulary|views.ts)",
    ],
    types: ["relay/session/rights.ts"],
  },
  // Behind an interface of the model, which knows of no file.
  { from: "relay/disk", may: ["shared/runtime", VALUES, "relay/(track|vocabulary)"] },
  { from: "relay/page", may: ["shared/page"] },
  {
    // It reads plain data: no sessions, no tracks, and no counters that are still counting.
    from: "relay/ops",
    may: ["shared/(runtime|http|metrics|page)", "relay/(vocabulary|views.ts)"],
    types: ["relay/counts.ts"],
  },
  // It looks at what the whole program needs, in its own words.
  { from: "relay/doctor", may: ["relay", "shared"] },
  // It is a program of its own in the same executable.
  { from: "relay/client", may: ["relay", "shared"] },
  { from: "relay", depth: "top", may: ["relay", "shared"] },
  { from: "sdn/graph", may: ["shared/topology"] },
  { from: "sdn/registry", may: ["shared/(topology|runtime)"] },
  { from: "sdn/events", may: ["shared", "sdn/(registry|graph)"] },
  { from: "sdn/history", may: ["shared", "sdn/(registry|graph)"] },
  { from: "sdn/store", may: ["shared", "sdn/(registry|events)"] },
  { from: "sdn/sync", may: ["shared", "sdn/registry"] },
  {
    from: "sdn/control",
    may: [
      "shared",
      "sdn/(registry|graph|events|history|store/types.ts)",
      "sdn/sync/(access_)?exchange.ts",
    ],
  },
  {
    from: "sdn/http",
    may: [
      "shared",
      "sdn/control/(answers|access_answers|cursor).ts",
      "sdn/sync/(message|access_message|wire).ts",
    ],
    types: ["sdn/(control|registry|sync)"],
  },
  { from: "sdn/dashboard", may: ["shared"] },
  {
    from: "sdn/client",
    may: ["shared"],
    types: ["sdn/control/(answers|access_answers).ts", "sdn/process.ts"],
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
