import type { Connection } from "../../relay/transport/mod.ts";
import type { MatrixPeer, ScriptedClient } from "./client.ts";
import { controlStreamClient } from "./control_stream_client.ts";
import { liteClient } from "./lite_client.ts";
import { scriptedClient } from "./scripted_client.ts";

/** The clients that tests script: one for every dialect that the relay speaks. */
export const SCRIPTED_CLIENTS: readonly ScriptedClient[] = [
  scriptedClient,
  controlStreamClient,
  liteClient,
];

/** A scripted client of this dialect at the other end of a connection. */
export function scriptedOver(connection: Connection, protocol: string): Promise<MatrixPeer> {
  const client = SCRIPTED_CLIENTS.find(({ abilities }) => abilities(protocol) !== undefined)!;
  return client.over(connection, protocol);
}
