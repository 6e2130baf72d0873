import { DaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Service } from "kubernetes-models/v1/Service";
import { parseAllDocuments } from "yaml";
import { runToEnd } from "./program_process.ts";

/** An object of Kubernetes, as far as every one is the same. */
// deno-lint-ignore no-explicit-any -- tests reach into objects of every shape
export type Manifest = { apiVersion: string; kind: string; metadata: { name: string } } & any;

const MODELS = new Map<string, new (data: never) => { validate(): void }>(
  [ConfigMap, DaemonSet, Deployment, NetworkPolicy, PodDisruptionBudget, Service, StatefulSet].map(
    (model) => [`${model.apiVersion} ${model.kind}`, model],
  ),
);

/** Reads the objects of a file or of what kustomize wrote. */
export function readManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

/** What Kubernetes' own schemas have against each object's values. */
export function schemaFaults(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) => {
    const name = `${manifest.kind} ${manifest.metadata?.name}`;
    const Model = MODELS.get(`${manifest.apiVersion} ${manifest.kind}`);
    if (Model === undefined) return [`${name}: no such kind in ${manifest.apiVersion}`];
    try {
      new Model(manifest as never).validate();
      return [];
    } catch (error) {
      return [`${name}: ${error instanceof Error ? error.message : error}`];
    }
  });
}

/**
 * What the compiler has against the objects as values of the types that come from the same schemas.
 * A server drops a misspelt field without a word, and so do the schemas; types know every field.
 */
export async function misspellings(manifests: readonly Manifest[]): Promise<string> {
  const config = await Deno.readTextFile(new URL("../../../deno.json", import.meta.url));
  const models = JSON.parse(config).imports["kubernetes-models"];
  const lines = manifests.map((manifest, index) => {
    const { apiVersion, kind } = manifest;
    const type = `import("${models}/${apiVersion}/${kind}").I${kind}`;
    return `export const m${index}: ${type} = ${JSON.stringify(manifest, null, 1)};`;
  });
  const flags = ["--check", "--quiet", "--no-config", "--no-lock"];
  const check = [Deno.execPath(), "run", ...flags, "-"] as const;
  const { code, stderr } = await runToEnd(check, { env: { NO_COLOR: "1" } }, lines.join("\n"));
  return code === 0 ? "" : stderr;
}
