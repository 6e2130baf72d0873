import type { EtcdClient } from "./etcd_client.ts";
import type { EtcdKeys, KeyValue } from "./etcd_keys.ts";
import { NewerStore } from "./newer_store.ts";

/**
 * The format of keys and values. A version that writes what this one would misread counts it up, once
 * no controller of the cluster is of the version before.
 */
const FORMAT = 1;

interface Claimed {
  readonly responses?: readonly {
    readonly response_range?: { readonly kvs?: readonly KeyValue[] };
  }[];
}

/** Marks an unmarked store with this format. Rejects with {@linkcode NewerStore} at a newer mark. */
export async function claimFormat(client: EtcdClient, keys: EtcdKeys): Promise<void> {
  const { key } = keys.format;
  const value = btoa(String(FORMAT));
  const { responses = [] } = await client.call<Claimed>("/v3/kv/txn", {
    compare: [{ key, target: "CREATE", create_revision: "0" }],
    success: [{ request_put: { key, value } }],
    failure: [{ request_range: { key } }],
  });
  const found = responses[0]?.response_range?.kvs?.[0]?.value;
  const format = found === undefined ? FORMAT : Number(atob(found));
  if (format > FORMAT) throw new NewerStore(format, FORMAT);
}
