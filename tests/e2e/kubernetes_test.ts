/** What configs/kubernetes says of the programs, against the programs and Kubernetes' schemas. */
import assert from "node:assert/strict";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadConfig } from "@qumo/shared/runtime";
import { parse } from "yaml";
import { relayDefinition } from "../../relay/config/definition.ts";
import { sdnDefinition } from "../../sdn/config/definition.ts";
import {
  type Manifest,
  misspellings,
  readManifests,
  schemaFaults,
} from "../support/processes/kubernetes.ts";
import { toolTest } from "../support/tools.ts";

const FOLDER = fileURLToPath(new URL("../../configs/kubernetes/", import.meta.url));

/** The objects of the base as they are written: the kustomization adds names and labels alone. */
async function readBase(): Promise<Manifest[]> {
  const { resources } = parse(await Deno.readTextFile(`${FOLDER}base/kustomization.yaml`));
  const texts = resources.map((name: string) => Deno.readTextFile(`${FOLDER}base/${name}`));
  return (await Promise.all<string>(texts)).flatMap(readManifests);
}

function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  return manifests.find((one) => one.kind === kind && one.metadata.name === name) ??
    assert.fail(`no ${kind} ${name}`);
}

/** The environment that a pod's container has, with what the cluster fills in filled in. */
function environmentOf(container: Manifest): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value, valueFrom } of container.env) {
    const text = value ?? (valueFrom.fieldRef.fieldPath === "status.podIP" ? "10.1.2.3" : "name-0");
    env[name] = text.replace(/\$\((\w+)\)/g, (_: string, other: string) => env[other]);
  }
  return env;
}

async function load(definition: typeof relayDefinition | typeof sdnDefinition, pod: Manifest) {
  const [container] = pod.spec.template.spec.containers;
  const name = container.args.at(-1).replace("/etc/qumo/", "config/");
  const environment = environmentOf(container);
  const loaded = await loadConfig<object>(definition as never, {
    file: { name, text: await Deno.readTextFile(`${FOLDER}base/${name}`) },
    environment,
    flags: [],
  });
  assert.ok(loaded.ok, JSON.stringify(!loaded.ok && loaded.refusal));
  // deno-lint-ignore no-explicit-any -- the test knows which configuration it asked for
  return loaded.value.value as any;
}

Deno.test("the objects are as Kubernetes' schemas want them, in every field", async () => {
  const manifests = await readBase();
  assert.deepEqual(schemaFaults(manifests), []);
  assert.equal(await misspellings(manifests), "");
});

Deno.test("what the schemas refuse, and what they only drop, is found", async () => {
  const relay = find(await readBase(), "Deployment", "qumo-relay");
  const [container] = relay.spec.template.spec.containers;
  container.resources.limits.memory = "much";
  assert.match(schemaFaults([relay])[0]!, /memory/);
  container.resources.limits.memory = "2Gi";
  container.readynessProbe = container.readinessProbe;
  assert.deepEqual(schemaFaults([relay]), []);
  assert.match(await misspellings([relay]), /readynessProbe/);
});

Deno.test("a relay's pod starts a relay that its probes, its service and its end fit", async () => {
  const manifests = await readBase();
  const pod = find(manifests, "Deployment", "qumo-relay");
  const { server, sdn, drainTimeoutMs } = await load(relayDefinition, pod);
  assert.deepEqual([server.address, sdn.relayName, sdn.address], [
    "0.0.0.0:4433",
    "qumo-relay",
    "moqt://10.1.2.3:4433",
  ]);
  const { containers: [container], terminationGracePeriodSeconds } = pod.spec.template.spec;
  const waits = container.lifecycle.preStop.sleep.seconds * 1000 + drainTimeoutMs;
  assert.ok(terminationGracePeriodSeconds * 1000 > waits, "it would be killed as it drains");
  assert.deepEqual(
    container.ports.map(({ protocol, containerPort }: Manifest) => [protocol, containerPort]),
    [["UDP", 4433], ["TCP", 4433]],
  );
  const service = find(manifests, "Service", "qumo-relay");
  assert.deepEqual(service.spec.ports.map(({ protocol }: Manifest) => protocol), ["UDP"]);
  assert.equal(pod.spec.template.metadata.annotations["prometheus.io/port"], "4433");
});

Deno.test("the controllers' pods find each other, relays find them, and tokens are where they are read", async () => {
  const manifests = await readBase();
  const pods = find(manifests, "StatefulSet", "qumo-sdn");
  const { server, auth, graph } = await load(sdnDefinition, pods);
  const { sdn } = await load(relayDefinition, find(manifests, "Deployment", "qumo-relay"));
  assert.deepEqual([server.address, graph.dataDir], ["0.0.0.0:8090", "/data"]);
  const urls = Array.from(
    { length: pods.spec.replicas },
    (_, ordinal) => `http://qumo-sdn-${ordinal}.${pods.spec.serviceName}:8090`,
  );
  assert.deepEqual([graph.peers, sdn.urls], [urls, urls]);
  assert.equal(find(manifests, "Service", pods.spec.serviceName).spec.clusterIP, "None");
  const [container] = pods.spec.template.spec.containers;
  const mounts = new Set(container.volumeMounts.map(({ mountPath }: Manifest) => mountPath));
  const files = [...auth.tokens.map(({ token_file }: Manifest) => token_file), graph.peerTokenFile];
  for (const file of [...files, sdn.tokenFile, `${graph.dataDir}/x`, "/etc/qumo/x"]) {
    assert.ok(mounts.has(file.slice(0, file.lastIndexOf("/"))), file);
  }
});

Deno.test("every pod is asked for life and readiness, and may do no more than it must", async () => {
  for (const { kind, spec } of (await readBase()).filter(({ spec }) => spec?.template)) {
    const { securityContext, automountServiceAccountToken, containers } = spec.template.spec;
    assert.equal(automountServiceAccountToken, false, kind);
    assert.equal(securityContext.runAsNonRoot, true, kind);
    for (const { startupProbe, livenessProbe, readinessProbe, securityContext } of containers) {
      const paths = [startupProbe, livenessProbe, readinessProbe].map((one) => one.httpGet.path);
      assert.deepEqual(paths, ["/health?probe=live", "/health?probe=live", "/health?probe=ready"]);
      assert.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  }
});

toolTest(
  "kustomize",
  "renders base, host-network, and both with a certificate",
  async (kustomize) => {
    const folder = await Deno.realPath(await Deno.makeTempDir());
    const there = relative(folder, FOLDER);
    const rendered: Manifest[] = [];
    try {
      for (const base of ["base", "host-network"]) {
        rendered.push(...readManifests(await kustomize(["build", `${FOLDER}${base}`])));
        await Deno.writeTextFile(
          `${folder}/kustomization.yaml`,
          `resources: [${there}/${base}]\ncomponents: [${there}/certificate]\n`,
        );
        const certified = readManifests(await kustomize(["build", folder]));
        rendered.push(...certified);
        const relay = find(certified, base === "base" ? "Deployment" : "DaemonSet", "qumo-relay");
        const { server, sdn } = await load(relayDefinition, relay);
        assert.equal(server.certFile, "/run/secrets/certificate/tls.crt");
        assert.equal(sdn.relayName, base === "base" ? "qumo-relay" : "name-0");
        assert.match(relay.spec.template.spec.volumes[0].configMap.name, /^qumo-relay-\w+$/);
      }
      assert.deepEqual(schemaFaults(rendered), []);
      assert.equal(await misspellings(rendered), "");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
