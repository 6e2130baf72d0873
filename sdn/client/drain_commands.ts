import { many } from "@qumo/shared/runtime";
import type { z } from "zod";
import type { oneRelayAnswer, relayStatusAnswer } from "../control/answers.ts";
import { pathOf } from "./api.ts";
import { type ClientCommand, confirmed, failed, printAnswer } from "./command.ts";

type RelayStatus = z.infer<typeof relayStatusAnswer>;
type OneRelay = z.infer<typeof oneRelayAnswer>;
interface WhoAmI {
  readonly role: string;
  /** The relay, or the beginning of names, that the token is for. */
  readonly relay?: string;
}

/** Takes a relay out of use. */
export const drainCommand: ClientCommand = {
  name: "drain",
  usage: "RELAY [--yes]",
  summary: "take a relay out of use: its clients are sent elsewhere, and it carries nothing on",
  flags: ["yes", "json"],
  words: [1, 1],
  async run(call) {
    const [name = ""] = call.words;
    const relay = await call.api.ask<OneRelay>({ path: `/relay${pathOf(name)}` });
    if (!relay.ok) return failed(relay.refusal);
    const { load, state } = relay.value;
    const sessions = load?.sessions === undefined ? "sessions" : many(load.sessions, "session");
    const already = state === "draining" ? " It is draining already." : "";
    const question = `Drain ${name}, and send its ${sessions} elsewhere?${already}`;
    const agreed = confirmed(call, question);
    if (!agreed.ok) return agreed;
    return printAnswer(
      call,
      await call.api.ask<RelayStatus>({ method: "POST", path: `/relay${pathOf(name)}/drain` }),
      () => `${name} is draining; until it has exited, undrain puts it back into use\n`,
    );
  },
};

/** Puts a relay back into use. */
export const undrainCommand: ClientCommand = {
  name: "undrain",
  usage: "RELAY",
  summary: "put a relay back into use",
  flags: ["json"],
  words: [1, 1],
  async run(call) {
    const [name = ""] = call.words;
    const path = `/relay${pathOf(name)}/undrain`;
    return printAnswer(
      call,
      await call.api.ask<RelayStatus>({ method: "POST", path }),
      () => `${name} is in use\n`,
    );
  },
};

/** What the token allows. */
export const whoAmICommand: ClientCommand = {
  name: "whoami",
  usage: "",
  summary: "which controller is asked, and what the token allows",
  flags: ["json"],
  words: [0, 0],
  async run(call) {
    const answer = await call.api.ask<WhoAmI>({ path: "/whoami" });
    return printAnswer(
      call,
      answer,
      ({ role, relay }) => `${role}${relay === undefined ? "" : ` ${relay}`} at ${call.api.url}\n`,
    );
  },
};
