import { systemClock } from "@qumo/shared/runtime";
import { storeContract } from "../../tests/contracts/sdn_store.ts";
import { EtcdCluster, etcdMissing } from "../../tests/support/etcd.ts";
import { EtcdStore } from "./etcd.ts";

const timeline = { toWall: (time: number) => time + 5000, fromWall: (wall: number) => wall - 5000 };
const missing = etcdMissing();

let cluster: EtcdCluster | undefined;
Deno.test.beforeAll(async () => {
  if (missing === undefined) cluster = await EtcdCluster.start(1);
});
Deno.test.afterAll(() => cluster?.[Symbol.asyncDispose]());

let made = 0;
storeContract("etcd", () => {
  const prefix = `/contract/${made++}/`;
  return {
    open: () =>
      new EtcdStore({
        endpoints: cluster?.endpoints ?? [],
        user: "",
        password: "",
        timeoutMs: 5000,
        clock: systemClock,
        fetch,
        prefix,
        timeline,
        leaseMs: 90_000,
        tombstoneMs: 3_600_000,
        firstRevision: 0,
      }),
    clear: () => {},
    isDurable: true,
    keepsRevision: false,
    missing,
  };
});
