import { Pod } from "../processes/pod.ts";
import { LoopbackSite } from "./site.ts";
import type { Topology } from "./topology.ts";

/** The loopback address, with each relay in the memory that our files for Kubernetes give it. */
export class PodSite extends LoopbackSite {
  readonly #pods: readonly Pod[];

  private constructor(topology: Topology, pods: readonly Pod[]) {
    const { relays } = topology;
    super(topology, new Map(relays.map((name, at) => [name, pods[at]!.launch.prefix ?? []])));
    this.#pods = pods;
  }

  static async lay(topology: Topology): Promise<PodSite> {
    return new PodSite(topology, await Promise.all(topology.relays.map(() => Pod.of("relay"))));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    for (const pod of this.#pods) await pod[Symbol.asyncDispose]();
  }
}
