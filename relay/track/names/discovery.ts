import type { Namespace } from "@qumo/shared/wire";

/**
 * What is asked for: who has the tracks of a namespace, or which namespaces there are under a prefix.
 */
export type Wanted = "namespace" | "prefix";

/** Something that is asked for elsewhere, also when nobody has it yet. */
export interface Discovered {
  /** Resolves when what there is has come, or it takes too long; undefined when it has come. */
  readonly known: Promise<void> | undefined;
  /** It is asked for no longer. */
  end(): void;
}

/** Finds what other relays have: what is asked for is advertised in the scope from then on. */
export interface Discovery {
  follow(namespace: Namespace, wanted: Wanted): Discovered;
}

/** Resolves when it is known what there is, or `signal` is aborted. */
export async function comes({ known }: Discovered, signal: AbortSignal): Promise<void> {
  if (known === undefined || signal.aborted) return;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = () => resolve();
  signal.addEventListener("abort", abort);
  await Promise.race([known, aborted]);
  signal.removeEventListener("abort", abort);
}
