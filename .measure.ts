import { startRelay } from "./tests/support/relay_process.ts";
import { RawPeer } from "./tests/support/fault_raw.ts";
const sets: string[][] = JSON.parse(Deno.args[0]!);
const N = Number(Deno.args[1] ?? 2400);
for (const flags of sets) {
  await using relay = await startRelay({ }, flags);
  const marks: number[] = [Math.round(await relay.rss() / 2**20)];
  const t = Date.now();
  let next = 0;
  const worker = async () => {
    while (next < N) {
      const i = next++;
      try {
        const peer = await RawPeer.connect(relay);
        const g = new Uint8Array(200); crypto.getRandomValues(g);
        try { await peer.setup(); await peer.uni(g); await peer.uni(new Uint8Array([0x3f,0xff,1,2,3])); } catch {}
        await Promise.race([peer.closeCode(), new Promise(r => setTimeout(r, 1000))]);
        peer.close();
      } catch {}
      if (i % 600 === 599) marks.push(Math.round(await relay.rss() / 2**20));
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  const cpu = (await relay.metrics()).match(/^process_cpu_seconds_total (.*)$/m)![1];
  await new Promise((r) => setTimeout(r, 3000));
  marks.push(Math.round(await relay.rss() / 2**20));
  const heap = Number((await relay.metrics()).match(/^qumo_relay_heap_used_bytes (.*)$/m)![1]) / 2**20;
  console.log(JSON.stringify(flags), "rss MiB", marks.join(" "), "heap", heap.toFixed(0), "cpu", cpu, "s", (Date.now() - t) / 1000);
}
