import type { Run } from "./run.ts";
import type { Traffic } from "./traffic.ts";

/** One line of the table: a run, and what it is held against. */
export interface Case {
  readonly name: string;
  readonly about: string;
  /** What is measured. */
  readonly subject: Run;
  /** Measured before and after it: the floor, or the relay without what the case is about. */
  readonly reference: Run;
  /** What goes on beside what is measured, alone: the CPU that it takes is no part of an object's cost. */
  readonly beside?: Run;
  /** Whether `--quick` leaves it out. */
  readonly isLong: boolean;
}

// Dialects and players cut groups at about a second.
const LARGE = { objectBytes: 4096, rate: 60, groupObjects: 60 };
const SMALL = { objectBytes: 1200, rate: 30, groupObjects: 60 };

/** One dialect of each kind: readers of another than the publisher's have a rendering of their own. */
const FAMILIES = { "moqt-16": "MoQT 16", "moqt-22": "MoQT 22", "moq-lite-05": "moq-lite" };

const EVERY_CASE: readonly Case[] = [
  fanOut(50, LARGE),
  { ...fanOut(100, LARGE), isLong: false },
  fanOut(200, LARGE),
  fanOut(300, SMALL),
  fanOut(500, SMALL),
  {
    name: "tracks-100x8",
    about: "100 publishers, 8 readers each, 1200 B, 30/s",
    ...besideFloor({ tracks: 100, ...SMALL }, 800),
    isLong: true,
  },
  family("moqt-16"),
  family("moqt-22"),
  family("moq-lite-05"),
  mixed(),
  webSockets(),
  onDisk(),
  besideMedia(),
  slowReader(),
  idle(),
];

/** The cases there are, or those of this name. */
export function casesNamed(name: string | undefined, quick: boolean): readonly Case[] {
  if (name === undefined) return EVERY_CASE.filter(({ isLong }) => !quick || !isLong);
  return EVERY_CASE.filter((one) => one.name === name);
}

/** What `--case` can be. */
export const CASE_NAMES: readonly string[] = EVERY_CASE.map(({ name }) => name);

function fanOut(readers: number, traffic: Omit<Traffic, "tracks">): Case {
  const { objectBytes, rate } = traffic;
  const size = objectBytes === 4096 ? "4 KiB" : `${objectBytes} B`;
  return {
    name: `fan-out-${readers}`,
    about: `1 publisher, ${readers} readers, ${size}, ${rate}/s`,
    ...besideFloor({ tracks: 1, ...traffic }, readers),
    isLong: true,
  };
}

function family(protocol: keyof typeof FAMILIES): Case {
  const { subject, reference } = besideFloor({ tracks: 1, ...LARGE }, 100);
  return {
    name: protocol === "moq-lite-05" ? "lite-100" : `${protocol}-100`,
    about: `as fan-out-100, but that all readers speak ${FAMILIES[protocol]}`,
    subject: { ...subject, dialects: [protocol] },
    reference,
    isLong: true,
  };
}

/** What the publisher says and what the others want is each made once, and kept. */
function mixed(): Case {
  const { subject, reference } = besideFloor({ tracks: 1, ...LARGE }, 100);
  return {
    name: "mixed-100",
    about: "as fan-out-100, but that readers speak MoQT 16, 18 and 22, and moq-lite, in turns",
    subject: { ...subject, dialects: ["moqt-18", ...Object.keys(FAMILIES)] },
    reference,
    isLong: true,
  };
}

/** The same objects over TCP. */
function webSockets(): Case {
  const { subject } = besideFloor({ tracks: 1, ...LARGE }, 100);
  return {
    name: "websocket-100",
    about: "as fan-out-100, but over WebSocket, against the relay over QUIC",
    subject: { ...subject, isWebSocket: true },
    reference: subject,
    isLong: true,
  };
}

/** The same objects, which the relay writes to disk as well. */
function onDisk(): Case {
  const { subject } = besideFloor({ tracks: 1, ...LARGE }, 100);
  return {
    name: "disk-100",
    about: "as fan-out-100, but with groups on disk, against the relay without",
    subject: { ...subject, isOnDisk: true },
    reference: subject,
    isLong: true,
  };
}

/** The same objects beside all else that a relay does with media. */
function besideMedia(): Case {
  const { subject } = besideFloor({ tracks: 1, ...LARGE }, 100);
  const media = { players: 10, isOnDisk: true };
  return {
    name: "media-100",
    about: "as fan-out-100, but beside an encoder by RTMP, 10 players of HLS and groups on disk",
    subject: { ...subject, ...media },
    reference: subject,
    beside: { ...subject, ...media, traffic: undefined, readers: 0 },
    isLong: true,
  };
}

/** Short groups, so that within the window the relay has to decide what to do about the slow one. */
function slowReader(): Case {
  const traffic = { tracks: 1, ...LARGE, groupObjects: 10 };
  const alone: Run = { server: "relay", traffic, readers: 99, stalled: 0 };
  return {
    name: "slow-1-of-100",
    about: "99 readers beside 1 that never reads, against 99 alone",
    subject: { ...alone, stalled: 1 },
    reference: alone,
    isLong: false,
  };
}

function idle(): Case {
  return {
    name: "idle-500",
    about: "500 sessions and nothing else",
    ...besideFloor(undefined, 500),
    isLong: false,
  };
}

function besideFloor(traffic: Traffic | undefined, readers: number) {
  const floor: Run = { server: "floor", traffic, readers, stalled: 0 };
  return { subject: { ...floor, server: "relay" }, reference: floor } as const;
}
