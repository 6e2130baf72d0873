import { systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { ClientModel } from "../../../relay/client/client_model.ts";
import { ClientSession } from "../../../relay/client/client_session.ts";
import { targetOf } from "../../../relay/client/target.ts";
import type { Place } from "../mesh_world/camera.ts";
import type { QuicServerAddress } from "../transport/quic_transport.ts";
import { memoryLog } from "../worlds/memory_log.ts";

/** Where a client finds a relay of a mesh, and the certificate it must show. */
export interface RelayAddress extends QuicServerAddress {
  readonly name: string;
  /** The path of clients, with the token that they show; the root when nothing is said. */
  readonly clientPath?: string | undefined;
}

/** A relay that is late is waited for so many seconds. */
const CONNECT_SEC = "60";

/** A client's session with a relay, in which cameras and viewers are as at the relay itself. */
export class ClientPlace implements Place {
  readonly name: string;
  readonly clock = systemClock;
  readonly registry: ClientModel["registry"];
  readonly #model: ClientModel;
  readonly #session: ClientSession;

  private constructor(name: string, model: ClientModel, session: ClientSession) {
    this.name = name;
    this.registry = model.registry;
    this.#model = model;
    this.#session = session;
  }

  /** Connects to a relay. */
  static async at(relay: RelayAddress): Promise<ClientPlace> {
    const { name, hostname = "127.0.0.1", port, clientPath = "/", certificateHash } = relay;
    const target = targetOf({
      url: `moqt://${hostname}:${port}${clientPath}`,
      token: undefined,
      protocols: [],
      timeout: CONNECT_SEC,
      certificateHashes: [certificateHash.toHex()],
      authorities: [],
    });
    assert.ok(target.ok);
    const model = new ClientModel(systemClock);
    const opened = await ClientSession.open({
      target: target.value,
      clock: systemClock,
      log: memoryLog().log,
      model,
      // With it the relay is told of namespaces.
      announced: () => {},
    });
    assert.ok(opened.ok, `no session with ${name}: ${!opened.ok && opened.refusal.text}`);
    return new ClientPlace(name, model, opened.value);
  }

  /** Whether its session is lost. */
  get isLost(): boolean {
    return this.#session.isOver;
  }

  /** Resolves when its session is over. */
  get over(): Promise<unknown> {
    return this.#session.over;
  }

  /** Objects that came a second time, which the model drops in silence. */
  get duplicates(): number {
    return this.#model.metrics.duplicateObjects;
  }

  /** From now on what the relay has can be opened. */
  receive(): void {
    this.#session.receiving();
  }

  async leave(): Promise<void> {
    await this.#session.close();
    this.#model.leave();
  }
}
