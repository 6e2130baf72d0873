/** A publisher of `@moq/net` that runs as its own process, so that it can be killed. */
import { sleep, systemClock } from "@qumo/shared/runtime";
import { ProgramProcess, runModule } from "../processes/program_process.ts";
import { connectMoqNet } from "./moq_net.ts";

/** A publisher that runs. */
export interface PublisherProgram extends AsyncDisposable {
  /** Ends it from one moment to the next; nobody is told. */
  kill(): void;
}

/** What it publishes: groups of one object, which says who sent it and when. */
export interface PublisherProgramOptions {
  readonly path: string;
  readonly track: string;
  readonly name: string;
  readonly groupMs: number;
}

/** Starts the program at a relay. */
export function startMoqNetPublisher(
  { port, certificateHash }: { readonly port: number; readonly certificateHash: Uint8Array },
  options: PublisherProgramOptions,
): PublisherProgram {
  const said = JSON.stringify({ port, certificateHash: certificateHash.toHex(), ...options });
  const program = new ProgramProcess(runModule(import.meta.url, [said]));
  return {
    kill: () => program.kill("SIGKILL"),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** The payload of an object that says who sent it and when, in milliseconds since 1970. */
export function signedPayload(name: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ name, sent: systemClock.wall() }));
}

async function publish(): Promise<void> {
  const { port, certificateHash, path, track, name, groupMs } = JSON.parse(Deno.args[0]!);
  const server = { port, certificateHash: Uint8Array.fromHex(certificateHash) };
  const peer = await connectMoqNet(server);
  const publication = await peer.publish(path, [track]);
  let isOver = false;
  void peer.session.closed.catch(() => {}).then(() => isOver = true);
  while (!isOver) {
    const group = await publication.startGroup(track);
    await group.write(signedPayload(name));
    await group.end();
    await sleep(systemClock, groupMs);
  }
}

if (import.meta.main) await publish();
