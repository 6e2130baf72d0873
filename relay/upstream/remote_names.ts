import type { AnnouncedName } from "@qumo/shared/topology";
import type { RouteTold, Scope } from "../track/mod.ts";
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
    for (const [text, name, told] of directory.names()) {
      if (name.scope === key) this.#show(opened, name, { text, told });
    }
  }

  /** A scope is no longer in use here. */
  closed(key: string): void {
    this.#scopes.delete(key);
  }

  appeared(name: AnnouncedName, text: string, told: RouteTold): void {
    const opened = this.#scopes.get(name.scope);
    if (opened !== undefined) this.#show(opened, name, { text, told });
  }

  vanished(text: string): void {
    for (const { withdrawals } of this.#scopes.values()) {
      withdrawals.get(text)?.();
      withdrawals.delete(text);
    }
  }

  #show(
    { scope, publisher, withdrawals }: Opened,
    { namespace, name }: AnnouncedName,
    { text, told }: { readonly text: string; readonly told: RouteTold },
  ): void {
    const before = withdrawals.get(text);
    // A track is withdrawn by its name.
    if (name !== undefined) before?.();
    withdrawals.set(
      text,
      name === undefined
        ? scope.advertise(namespace, publisher, { origin: "remote", told })
        : scope.advertiseTrack({ namespace, name }, publisher),
    );
    // First the new route, so that the namespace is there all the time.
    if (name === undefined) before?.();
  }
}
