import { PEERS_PYTHON } from "./python.ts";

/** A case of `moq-interop-client` and what became of it. */
export interface AiomoqtCase {
  readonly name: string;
  readonly passed: boolean;
  /** Whether the client has nothing to say about it in this draft. */
  readonly skipped: boolean;
  /** Everything that the client said about it. */
  readonly said: string;
}

/** What the client says that it can play. */
export async function listAiomoqtCases(): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command(PEERS_PYTHON, { args: [...CLIENT, "--list"] }).output();
  return new TextDecoder().decode(stdout).trim().split("\n");
}

/** Every case that the client knows; it runs some of them only when they are asked for. */
export const AIOMOQT_CASES: readonly string[] = [
  "setup-only",
  "announce-only",
  "publish-namespace-done",
  "subscribe-error",
  "rendezvous-timeout",
  "announce-subscribe",
  "subscribe-before-announce",
  "data-subgroup-basic",
  "namespace-discovery",
  "fetch",
  "join",
  "subscribe-namespace-lifecycle",
  "publish-track-only",
  "publish-track-subscribe",
];

/** Plays one case of aiomoqt's `moq-interop-client` against a relay: `moqt://` or `https://`. */
export async function runAiomoqt(url: string, name: string, draft = 18): Promise<AiomoqtCase> {
  const { success, stdout, stderr } = await new Deno.Command(PEERS_PYTHON, {
    args: [
      ...CLIENT,
      ...["--relay", url, "--draft", String(draft), "--tls-disable-verify", "--test", name],
    ],
  }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  return {
    name,
    passed: success && said.includes(`\nok 1 - ${name}\n`),
    skipped: success && said.includes(`\nok 1 - ${name} # SKIP`),
    said,
  };
}

const CLIENT = ["-m", "aiomoqt.tools.moq_interop_client"];
