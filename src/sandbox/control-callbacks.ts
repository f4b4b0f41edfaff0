import * as z from "zod";
import type { AccountName } from "./callbacks.ts";
import { callingPlatforms } from "./callers/calling-sides.ts";
import type { HappeningInput } from "./callers/happening.ts";
import { bodyOf, type Route, wrong } from "./control-route.ts";
import { isFields, json } from "./stand-in.ts";

const platform = z.enum(callingPlatforms);
const account = z.string().min(1).max(256);

/** What stands beside the happening's own fields. */
const sendOptions = z.object({
  attempts: z.number().int().min(1).max(10).optional(),
  repeats: z.enum(["renewed", "verbatim"]).optional(),
});

/** Registering where callbacks go, and sending them. */
export const callbackRoutes: readonly Route[] = [
  {
    path: ["callbacks"],
    methods: { GET: ({ callbacks }) => json(200, { callbacks: callbacks.list() }) },
  },
  {
    path: ["callbacks", "{platform}", "{account}"],
    methods: {
      PUT({ callbacks }, call, segments) {
        const name = nameIn(segments);
        callbacks.register(name, bodyOf(call));
        return json(200, { callback: callbacks.list().find((each) => isSame(each, name)) });
      },
      GET({ callbacks }, _call, segments) {
        const name = nameIn(segments);
        return callbacks.has(name) ? jsonWithBigNumbers(200, { calls: callbacks.reports(name) }) : unregistered(name);
      },
      /** Answers when the first attempt has its answer; the others follow on the platform's schedule. */
      async POST({ callbacks }, call, segments) {
        const name = nameIn(segments);
        if (!callbacks.has(name)) return unregistered(name);
        const body = bodyOf(call);
        if (!isFields(body)) throw new RangeError('the body must be an object such as {"event": "verify"}');
        const { attempts, repeats, ...happened } = body;
        const options = sendOptions.parse({ attempts, repeats });
        const sending = callbacks.tell(name, happened as unknown as HappeningInput, options);
        await sending.first;
        return jsonWithBigNumbers(200, { call: sending.report() });
      },
      DELETE({ callbacks }, _call, segments) {
        const name = nameIn(segments);
        return callbacks.forget(name) ? json(200, {}) : unregistered(name);
      },
    },
  },
];

function nameIn([, name, id]: readonly string[]): AccountName {
  const parsed = platform.safeParse(name);
  if (!parsed.success) {
    throw new RangeError(`"${name}" calls nobody; expected one of ${callingPlatforms.join(", ")}`);
  }
  return { platform: parsed.data, account: account.parse(id) };
}

function isSame(left: AccountName, right: AccountName): boolean {
  return left.platform === right.platform && left.account === right.account;
}

function unregistered({ platform: name, account: id }: AccountName) {
  return wrong(404, `${name}/${id} is not registered: PUT /sandbox/callbacks/${name}/${id} with its url first`);
}

/** Message numbers have 64 bits; as text they survive any reader. */
function jsonWithBigNumbers(status: number, value: unknown) {
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? String(part) : part));
  return { ...json(status, {}), body: text };
}
