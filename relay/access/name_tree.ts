import { fieldKey, type Namespace } from "@qumo/shared/wire";

interface Node<T> {
  readonly items: Set<T>;
  readonly below: Map<string, Node<T>>;
}

/** Things by the fields of a name: what is at a prefix or under it is found without looking elsewhere. */
export class NameTree<T> {
  readonly #root: Node<T> = newNode();
  #size = 0;

  /** The number of things. */
  get size(): number {
    return this.#size;
  }

  add(fields: Namespace, item: T): void {
    let node = this.#root;
    for (const field of fields) {
      const key = fieldKey(field);
      let next = node.below.get(key);
      if (next === undefined) node.below.set(key, next = newNode());
      node = next;
    }
    if (node.items.has(item)) return;
    node.items.add(item);
    this.#size++;
  }

  delete(fields: Namespace, item: T): void {
    const nodes = [...this.#nodes(fields)];
    const node = nodes[fields.length];
    if (node === undefined || !node.items.delete(item)) return;
    this.#size--;
    for (let at = fields.length; at > 0; at--) {
      const { items, below } = nodes[at]!;
      if (items.size + below.size > 0) return;
      nodes[at - 1]!.below.delete(fieldKey(fields[at - 1]!));
    }
  }

  /** What is at this prefix or under it. */
  *under(prefix: Namespace): Iterable<T> {
    const first = [...this.#nodes(prefix)][prefix.length];
    const left = first === undefined ? [] : [first];
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      yield* node.items;
      left.push(...node.below.values());
    }
  }

  /** What is at this name or at a prefix of it, the shortest first. */
  *above(name: Namespace): Iterable<T> {
    for (const { items } of this.#nodes(name)) yield* items;
  }

  /** The nodes from the root to a name, as far as there are any. */
  *#nodes(fields: Namespace): Iterable<Node<T>> {
    let node: Node<T> | undefined = this.#root;
    yield node;
    for (const field of fields) {
      node = node.below.get(fieldKey(field));
      if (node === undefined) return;
      yield node;
    }
  }
}

function newNode<T>(): Node<T> {
  return { items: new Set(), below: new Map() };
}
