import type { ConnectOptions } from "./transport/contract.ts";
import { transportContract } from "./transport.ts";
import { memoryPair } from "../support/transport/memory_connection.ts";

for (const canReset of [true, false]) {
  const join = (options: ConnectOptions = {}) => {
    const [client, server] = memoryPair({ ...options, canReset });
    const cleanup = () => {
      client.close(0, "");
      server.close(0, "");
      return Promise.resolve();
    };
    return { client, server, cleanup };
  };
  transportContract(`memory ${canReset ? "with" : "without"} resets`, (options) => {
    const { client, server, cleanup } = join(options);
    return Promise.resolve([client, server, cleanup]);
  }, () => {
    const { client, server, cleanup } = join();
    return Promise.resolve([client, server, cleanup, () => client.sever()]);
  });
}
