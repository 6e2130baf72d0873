import { runModule, startProgram, writeConfig } from "../processes/program_process.ts";
import { SdnProcess } from "../processes/sdn_process.ts";
import { until } from "../until.ts";
import type { RelayAddress } from "./client.ts";
import { merged } from "./mesh.ts";
import { freePorts } from "./ports.ts";
import type { ProgramConfig } from "./program.ts";
import { LOOPBACK } from "./site.ts";

const NAME = "tokyo";

/** The relays of one machine, started by one command, and their controller. */
export type HostGroup = Awaited<ReturnType<typeof startHostGroup>>;

/** Starts both, and waits until all members are linked; `more` is added to their configuration. */
export async function startHostGroup(members: number, more: ProgramConfig = {}) {
  await using starting = new AsyncDisposableStack();
  const controller = starting.use(await SdnProcess.start({ auth: { mode: "open" } }));
  const ports = freePorts(members);
  const config = {
    host: { members },
    server: { address: `${LOOPBACK}:${ports[0]}` },
    relay: { node_id: NAME },
    sdn: { urls: [controller.origin] },
    drain_timeout_ms: 2000,
  };
  const { folder, file } = await writeConfig(merged(config, more));
  const command = runModule("relay/main.ts", ["--config", file]);
  const group = starting.use(await startProgram(command, { folder }));
  await until("the controller to have every link between members as up", async () => {
    const { body } = await controller.ask("GET", "/graph");
    const up = body.links.filter(({ state }: { state: string }) => state === "up");
    return up.length === members * (members - 1);
  });
  const ends = starting.move();
  return {
    controller,
    group,
    /** A member, numbered from 1, as clients find it once it answers. */
    async member(number: number): Promise<RelayAddress> {
      const port = ports[number - 1]!;
      let hash = "";
      await until(`member ${number} to answer`, async () => {
        const answer = await fetch(`http://${LOOPBACK}:${port}/certificate.sha256`).catch(() => {});
        hash = await answer?.text() ?? "";
        return answer?.ok === true;
      });
      return { name: `${NAME}-${number}`, port, certificateHash: Uint8Array.fromHex(hash) };
    },
    /** The process ids of a member, of its first start and of each one since. */
    pids(number: number): number[] {
      const pattern = new RegExp(`"member":"${NAME}-${number}","pid":(\\d+)`, "g");
      return [...group.log().matchAll(pattern)].map(([, pid]) => Number(pid));
    },
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  };
}
