import { type CertificateSource, type Log, stopSignal } from "@qumo/shared/runtime";
import { generatedFor } from "./certificate.ts";
import { memberName, type RelayConfig } from "./config.ts";
import { Group } from "./group.ts";
import type { Process } from "./process.ts";
import { certificateLine } from "./starter.ts";

/** Runs the members of a machine, each started with the words `args` that this program was. */
export async function serveGroup(
  config: RelayConfig,
  args: readonly string[],
  { log, process }: { readonly log: Log; readonly process: Process },
): Promise<number> {
  const { clock, hostname } = process;
  const names = Array.from(
    { length: config.host.members },
    (_, place) => memberName(config, place + 1, hostname),
  );
  const group = new Group({
    names,
    spawn(member) {
      const started = process.spawn(["member", `${member}`, ...args]);
      started.tell(certificateLine(certificates.current));
      return started;
    },
    clock,
    log,
    random: Math.random,
  });
  // Made with `server.cert_file` too: a member that starts again may find a file without it.
  const certificates: CertificateSource = await generatedFor(config, {
    // Members say so themselves.
    onChange: (next) => group.tell(certificateLine(next)),
    onRefused: (reason) => log.warn("the members keep their certificate", { reason }),
  }, clock);
  void stopSignal(process).then(() => group.stop());
  process.onSignal("SIGHUP", () => group.signal("SIGHUP"));
  try {
    return await group.run();
  } finally {
    await certificates.close();
  }
}
