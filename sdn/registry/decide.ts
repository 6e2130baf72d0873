import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import { NO_ANNOUNCES } from "./capacity.ts";
import type { Command } from "./command.ts";
import { decideAccess } from "./decide_access.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { lastLifeOf, placeHeartbeat } from "./fencing.ts";
import { register, revokedRefusal } from "./heartbeat.ts";
import { mismatch } from "./match.ts";
import { blankRecord } from "./relay_entry.ts";

type Of<Kind extends Command["kind"]> = Extract<Command, { kind: Kind }>;

/** Applies a command to the state, or refuses it. */
export function decide(command: Command, context: DecisionContext): Outcome<Decision, Refusal> {
  switch (command.kind) {
    case "register":
      return register(command, context);
    case "deregister":
      return deregister(command, context);
    case "drain":
      return drain(command, context);
    case "announce":
      return announce(command, context);
    case "withdraw":
      return withdraw(command, context);
    case "revoke":
    case "unrevoke":
    case "policy":
      return decideAccess(command, context);
    default:
      return command satisfies never;
  }
}

function deregister({ name, match }: Of<"deregister">, { state, now }: DecisionContext) {
  const entry = state.relays.get(name);
  const stale = mismatch(entry, match);
  if (stale !== undefined) return refused(stale);
  if (entry === undefined) return noRelay(name);
  return done({ changes: [state.endLife(entry, "deregistered", now)] });
}

function drain({ name, on }: Of<"drain">, { state, controller }: DecisionContext) {
  const entry = state.relays.get(name);
  if (entry === undefined) return noRelay(name);
  if ((entry.drain?.on ?? false) === on) return done({ changes: [] });
  const order = { version: entry.mint(entry.drain?.version, controller), on };
  entry.drain = order;
  return done<Decision>({ changes: [{ kind: "drain", relay: name, order }] });
}

function announce(command: Of<"announce">, context: DecisionContext): Outcome<Decision, Refusal> {
  const { relay, track, wall } = command;
  const revoked = revokedRefusal(relay, wall, context.state);
  if (revoked !== undefined) return refused(revoked);
  const { state, now, leaseMs, controller: by } = context;
  const known = state.relays.get(relay);
  const isNew = !known?.announces.has(track);
  const { count, bytes } = known?.announced ?? NO_ANNOUNCES;
  const full = isNew &&
    state.capacityRefusal(known, { count: count + 1, bytes: bytes + track.length });
  if (full) return refused(full);
  const leaseEnd = now + leaseMs;
  if (known !== undefined) {
    const changes = isNew ? [state.announce(known, track, { now, by })] : [];
    if (known.record.registered) return done({ changes });
    // An unregistered relay has no heartbeats: each announce renews its lease.
    state.leases.set(relay, leaseEnd);
    known.heardAt = now;
    known.renewed(state.stalledMs);
    return done({ changes, renews: relay });
  }
  // A relay with epochs registers itself; only one without may be created by an announce.
  if ((state.graveyard.get(relay)?.life.epoch ?? 0) > 0) return noRelay(relay);
  const last = lastLifeOf(state, relay);
  const place = placeHeartbeat(relay, {}, { last, controller: by, wall: undefined });
  if (!place.ok) return place;
  const { entry, changes } = state.begin(blankRecord(relay, place.value), leaseEnd);
  entry.heardAt = now;
  changes.push(state.announce(entry, track, { now, by }));
  return done({ changes, renews: relay });
}

function withdraw({ relay, track }: Of<"withdraw">, { state, controller }: DecisionContext) {
  const entry = state.relays.get(relay);
  if (entry === undefined || !entry.announces.has(track)) {
    return refused(refusal("announce_not_found", "announce entry not found"));
  }
  return done({ changes: [state.withdraw(entry, track, controller)] });
}

function noRelay(name: string) {
  return refused(refusal("relay_not_found", `relay not found: ${name}`));
}
