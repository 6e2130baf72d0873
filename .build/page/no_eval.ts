// The library that checks catalogs would otherwise try whether the page allows eval; it does not.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
