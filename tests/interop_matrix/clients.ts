import { protocols } from "../../relay/session/negotiate.ts";
import type { Speaker } from "./cell.ts";
import type { MatrixClient } from "./client.ts";
import { moqNetClient } from "./moq_net_client.ts";
import { SCRIPTED_CLIENTS } from "./scripted_clients.ts";

/** All clients of the matrix, those first that can say most. */
export const CLIENTS: readonly MatrixClient[] = [...SCRIPTED_CLIENTS, moqNetClient];

/** Who speaks these dialects: of each the first client that can, or every one. */
export function speakersOf(dialects: readonly string[], clients = CLIENTS, all = false): Speaker[] {
  return dialects.flatMap((protocol) => {
    const able = clients.filter((client) => client.abilities(protocol) !== undefined);
    return able.slice(0, all ? undefined : 1).map((client) => ({ protocol, client }));
  });
}

/** Dialects of the relay that no client of the matrix speaks. */
export function unspoken(clients = CLIENTS): string[] {
  return protocols.filter((protocol) => speakersOf([protocol], clients).length === 0);
}
