/** The commands of qumo-sdn that ask a controller, as operators and their scripts run them. */
import assert from "node:assert/strict";
import { runModule, runToEnd } from "../support/processes/program_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";

const TOKEN = "correct-horse-battery-staple";
const RELAYS_TOKEN = "a-token-of-relays-in-europe";

/** A controller with three relays in a row, and a folder for files. */
async function meshOf(config: object = {}, token?: string) {
  const controller = await SdnProcess.start(config, token === undefined ? {} : { token });
  const folder = await Deno.makeTempDir();
  const load = { sessions: 12, egress_bps: 2_500_000, cpu: 0.25 };
  await controller.register("a", {
    region: "eu",
    address: "https://a:1",
    neighbors: { b: 2 },
    version: "1.2.0",
    load,
  });
  await controller.register("b", { region: "eu", neighbors: { a: 2, c: 3 } });
  await controller.register("c", { region: "us", neighbors: { b: 3 } });
  await controller.tell("PUT", "/announce/live/cam", { relay: "a" });
  const run = (words: readonly string[], env: Record<string, string> = {}) =>
    runToEnd(runModule("sdn/main.ts", words), {
      env: { QUMO_SDN_URL: controller.url, XDG_CONFIG_HOME: `${folder}/.config`, ...env },
    });
  return {
    controller,
    folder,
    run,
    async [Symbol.asyncDispose]() {
      await controller[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("an operator lists what there is, and asks for a route", async () => {
  await using mesh = await meshOf();
  const relays = await mesh.run(["ls"]);
  assert.equal(relays.code, 0, relays.stderr);
  assert.match(
    relays.stdout,
    /^RELAY +REGION +STATE +SESSIONS +EGRESS +CPU +TRACKS +SEEN +VERSION +ADDRESS\n/,
  );
  assert.match(
    relays.stdout,
    /\na +eu +registered +12 +2\.5 Mbit\/s +25 % +1 +\d+s +1\.2\.0 +https:\/\/a:1\n/,
  );
  const links = await mesh.run(["ls", "links"]);
  assert.match(links.stdout, /\nb +c +up +3 /);
  const tracks = await mesh.run(["ls", "tracks", "live"]);
  assert.match(tracks.stdout, /^TRACK +RELAY\nlive\/cam +a\n$/);
  const route = await mesh.run(["route", "a", "c", "--explain"]);
  assert.match(route.stdout, /\n +5 +2 {2}a -> b -> c\n/);
  assert.match(route.stdout, /cost 3/);
  const json = await mesh.run(["ls", "links", "--json"]);
  assert.equal(JSON.parse(json.stdout).links.length, 4);
});

Deno.test("an operator sees the relays of a machine as one", async () => {
  await using mesh = await meshOf();
  for (const [relay, cpu] of [["d-1", 0.2], ["d-2", 0.6]] as const) {
    const load = { sessions: 10, egress_bps: 1_000_000, cpu };
    await mesh.controller.register(relay, { region: "us", host: "d", load });
  }
  const hosts = await mesh.run(["ls", "hosts"]);
  assert.match(hosts.stdout, /^HOST +REGION +RELAYS +STATE +SESSIONS +EGRESS +CPU\n/);
  assert.match(hosts.stdout, /\na +eu +1 +registered +12 /, "one that is alone");
  assert.match(hosts.stdout, /\nd +us +2 +\w+ +20 +2\.0 Mbit\/s +40 %\n/);
  const json = JSON.parse((await mesh.run(["ls", "hosts", "--json"])).stdout);
  assert.deepEqual(json.at(-1).relays, ["d-1", "d-2"]);
});

Deno.test("a drain is asked for before it is done, and scripts say --yes", async () => {
  await using mesh = await meshOf();
  const asked = await mesh.run(["drain", "a"]);
  assert.equal(asked.code, 3);
  assert.match(asked.stderr, /Drain a, and send its 12 sessions elsewhere\? .*say --yes/);
  assert.match((await mesh.run(["ls"])).stdout, /\na +eu +registered/);
  const drained = await mesh.run(["drain", "a", "--yes"]);
  assert.deepEqual([drained.code, drained.stdout], [
    0,
    "a is draining; until it has exited, undrain puts it back into use\n",
  ]);
  assert.match((await mesh.run(["ls"])).stdout, /\na +eu +draining/);
  assert.equal((await mesh.run(["undrain", "a"])).code, 0);
  const events = await mesh.run(["events"]);
  assert.match(events.stdout, /info +[^\n]*drain[^]*info +The drain of a was cancelled by admin/);
  const missing = await mesh.run(["drain", "nobody", "--yes"]);
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /nobody.*\(relay_not_found\)/);
});

Deno.test("top shows relays and tracks, and programs get them as JSON", async () => {
  await using mesh = await meshOf();
  const top = await mesh.run(["top", "--once"]);
  assert.equal(top.code, 0, top.stderr);
  assert.match(
    top.stdout,
    /^3 relays \(0 draining, unreachable or expired\), 12 sessions, 2\.5 Mbit\/s\n/,
  );
  assert.match(top.stdout, /RELAY[^\n]*\na /);
  const json = JSON.parse((await mesh.run(["top", "--once", "--json"])).stdout);
  assert.deepEqual([json.count, json.flows], [3, []]);
});

Deno.test("what is revoked is listed and taken back, and tenants have policies", async () => {
  await using mesh = await meshOf();
  const asked = await mesh.run(["revoke", "subject", "mallory"]);
  assert.equal(asked.code, 3);
  const words = ["revoke", "subject", "mallory", "--for", "7d", "--reason", "account closed"];
  const revoked = await mesh.run([...words, "--yes"]);
  assert.equal(revoked.code, 0, revoked.stderr);
  const [, id = ""] = /^(\S+) is in force until \d{4}-/.exec(revoked.stdout) ?? [];
  const list = await mesh.run(["revoke"]);
  assert.match(
    list.stdout,
    /^ID +KIND +VALUE +UNTIL +REASON\n\S+ +subject +mallory +\S+ +account closed\n$/,
  );
  assert.equal((await mesh.run(["unrevoke", id])).code, 0);
  assert.equal((await mesh.run(["revoke"])).stdout.trim().split("\n").length, 1);
  const kicked = await mesh.run(["kick", "session", "a/17", "--yes"]);
  assert.deepEqual([kicked.code, kicked.stdout], [0, "told 0 relays\n"]);
  const terms = ["--sessions", "500", "--egress", "2G", "--regions", "eu"];
  const set = await mesh.run(["policy", "set", "acme", ...terms]);
  assert.equal(set.code, 0, set.stderr);
  assert.match(set.stdout, /\nacme +500 +- +- +2\.0 Gbit\/s +eu\n\(used now\) +0 /);
  assert.match((await mesh.run(["policy"])).stdout, /\nacme +500 /);
  assert.equal((await mesh.run(["policy", "rm", "acme", "--yes"])).code, 0);
  const gone = await mesh.run(["policy", "get", "acme"]);
  assert.equal(gone.code, 1);
  for (const wrong of [["revoke", "user", "x"], ["policy", "set", "acme"], ["revoke", "token"]]) {
    assert.equal((await mesh.run(wrong)).code, 2);
  }
});

Deno.test("a controller that wants tokens is asked with one, from a file or a context", async () => {
  const tokens = [
    { sha256: await digest(TOKEN), role: "admin" },
    { sha256: await digest(RELAYS_TOKEN), role: "relay", relay: "eu-*" },
  ];
  await using mesh = await meshOf({ auth: { mode: "token", tokens } }, TOKEN);
  const without = await mesh.run(["ls"]);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /unauthorized.*--token-file/);
  const file = `${mesh.folder}/token`;
  await Deno.writeTextFile(file, `${TOKEN}\n`);
  assert.equal((await mesh.run(["ls", "--token-file", file])).code, 0);
  await Deno.mkdir(`${mesh.folder}/.config/qumo`, { recursive: true });
  const { url } = mesh.controller;
  await Deno.writeTextFile(
    `${mesh.folder}/.config/qumo/contexts.yaml`,
    `current: prod\ncontexts:\n  prod:\n    url: ${url}\n    token_file: ${file}\n`,
  );
  const who = await mesh.run(["whoami"], { QUMO_SDN_URL: "" });
  assert.deepEqual([who.code, who.stdout], [0, `admin at ${url}/\n`]);
  await Deno.writeTextFile(file, RELAYS_TOKEN);
  const relays = await mesh.run(["whoami", "--token-file", file]);
  assert.equal(relays.stdout, `relay eu-* at ${url}/\n`);
  // The token of a context is for its controller alone.
  const other = await mesh.run(["whoami", "--url", url], { QUMO_SDN_URL: "" });
  assert.equal(other.code, 1);
  const unknown = await mesh.run(["whoami", "--context", "test"], { QUMO_SDN_URL: "" });
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /no context test in .*contexts\.yaml: it has prod/);
});

Deno.test("a wrong command line is told from a controller that does not answer", async () => {
  const run = (...words: string[]) => runToEnd(runModule("sdn/main.ts", words));
  const nobody = await run("ls", "--url", "127.0.0.1:1");
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /^No answer from http:\/\/127\.0\.0\.1:1\//);
  for (
    const [words, text] of [
      [["ls", "relay"], /relays, hosts, links or tracks, and not relay/],
      [["route", "a"], /Say qumo-sdn route FROM TO/],
      [["ls", "--explain"], /--explain does not go with ls/],
      [["ls", "--jsn"], /Unknown flag --jsn: did you mean --json\?/],
      [["ls", "--url", "ftp://a"], /ftp:\/\/a is no http or https URL/],
      [["rout", "a", "b"], /did you mean route\?/],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(...words);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, text);
  }
  const help = await run("--help");
  assert.match(help.stdout, /\n {2}drain +take a relay out of use\n/);
  assert.match((await run("events", "--help")).stdout, /Usage: qumo-sdn events .*-f, --follow/s);
});

Deno.test("a shell completes commands and what comes behind them", async () => {
  const { stdout } = await runToEnd(runModule("sdn/main.ts", ["completion", "bash"]));
  const complete = async (...words: string[]) => {
    const script = `${stdout}\nCOMP_WORDS=(${words.join(" ")} '')\nCOMP_CWORD=${words.length}\n` +
      `_qumo_sdn\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    const result = await runToEnd(["bash", "-c", script]);
    assert.deepEqual([result.code, result.stderr], [0, ""]);
    return result.stdout.trim().split("\n");
  };
  assert.ok((await complete("qumo-sdn")).includes("undrain"));
  assert.deepEqual((await complete("qumo-sdn", "ls")).slice(0, 3), ["relays", "hosts", "links"]);
  const fish = await runToEnd(runModule("sdn/main.ts", ["completion", "fish"]));
  assert.match(fish.stdout, /seen_subcommand_from drain' -a '--yes --json /);
  assert.equal((await runToEnd(runModule("sdn/main.ts", ["completion", "csh"]))).code, 2);
});

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex();
}
