import type { AnnouncedName } from "@qumo/shared/topology";
import type { Scope } from "../track/mod.ts";
import type { Directory, DirectoryListener } from "./directory.ts";
import type { RoutePublisher } from "./route_publisher.ts";

interface Opened {
  readonly scope: Scope;
  readonly publisher: RoutePublisher;
  readonly withdrawals: Map<string, () => void>;
}

/** Publishes the names of other relays in the scopes of this relay. */
export class RemoteNames implements DirectoryListener {
  readonly #publisherOf: (scope: string) => RoutePublisher;
  readonly #scopes = new Map<string, Opened>();
  readonly #takesAll: boolean;

  /**
   * `takesAll` for a relay with origins, which may have tracks that they do not announce: they are
   * asked for every track that is not published here.
   */
  constructor(publisherOf: (scope: string) => RoutePublisher, takesAll: boolean) {
    this.#publisherOf = publisherOf;
    this.#takesAll = takesAll;
  }

  /** A scope is in use here from now on. */
  opened(key: string, scope: Scope, directory: Directory): void {
    const opened: Opened = { scope, publisher: this.#publisherOf(key), withdrawals: new Map() };
    this.#scopes.set(key, opened);
    if (this.#takesAll) scope.elsewhere = opened.publisher;
    for (const [text, name] of directory.names()) {
      if (name.scope === key) this.#show(opened, name, text);
    }
  }

  /** A scope is no longer in use here. */
  closed(key: string): void {
    this.#scopes.delete(key);
  }

  appeared(name: AnnouncedName, text: string): void {
    const opened = this.#scopes.get(name.scope);
    if (opened !== undefined) this.#show(opened, name, text);
  }

  vanished(text: string): void {
    for (const { withdrawals } of this.#scopes.values()) {
      withdrawals.get(text)?.();
      withdrawals.delete(text);
    }
  }

  #show({ scope, publisher, withdrawals }: Opened, name: AnnouncedName, text: string): void {
    const { namespace } = name;
    withdrawals.set(
      text,
      name.name === undefined
        ? scope.advertise(namespace, publisher, { origin: "remote" })
        : scope.advertiseTrack({ namespace, name: name.name }, publisher),
    );
  }
}
