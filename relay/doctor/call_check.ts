import { type Clock, messageOf, printable } from "@qumo/shared/runtime";
import type { Connection } from "../transport/mod.ts";
import type { LinkTarget } from "../upstream/mod.ts";
import { fail, type Finding, ok } from "./finding.ts";
import { MAX_ANSWER } from "./limits.ts";

/** A relay that is called as a link of the mesh would. */
export interface Called {
  readonly about: "neighbor" | "upstream";
  readonly name: string;
  readonly target: LinkTarget;
}

/** What calls. */
export interface Caller {
  readonly dial: (target: LinkTarget) => Promise<Connection>;
  readonly clock: Clock;
}

/** Whether a relay can be reached over QUIC, with a certificate that is taken. */
export async function checkCall(
  { about, name, target }: Called,
  { dial, clock }: Caller,
): Promise<Finding> {
  const started = clock.now();
  try {
    const connection = await dial(target);
    const { protocol } = connection;
    connection.close(0, "");
    const time = Math.round(clock.now() - started);
    return ok(about, `${name} at ${target.url} answers by ${protocol} within ${time} ms`);
  } catch (error) {
    const reason = printable(messageOf(error), MAX_ANSWER);
    return fail(
      about,
      `${name} at ${target.url} cannot be reached over QUIC: ${reason}`,
      "Is it there, does UDP get through to it, and is its certificate one that is taken?",
    );
  }
}
