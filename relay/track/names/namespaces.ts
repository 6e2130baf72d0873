import { fieldKey, type Namespace } from "@qumo/shared/wire";

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  readonly values: Set<T>;
}

function node<T>(): Node<T> {
  return { children: new Map(), values: new Set() };
}

/** A prefix tree: values by namespace. */
export class NamespaceTree<T> {
  readonly #root: Node<T> = node();
  #size = 0;

  /** The number of values. */
  get size(): number {
    return this.#size;
  }

  add(namespace: Namespace, value: T): void {
    let at = this.#root;
    for (const field of namespace) {
      const key = fieldKey(field);
      let child = at.children.get(key);
      if (child === undefined) at.children.set(key, child = node());
      at = child;
    }
    if (!at.values.has(value)) this.#size++;
    at.values.add(value);
  }

  delete(namespace: Namespace, value: T): void {
    const path = [this.#root];
    for (const field of namespace) {
      const child = path[path.length - 1]!.children.get(fieldKey(field));
      if (child === undefined) return;
      path.push(child);
    }
    if (path[path.length - 1]!.values.delete(value)) this.#size--;
    for (let depth = namespace.length; depth > 0; depth--) {
      const { values, children } = path[depth]!;
      if (values.size > 0 || children.size > 0) return;
      path[depth - 1]!.children.delete(fieldKey(namespace[depth - 1]!));
    }
  }

  /** Values at exactly `namespace`. */
  at(namespace: Namespace): ReadonlySet<T> {
    let at: Node<T> | undefined = this.#root;
    for (const field of namespace) {
      at = at.children.get(fieldKey(field));
      if (at === undefined) return new Set();
    }
    return at.values;
  }

  /** Values at `namespace` and at each of its prefixes, the shortest first. */
  *prefixesOf(namespace: Namespace): Iterable<T> {
    let at: Node<T> | undefined = this.#root;
    yield* at.values;
    for (const field of namespace) {
      at = at.children.get(fieldKey(field));
      if (at === undefined) return;
      yield* at.values;
    }
  }

  /** Values at `prefix` and at every namespace under it. */
  *under(prefix: Namespace): Iterable<T> {
    let at: Node<T> | undefined = this.#root;
    for (const field of prefix) {
      at = at.children.get(fieldKey(field));
      if (at === undefined) return;
    }
    yield* below(at);
  }
}

function* below<T>(node: Node<T>): Iterable<T> {
  yield* node.values;
  for (const child of node.children.values()) yield* below(child);
}
