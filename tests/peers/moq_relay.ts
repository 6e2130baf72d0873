import { freePort } from "../support/mesh/ports.ts";
import { programMissing } from "../support/optional_test_case.ts";
import { ProgramProcess } from "../support/processes/program_process.ts";
import { makeCertificate } from "../support/transport/certificate.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";

const PROGRAM = "moq-relay";

/** Why tests that need moq-dev's relay cannot run here, or undefined when they can. */
export const moqRelayMissing = programMissing(PROGRAM);

/** How a relay of moq-dev is started. */
export interface MoqRelayOptions {
  /** The dialects that it speaks to who calls it, as it names them. */
  readonly speaks: readonly string[];
  /** A relay of ours that it calls, and in which dialect. */
  readonly calls?: {
    readonly server: QuicServerAddress;
    readonly by: string;
    /** What it shows in the URL. */
    readonly token?: string;
  };
}

/** A relay of moq-dev in a process of its own. */
export interface MoqRelay extends QuicServerAddress, AsyncDisposable {
  /** What `upstream` of ours takes. */
  readonly upstream: string;
  /** Where it answers plain HTTP. */
  readonly http: string;
  /** What it has written so far, for a test that fails. */
  log(): string;
}

function urlOf({ server: { port }, token }: NonNullable<MoqRelayOptions["calls"]>): string {
  return `https://127.0.0.1:${port}/${token === undefined ? "" : `?jwt=${token}`}`;
}

/** Starts a relay of moq-dev on a free port, where everybody may do everything. */
export async function startMoqRelay({ speaks, calls }: MoqRelayOptions): Promise<MoqRelay> {
  const folder = await Deno.makeTempDir({ prefix: "moq_relay_" });
  const { certificate, key, hash } = await makeCertificate();
  await Deno.writeTextFile(`${folder}/cert.pem`, certificate);
  await Deno.writeTextFile(`${folder}/key.pem`, key);
  const port = freePort();
  const httpPort = freePort();
  const program = new ProgramProcess([
    PROGRAM,
    ...["--listen", `127.0.0.1:${port}`, "--auth-public", "**"],
    ...["--web-http-listen", `127.0.0.1:${httpPort}`],
    ...["--listen-tls-cert", `${folder}/cert.pem`, "--listen-tls-key", `${folder}/key.pem`],
    ...speaks.flatMap((dialect) => ["--listen-version", dialect]),
    ...calls === undefined ? [] : [
      ...["--cluster-connect", urlOf(calls)],
      ...["--connect-version", calls.by, "--connect-tls-insecure"],
    ],
  ], { folder, env: { RUST_LOG: "info", NO_COLOR: "1" } });
  try {
    await program.says(/listening/);
    if (calls !== undefined) await program.says(/connected/);
  } catch (error) {
    await program.end("SIGKILL");
    throw error;
  }
  return {
    port,
    certificateHash: hash,
    upstream: `moqt://127.0.0.1:${port}#sha256=${hash.toHex()}`,
    http: `http://127.0.0.1:${httpPort}`,
    log: () => program.log(),
    [Symbol.asyncDispose]: async () => void await program.end("SIGKILL"),
  };
}
