import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal, type Registration } from "@qumo/shared/topology";
import { countTexts, NO_ANNOUNCES } from "./capacity.ts";
import type { Command } from "./command.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { lastLifeOf, placeHeartbeat } from "./fencing.ts";
import { mismatch } from "./match.ts";
import { type Change, compareLives, type RelayRecord, type Version } from "./model.ts";
import { beatenRecord, blankRecord, type RelayEntry, UNMEASURED } from "./relay_entry.ts";

type Register = Extract<Command, { kind: "register" }>;

/** Applies a relay's heartbeat, which may start a life and may change nothing. */
export function register(command: Register, context: DecisionContext): Outcome<Decision, Refusal> {
  const { name, body, match, wall } = command;
  const { state, controller, smoothing } = context;
  const revoked = revokedRefusal(name, wall, state);
  if (revoked !== undefined) return refused(revoked);
  const entry = state.relays.get(name);
  const stale = mismatch(entry, match);
  if (stale !== undefined) return refused(stale);
  const place = placeHeartbeat(name, body, { last: lastLifeOf(state, name), controller, wall });
  if (!place.ok) return place;
  const { version, isRepeated } = place.value;
  const living = entry !== undefined && compareLives(entry.record.version, version) === 0
    ? entry
    : undefined;
  const base = living?.record ?? blankRecord(name, place.value);
  const { record, measured } = living?.repeats(body) ? living : beatenRecord(base, body, {
    measured: living?.measured ?? UNMEASURED,
    version,
    weight: isRepeated ? 0 : smoothing,
  });
  if (isRepeated && record !== base) {
    const message = `${name} already sent ${version.seq}, and it was not this`;
    return refused(refusal("stale_sequence", message));
  }
  // Announces that were made for a relay before it registered stay when it registers.
  const kept = living ?? (entry?.record.registered === false ? entry : undefined);
  const own = body.announces ? countTexts(body.announces) : kept?.announced ?? NO_ANNOUNCES;
  const full = state.capacityRefusal(entry, own);
  if (full !== undefined) return refused(full);
  return done(take({ body, living, kept, record, measured, version, isRepeated }, context));
}

/** The refusal of a relay whose name is revoked at `wall`; undefined for any other one. */
export function revokedRefusal(
  name: string,
  wall = 0,
  { access }: Pick<DecisionContext["state"], "access">,
): Refusal | undefined {
  const rule = access.revokedSubject(name, wall);
  if (rule === undefined) return undefined;
  const { reason = "" } = rule;
  const why = reason === "" ? "" : `: ${reason}`;
  return refusal("relay_revoked", `The relay ${name} is revoked${why}`);
}

/** An accepted heartbeat with what was known of its relay. */
interface Heartbeat {
  readonly body: Registration;
  /** The life that it continues; `undefined` when it starts one. */
  readonly living: RelayEntry | undefined;
  /** The entry whose announces stay while the heartbeat lists none. */
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
  alive.renewed(state.stalledMs);
  alive.beat = version.seq;
  if (!isRepeated) {
    alive.measured = heartbeat.measured;
    if (record !== alive.record) changes.push({ kind: "relay", record: alive.record = record });
    alive.applied(body);
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
