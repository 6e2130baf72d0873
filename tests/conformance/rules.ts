import type { Rule } from "./rule.ts";
import { DATAGRAMS } from "./rules/datagrams.ts";
import { DELIVERY } from "./rules/delivery.ts";
import { ERRORS } from "./rules/errors.ts";
import { FETCH } from "./rules/fetch.ts";
import { GOAWAY } from "./rules/goaway.ts";
import { LIMITS } from "./rules/limits.ts";
import { NAMESPACES } from "./rules/namespaces.ts";
import { OBJECTS } from "./rules/objects.ts";
import { REQUESTS } from "./rules/requests.ts";
import { SESSION } from "./rules/session.ts";
import { SUBSCRIPTIONS } from "./rules/subscriptions.ts";
import { TOKENS } from "./rules/tokens.ts";

/**
 * What moqt asks of a relay, in our words and in one order. A test proves a rule by
 * carrying its id in its name.
 */
export const RULES: readonly Rule[] = [
  ...SESSION,
  ...REQUESTS,
  ...SUBSCRIPTIONS,
  ...OBJECTS,
  ...FETCH,
  ...NAMESPACES,
  ...DELIVERY,
  ...DATAGRAMS,
  ...GOAWAY,
  ...ERRORS,
  ...TOKENS,
  ...LIMITS,
];
