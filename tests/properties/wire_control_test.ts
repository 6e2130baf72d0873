import { DecodeError, type Draft, WHOLE_GROUP } from "@qumo/shared/wire";
import fc from "fast-check";
import assert from "node:assert/strict";
import { arbitrary, arbitraryMessages } from "../support/made_up.ts";
import { type AnyMessage, bodyOf, controlOf, layoutsOf } from "../support/layouts.ts";
import { checkProperty, SEED } from "../support/properties.ts";
import { wireDrafts } from "../support/test_draft.ts";

const ROUND_TRIPS = 150;
const HOSTILE_INPUTS = 400;

/**
 * Decodes hostile bytes. They may be a message or not; but nothing else than a DecodeError comes of
 * them, and what comes has no bytes and no more items than went in.
 */
function decodeHostile(draft: Draft, type: bigint, body: Uint8Array<ArrayBuffer>): void {
  let message: unknown;
  try {
    message = controlOf(draft).decode(type, body);
  } catch (error) {
    assert.ok(error instanceof DecodeError, `${error}`);
    return;
  }
  assertMadeOf(body, message);
}

function assertMadeOf(body: Uint8Array, value: unknown): void {
  if (value instanceof Uint8Array) {
    // What the model says in another way than the wire is written anew.
    const isView = value.buffer === body.buffer;
    assert.ok(isView || value.length <= body.length, "more bytes than there were");
  } else if (Array.isArray(value)) {
    assert.ok(value.length <= body.length, "more items than bytes");
    for (const item of value) assertMadeOf(body, item);
  } else if (typeof value === "object" && value !== null) {
    for (const field of Object.values(value)) assertMadeOf(body, field);
  }
}

/** Whether the draft has no words for this, and understands it all the same. */
function isTolerated(draft: Draft, message: AnyMessage): boolean {
  if (draft.family !== "A" || draft.requests.prefixes !== "control") return false;
  if (message.kind === "subscribePrefix") return message.prefix.length === 0;
  if (message.kind !== "unsubscribePrefix") return false;
  // Draft 14 alone names prefixes by their namespace.
  return draft.version !== undefined && message.namespace === undefined;
}

/** What tokens, orders, filters and ranges are: in every draft, up to draft 19 and from then on. */
const WORDS = ["alias delete", "alias use", "alias register", "alias none"]
  .concat(["groupOrder ascending", "groupOrder descending", "type next_group"])
  .concat(["type largest_object", "type absolute_start", "type absolute_range"]);
const JOINING = ["type standalone", "type relative_joining", "type absolute_joining"];
const FILTERED = ["type filtered", "type none", "type recent_groups"];

/** Notes the words in a message, whose integers must be such. */
function noteWords(value: unknown, into: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === "string") into.add(`${name} ${field}`);
    else if (field === WHOLE_GROUP) into.add(`${name} whole`);
    else if (typeof field === "bigint") assert.ok(field >= 0n && field < WHOLE_GROUP, name);
    else noteWords(field, into);
  }
}

for (const draft of wireDrafts) {
  const control = controlOf(draft);
  const messages = arbitraryMessages(draft);
  for (const { name: kind, type } of layoutsOf(draft)) {
    const any = messages.get(kind)!;

    Deno.test(`${draft.protocol}: any ${kind} comes back as it went out`, () => {
      checkProperty(
        fc.property(any, (message) => {
          const body = bodyOf(control.encode(message), draft);
          assert.deepEqual(control.decode(type, body), message);
        }),
        { numRuns: ROUND_TRIPS },
      );
    });

    Deno.test(`${draft.protocol}: random bytes as ${kind} are refused or read, and nothing else`, () => {
      checkProperty(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          decodeHostile(draft, type, Uint8Array.from(bytes));
        }),
        { numRuns: HOSTILE_INPUTS },
      );
    });

    Deno.test(`${draft.protocol}: a damaged ${kind} is refused or read, and nothing else`, () => {
      checkProperty(
        fc.property(any, arbitrary((random) => random), (message, random) => {
          decodeHostile(draft, type, random.mutated(bodyOf(control.encode(message), draft)));
        }),
        { numRuns: HOSTILE_INPUTS },
      );
    });
  }

  // What is made up is made up by decoders, which might have a word for another.
  Deno.test(`${draft.protocol}: what is made up says all that there are words for`, () => {
    const said = new Set<string>();
    for (const any of messages.values()) {
      for (const message of fc.sample(any, { seed: SEED, numRuns: 300 })) {
        noteWords(message, said);
      }
    }
    const words = [...WORDS, ...draft.number < 20 ? JOINING : FILTERED];
    assert.deepEqual(words.filter((word) => !said.has(word)), []);
  });

  Deno.test(`${draft.protocol}: a message that is read is written again so that it reads the same`, () => {
    const layout = fc.constantFrom(...layoutsOf(draft));
    checkProperty(
      fc.property(layout, fc.uint8Array({ maxLength: 60 }), ({ type }, bytes) => {
        let message;
        try {
          message = control.decode(type, bytes);
        } catch {
          return;
        }
        // What nobody has a name for is not sent on.
        if ("code" in message && message.code === "unknown") return;
        // Nor is what is understood against the draft.
        if (isTolerated(draft, message)) return;
        const again = bodyOf(control.encode(message), draft);
        assert.deepEqual(control.decode(type, again), message);
      }),
      { numRuns: 5_000 },
    );
  });
}
