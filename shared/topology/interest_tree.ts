import { announceParts } from "./announce_text.ts";

/**
 * Announces that somebody wants to know of. The text is that of a namespace, canonical and perhaps
 * empty (`~`). A `namespace` means those that a track in exactly this namespace can come from: the
 * namespace, those above it, and its tracks. A `prefix` means the namespace with all below it, as
 * SUBSCRIBE_NAMESPACE does.
 */
export interface Interest {
  readonly kind: "namespace" | "prefix";
  readonly text: string;
}

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  readonly namespace: Set<T>;
  readonly prefix: Set<T>;
}

function node<T>(): Node<T> {
  return { children: new Map(), namespace: new Set(), prefix: new Set() };
}

/** Who is interested in what: what an announce concerns is found without looking at all others. */
export class InterestTree<T> {
  readonly #scopes = new Map<string, Node<T>>();

  /** Adds an interest of somebody; false for a text that is no namespace. */
  add({ kind, text }: Interest, who: T): boolean {
    const path = pathOf(text);
    if (path === undefined) return false;
    let at: Node<T> | undefined;
    for (const part of path) {
      const children: Map<string, Node<T>> = at?.children ?? this.#scopes;
      at = children.get(part);
      if (at === undefined) children.set(part, at = node());
    }
    at?.[kind].add(who);
    return true;
  }

  /** Removes an interest. */
  delete({ kind, text }: Interest, who: T): void {
    const path = pathOf(text) ?? [];
    const nodes: Node<T>[] = [];
    let children = this.#scopes;
    for (const part of path) {
      const child = children.get(part);
      if (child === undefined) return;
      nodes.push(child);
      children = child.children;
    }
    nodes.at(-1)?.[kind].delete(who);
    for (let depth = path.length - 1; depth >= 0; depth--) {
      const { children, namespace, prefix } = nodes[depth]!;
      if (children.size + namespace.size + prefix.size > 0) return;
      (nodes[depth - 1]?.children ?? this.#scopes).delete(path[depth]!);
    }
  }

  /** Those whom an announce concerns, some perhaps more than once. */
  *of(announce: string): Generator<T> {
    const parts = announceParts(announce);
    if (parts === undefined) return;
    let at: Node<T> | undefined;
    for (const part of [scopeKey(parts.scope), ...parts.namespace]) {
      at = (at?.children ?? this.#scopes).get(part);
      if (at === undefined) return;
      yield* at.prefix;
    }
    if (at === undefined) return;
    if (parts.name === undefined) yield* below(at);
    else yield* at.namespace;
  }
}

/** Those who are interested in a namespace or one below it. */
function* below<T>(at: Node<T>): Generator<T> {
  yield* at.namespace;
  for (const child of at.children.values()) yield* below(child);
}

/** The scope and the parts of a namespace. */
function pathOf(text: string): string[] | undefined {
  const parts = announceParts(text);
  if (parts === undefined || parts.name !== undefined) return undefined;
  return [scopeKey(parts.scope), ...parts.namespace];
}

// No part of a text has a slash.
function scopeKey(scope: string | undefined): string {
  return scope ?? "/";
}
