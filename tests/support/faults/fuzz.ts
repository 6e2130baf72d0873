import type { Draft, LiteVersion } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { longer, SEED } from "../properties.ts";
import type { Move } from "./hostile_connection.ts";
import { HostileWorld } from "./world.ts";

/** What one fuzz test does. */
export interface FuzzOptions {
  /** How many hostile things are sent: messages, streams, datagrams. */
  readonly inputs: number;
  /** Of these kinds, each as often as it is named. */
  readonly moves: readonly Move[];
  /** The most that one session sends. */
  readonly most: number;
  /** The dialect that is spoken; any draft of MoQT when nothing is said. */
  readonly dialect?: Draft | LiteVersion;
}

// Sessions between two looks at what they left behind, whose remains may meet until then.
const REST_EVERY = 50;

// As many of ten sessions at least must be ended by the relay: else what they send is not hostile.
const LEAST_CLOSED = 3;

// In moq-lite most of what is wrong ends one stream alone.
const LEAST_CLOSED_LITE = 0.2;

/** Registers a test that feeds a host hostile sessions until it has been sent so many inputs. */
export function fuzzTest(name: string, { inputs, moves, most, dialect }: FuzzOptions): void {
  Deno.test(`fuzz: ${name}`, async () => {
    const world = new HostileWorld(dialect);
    await world.open();
    // Sessions are numbered, and the number is the seed.
    let seed = SEED;
    try {
      for (; world.inputs < longer(inputs); seed++) {
        await world.session(seed, moves, most);
        if (seed % REST_EVERY === 0) await world.rest();
      }
      await world.rest();
      await world.close();
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      throw new Error(`With seed ${seed}, after ${world.inputs} inputs: ${found}`, {
        cause: error,
      });
    } finally {
      world.stopListening();
    }
    const sessions = seed - SEED;
    const least = dialect === undefined || "family" in dialect ? LEAST_CLOSED : LEAST_CLOSED_LITE;
    assert.ok(world.closed * 10 > sessions * least, `${world.closed} of ${sessions} closed`);
  });
}
