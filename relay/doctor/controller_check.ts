import { type Clock, messageOf, printable } from "@qumo/shared/runtime";
import type { RelayConfig } from "../config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { ANSWER_MS, CLOCK_OFF_MS, MAX_ANSWER } from "./limits.ts";

/** What controllers are asked with. */
export interface ControllerParts {
  readonly clock: Clock;
  readonly readText: (path: string) => Promise<string>;
  readonly fetch: typeof fetch;
}

/** What the controllers say of a relay and of its neighbors. */
export interface ControllerFindings {
  readonly findings: readonly Finding[];
  /** The address of each neighbor, and its certificate's hash, as far as one of them knows it. */
  readonly neighbors: ReadonlyMap<string, Neighbor>;
}

/** Where a neighbor is. */
export interface Neighbor {
  readonly address: string;
  readonly certificateSha256: string | undefined;
}

/** Whether each controller answers, takes the relay's token, and has the same time. */
export async function checkControllers(
  { sdn }: Pick<RelayConfig, "sdn">,
  parts: ControllerParts,
): Promise<ControllerFindings> {
  const token = await tokenOf(sdn.tokenFile, parts);
  if (typeof token !== "string") return { findings: [token], neighbors: new Map() };
  const controllers = new ControllerClient(parts, token);
  const each = await Promise.all(sdn.urls.map((url) => controllers.look(url)));
  const neighbors = await controllers.findAll([...sdn.neighbors.keys()], sdn.urls);
  const lost = [...sdn.neighbors.keys()].filter((name) => !neighbors.has(name));
  const unknown = lost.map((name) =>
    warn("neighbor", `no controller knows ${name}`, "Its relay is not there, or has another name.")
  );
  return { findings: [...each.flat(), ...unknown], neighbors };
}

async function tokenOf(
  file: string,
  { readText }: ControllerParts,
): Promise<string | Finding> {
  if (file === "") return "";
  try {
    return (await readText(file)).trim();
  } catch (error) {
    return fail(
      "controller",
      `the token cannot be read: ${messageOf(error)}`,
      "See sdn.token_file.",
    );
  }
}

class ControllerClient {
  readonly #parts: ControllerParts;
  readonly #token: string;

  constructor(parts: ControllerParts, token: string) {
    this.#parts = parts;
    this.#token = token;
  }

  async look(base: string): Promise<Finding[]> {
    const asked = this.#parts.clock.wall();
    let response;
    try {
      response = await this.#get(base, "/whoami");
    } catch (error) {
      return [fail(
        "controller",
        `no answer from ${base}: ${reasonOf(error)}`,
        "The relay serves without it, but learns no routes. Look at its address and the firewall.",
      )];
    }
    const answered = this.#parts.clock.wall();
    return [
      await roleFinding(base, response),
      ...clockFinding(response.headers.get("date"), (asked + answered) / 2),
    ];
  }

  async findAll(
    names: readonly string[],
    urls: readonly string[],
  ): Promise<ReadonlyMap<string, Neighbor>> {
    const found = await Promise.all(
      names.map(async (name) => [name, await this.#find(name, urls)] as const),
    );
    return new Map(found.filter((one): one is [string, Neighbor] => one[1] !== undefined));
  }

  async #find(name: string, urls: readonly string[]): Promise<Neighbor | undefined> {
    for (const url of urls) {
      try {
        const response = await this.#get(url, `/relay/${encodeURIComponent(name)}`);
        const body = await response.json() as Record<string, unknown>;
        if (!response.ok || typeof body.address !== "string") continue;
        const { certificate_sha256: hash } = body;
        const certificateSha256 = typeof hash === "string" ? hash : undefined;
        return { address: body.address, certificateSha256 };
      } catch {
        // Another controller may know it.
      }
    }
    return undefined;
  }

  async #get(base: string, path: string): Promise<Response> {
    const late = new AbortController();
    const timer = this.#parts.clock.after(ANSWER_MS, () => late.abort());
    try {
      const response = await this.#parts.fetch(new URL(path, base), {
        headers: this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` },
        redirect: "manual",
        signal: late.signal,
      });
      // Read while the time counts.
      const { status, headers } = response;
      return new Response(await response.text(), { status, headers });
    } finally {
      timer.cancel();
    }
  }
}

async function roleFinding(base: string, response: Response): Promise<Finding> {
  const about = "controller";
  if (response.status === 401) {
    return fail(
      about,
      `${base} does not take the token`,
      "See sdn.token_file and its auth.tokens.",
    );
  }
  const text = await response.text();
  const role = roleOf(text);
  if (!response.ok || role === undefined) {
    const said = printable(text, MAX_ANSWER);
    return fail(about, `${base} answers ${response.status} ${said}`, "Is it a controller's URL?");
  }
  if (role === "relay" || role === "admin") return ok(about, `${base} lets this relay register`);
  return fail(about, `the token is one to ${role} at ${base}`, "It needs the role relay.");
}

function roleOf(text: string): string | undefined {
  try {
    const { role } = JSON.parse(text) as { role?: unknown };
    return typeof role === "string" ? role : undefined;
  } catch {
    return undefined;
  }
}

/** The header says whole seconds: half of one is added. */
function clockFinding(date: string | null, now: number): Finding[] {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return [];
  const off = Math.round(now - (theirs + 500));
  if (Math.abs(off) <= CLOCK_OFF_MS) return [ok("clock", "as the controller's")];
  const side = off > 0 ? "ahead of" : "behind";
  return [warn(
    "clock",
    `${Math.abs(Math.round(off / 1_000))} s ${side} the controller's`,
    "Let both follow NTP: tokens, certificates and takeovers go by it.",
  )];
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause ?? error : error;
  return printable(messageOf(cause), MAX_ANSWER);
}
