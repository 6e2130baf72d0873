import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal, type Registration } from "@qumo/shared/topology";
import { countTexts, NO_ANNOUNCES } from "./admission.ts";
import type { Command } from "./command.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { lastWordOn, placeHeartbeat } from "./fencing.ts";
import { mismatch } from "./match.ts";
import { type Change, compareLives, type RelayRecord, type Version } from "./model.ts";
import { beatenRecord, blankRecord, type RelayEntry } from "./relay_entry.ts";

type Register = Extract<Command, { kind: "register" }>;

/** Takes a relay's heartbeat, which may begin a life, and may say nothing new. */
export function register(command: Register, context: DecisionContext): Outcome<Decision, Refusal> {
  const { name, body, match, wall } = command;
  const { state, controller, smoothing } = context;
  const entry = state.relays.get(name);
  const stale = mismatch(entry, match);
  if (stale !== undefined) return refused(stale);
  const place = placeHeartbeat(name, body, { last: lastWordOn(state, name), controller, wall });
  if (!place.ok) return place;
  const { version, isRepeated } = place.value;
  const living = entry !== undefined && compareLives(entry.record.version, version) === 0
    ? entry
    : undefined;
  const base = living?.record ?? blankRecord(name, place.value);
  const { record, measured } = living?.hasHeard(body) ? living : beatenRecord(base, body, {
    measured: living?.measured ?? new Map(),
    version,
    weight: isRepeated ? 0 : smoothing,
  });
  if (isRepeated && record !== base) {
    const message = `${name} already sent ${version.seq}, and it was not this`;
    return refused(refusal("stale_sequence", message));
  }
  // What was announced for a relay before it registered is not taken back because it does.
  const kept = living ?? (entry?.record.registered === false ? entry : undefined);
  const own = body.announces ? countTexts(body.announces) : kept?.announced ?? NO_ANNOUNCES;
  const crowded = state.crowded(entry, own);
  if (crowded !== undefined) return refused(crowded);
  return done(take({ body, living, kept, record, measured, version, isRepeated }, context));
}

/** A heartbeat that is not refused, and what was known of its relay. */
interface Heartbeat {
  readonly body: Registration;
  /** The life that goes on with it. */
  readonly living: RelayEntry | undefined;
  /** Whose announces hold as long as it says nothing of them. */
  readonly kept: RelayEntry | undefined;
  readonly record: RelayRecord;
  readonly measured: RelayEntry["measured"];
  readonly version: Version;
  readonly isRepeated: boolean;
}

function take(heartbeat: Heartbeat, context: DecisionContext): Decision {
  const { body, living, kept, record, version, isRepeated } = heartbeat;
  const { state, now, leaseMs } = context;
  const { name } = record;
  const leaseEnd = now + leaseMs;
  const begun = living === undefined ? state.begin(record, leaseEnd) : undefined;
  const changes = begun?.changes ?? [];
  const alive = living ?? begun?.entry as RelayEntry;
  state.leases.set(name, leaseEnd);
  alive.heardAt = now;
  alive.beat = version.seq;
  if (!isRepeated) {
    alive.measured = heartbeat.measured;
    if (record !== alive.record) changes.push({ kind: "relay", record: alive.record = record });
    alive.hear(body);
    const announces = body.announces ?? (begun && kept && [...kept.announces.keys()]);
    if (announces) changes.push(...replaceAnnounces(alive, announces, context));
  }
  changes.push(...state.flows.beat(name, body.flows, leaseEnd));
  const expected = body.announces_digest;
  const resendAnnounces = expected !== undefined && alive.digest !== expected;
  return { changes, renews: name, leaseEnd, resendAnnounces };
}

function replaceAnnounces(
  entry: RelayEntry,
  tracks: readonly string[],
  { state, now, controller: by }: DecisionContext,
): Change[] {
  const wanted = new Set(tracks);
  const unwanted = [...entry.announces.keys()].filter((track) => !wanted.has(track));
  const missing = [...wanted].filter((track) => !entry.announces.has(track));
  return [
    ...unwanted.map((track) => state.withdraw(entry, track, by)),
    ...missing.map((track) => state.announce(entry, track, { now, by })),
  ];
}
