import { type AnnounceEvent, type LiteSetup, type LiteVersion } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { Session } from "../../relay/session/session.ts";
import {
  type AskedFeed,
  type HeardAnnouncements,
  type HeardGroup,
  ScriptedLite,
} from "../support/peers/scripted_lite.ts";
import { type ConnectOptions, SessionWorld } from "../support/worlds/session_world.ts";

/** The broadcast of a publisher, and the publisher's hop id. */
export const PATH = "live/cam";
export const NAME = [PATH, "video"] as const;
export const HOP = 77n;

/** A relay with peers of one version of moq-lite. */
export class LiteWorld implements AsyncDisposable {
  readonly version: LiteVersion;
  readonly world: SessionWorld;
  readonly sessions: Session[] = [];

  constructor(version: LiteVersion, world = new SessionWorld()) {
    this.version = version;
    this.world = world;
  }

  /** A peer that has said what it is. */
  async peer(
    setup: Partial<LiteSetup> = {},
    options: ConnectOptions = {},
  ): Promise<ScriptedLite> {
    const { far, session } = this.world.attach({ ...options, protocol: this.version.protocol });
    this.sessions.push(session);
    const peer = new ScriptedLite(far, this.version);
    await peer.say({ probe: 0, ...setup });
    await this.settle();
    return peer;
  }

  /** A peer that says nothing. */
  async silent(): Promise<ScriptedLite> {
    const { far } = this.world.attach({ protocol: this.version.protocol });
    await this.settle();
    return new ScriptedLite(far, this.version);
  }

  /** A peer that announces the broadcast. */
  async publisher(): Promise<ScriptedLite> {
    const peer = await this.peer();
    await peer.announce({ [PATH]: [] }, HOP);
    await this.settle();
    return peer;
  }

  async both(): Promise<
    { publisher: ScriptedLite; viewer: ScriptedLite; sessions: readonly Session[] }
  > {
    const publisher = await this.publisher();
    return { publisher, viewer: await this.peer(), sessions: this.sessions };
  }

  /** The relay's subscription at a publisher, which agrees to it. */
  async feedOf(publisher: ScriptedLite): Promise<AskedFeed> {
    const feed = await publisher.agree();
    await this.settle();
    return feed;
  }

  /** The next group that the relay sends to a peer. */
  async nextGroup(peer: ScriptedLite): Promise<HeardGroup> {
    await this.settle();
    const group = await peer.groups.next();
    assert.ok(group, "The session ended");
    return group;
  }

  /** A group as a peer fetches it. */
  async fetch(
    peer: ScriptedLite,
    group: bigint,
  ): Promise<{ payloads: number[][]; end: HeardGroup["end"] }> {
    const fetched = peer.fetch(NAME, group);
    await this.settle();
    const { frames, end } = await fetched;
    return { payloads: frames.map(({ payload }) => [...payload]), end };
  }

  /** The hops of an announcement as the version can say them. */
  hops(hops: readonly bigint[]): readonly bigint[] {
    return this.version.number === 3 ? hops.map(() => 0n) : hops;
  }

  settle(): Promise<void> {
    return this.world.settle();
  }

  advance(milliseconds: number): Promise<void> {
    return this.world.advance(milliseconds);
  }

  stillPending(promise: Promise<unknown>): Promise<void> {
    return this.world.stillPending(promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }
}

/** The next route that is announced: its suffix, whether it is new, and its hops. */
export async function routeOf(
  announced: HeardAnnouncements,
): Promise<[suffix: string, kind: AnnounceEvent["kind"], hops: readonly bigint[]]> {
  const event = await announced.next();
  assert.ok(
    typeof event === "object" && event.kind !== "end",
    `No route: ${typeof event === "object" ? event.kind : event}`,
  );
  return [event.suffix, event.kind, event.hops];
}

export function bytes(...values: number[]): Uint8Array {
  return Uint8Array.of(...values);
}
