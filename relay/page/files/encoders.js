/**
 * A viewer that leaves closes the groups that it reads. Frames that an encoder has in hand then are for
 * nobody; the library does not expect them, and throws where only the browser's console hears it.
 */
for (const name of ["VideoEncoder", "AudioEncoder"]) {
  const native = globalThis[name];
  if (native === undefined) continue;
  globalThis[name] = class extends native {
    constructor({ output, error }) {
      super({ output: (...encoded) => unlessNobodyWants(() => output(...encoded)), error });
    }
  };
}

function unlessNobodyWants(put) {
  try {
    put();
  } catch (error) {
    if (error.message !== "group is closed") throw error;
  }
}
