import type { QuicServerAddress } from "../transport/quic_transport.ts";
import { type Launch, ProgramProcess, runModule, writeConfig } from "./program_process.ts";

// Few tests are about leaving in peace.
const IMPATIENT = { drain_timeout_ms: 100 };

/**
 * For who says nothing for a while, since the machine does not let it: few tests are about how long a relay
 * waits, and these say so.
 */
const PATIENT = {
  server: { address: "127.0.0.1:0", handshake_timeout_ms: 60_000, idle_timeout_ms: 60_000 },
  relay: { request_timeout_ms: 30_000 },
  delivery: { stall_timeout_ms: 30_000 },
};

/** A relay that runs as its own process on a port of the loopback address that was free. */
export class RelayProcess extends ProgramProcess implements QuicServerAddress {
  certificateHash = new Uint8Array();

  /** Waits until it says where it is, and reads which certificate it shows. */
  override async ready(): Promise<this> {
    await super.ready();
    await this.get("/health?probe=live");
    this.certificateHash = Uint8Array.fromHex(await this.get("/certificate.sha256"));
    return this;
  }

  /** The JSON of `/status`. */
  async status(): Promise<unknown> {
    return JSON.parse(await this.get("/status"));
  }

  /** The text of `/metrics`. */
  metrics(): Promise<string> {
    return this.get("/metrics");
  }

  /** Its sessions are told that it goes. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** Starts a relay with this configuration, on a free port unless it says one, and waits until it is ready. */
export async function startRelay(
  config: { readonly [section: string]: unknown } = {},
  { env = {}, ...how }: Launch = {},
): Promise<RelayProcess> {
  const patient = Object.entries(PATIENT)
    .map(([name, section]) => [name, { ...section, ...config[name] as object }]);
  const { folder, file } = await writeConfig({
    ...IMPATIENT,
    ...config,
    ...Object.fromEntries(patient),
  });
  const command = runModule("relay/main.ts", ["--config", file], how);
  return await new RelayProcess(command, { env, folder }).ready();
}
