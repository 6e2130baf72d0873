import { type Answer, askApi } from "../processes/program_process.ts";
import { MeshProgram } from "./program.ts";
import type { Place } from "./site.ts";

/** One controller of a mesh. */
export class MeshController extends MeshProgram {
  constructor(given: { name: string; folder: string; place: Place }) {
    super("sdn/main.ts", given);
  }

  get url(): string {
    return `http://${this.hostname}:${this.port}`;
  }

  /** Asks its API. */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return askApi(this.url, method, { path, body });
  }
}
