/** A publisher of `@moq/net` that runs as its own process, so that it can be killed. */
import { sleep, systemClock } from "@qumo/shared/runtime";
import { ProgramProcess, runModule } from "../processes/program_process.ts";
import { connectMoqNet } from "./moq_net.ts";
import type { Peer } from "./peer.ts";

/** What is published: groups of one object, which says who sent it and when. */
export interface Film {
  readonly path: string;
  readonly track: string;
  readonly name: string;
  readonly groupMs: number;
}

/** Starts the program at a relay. */
export function startMoqNetPublisher(
  { port, certificateHash }: { readonly port: number; readonly certificateHash: Uint8Array },
  film: Film,
): ProgramProcess {
  const said = JSON.stringify({ port, hash: certificateHash.toHex(), film });
  return new ProgramProcess(runModule(import.meta.url, [said]));
}

/** Publishes for as long as it goes; an object says its time in milliseconds since 1970. */
export async function publishFilm(
  peer: Peer,
  { path, track, name, groupMs }: Film,
  isOver = () => false,
): Promise<void> {
  const publication = await peer.publish(path, [track]);
  while (!isOver()) {
    const group = await publication.startGroup(track);
    const said = JSON.stringify({ name, sent: systemClock.wall() });
    await group.write(new TextEncoder().encode(said));
    await group.end();
    await sleep(systemClock, groupMs);
  }
}

if (import.meta.main) {
  const { port, hash, film } = JSON.parse(Deno.args[0]!);
  const peer = await connectMoqNet({ port, certificateHash: Uint8Array.fromHex(hash) });
  await publishFilm(peer, film);
}
