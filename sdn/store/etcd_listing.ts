import type { EtcdClient } from "./etcd_client.ts";
import { type EtcdKeys, keyAfter, type KeyValue } from "./etcd_keys.ts";
import { EtcdMirror } from "./etcd_mirror.ts";

/** Keys per response: a few hundred kilobytes. */
const PAGE = 1_000;

interface Listing {
  readonly header: { readonly revision: string };
  readonly kvs?: readonly KeyValue[];
  readonly more?: boolean;
}

/** Lists all keys in pages, at one revision. Rejects when etcd cannot be read. */
export async function listEtcd(
  client: EtcdClient,
  keys: EtcdKeys,
): Promise<{ mirror: EtcdMirror; revision: number }> {
  const { key, range_end } = keys.everything;
  const mirror = new EtcdMirror(keys);
  const options = { range_end, limit: String(PAGE), sort_target: "KEY", sort_order: "ASCEND" };
  let from = key;
  let revision: string | undefined;
  for (;;) {
    const page = await client.call<Listing>("/v3/kv/range", {
      key: from,
      ...options,
      ...(revision !== undefined && { revision }),
    });
    revision ??= page.header.revision;
    for (const pair of page.kvs ?? []) mirror.take(pair, false);
    const last = page.kvs?.at(-1);
    if (!page.more || last === undefined) return { mirror, revision: Number(revision) };
    from = keyAfter(last.key);
  }
}
