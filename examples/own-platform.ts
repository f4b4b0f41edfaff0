// A platform of your own: a pager that is told over HTTP, and calls back. Run: node examples/own-platform.ts config.yaml
import { createHmac, timingSafeEqual } from "node:crypto";
import {
  accepted,
  createHub,
  definePlatform,
  defineReceiver,
  failureOf,
  refusal,
  refused,
  statusErrorOf,
} from "yizhan";
import * as z from "zod";

const pager = definePlatform<unknown, { url: string }>({
  id: "pager",
  aliases: [],
  label: { en: "Pager", zh: "寻呼机" },
  capabilities: { markdown: "none", cards: false, buttons: "none", mentions: [], messageId: false },
  limits: { bytes: { text: 1_000, card: 1_000 }, rate: [{ messages: 10, perMs: 1_000 }] },
  errors: {},
  channel: z.strictObject({ url: z.url() }),
  listKey: "webhooks",
  overHttp: true,
  address: ({ url }) => url,
  render: ({ title, body }) => [{ text: `${title}: ${body}`.slice(0, 300) }],
  connect: ({ http, now }) => ({
    async send({ payload, channel, timeoutMs }) {
      try {
        const answer = await http.post({ url: channel.url, body: JSON.stringify(payload), timeoutMs });
        const error = statusErrorOf(answer, now());
        return error ? refused(error) : accepted;
      } catch (error) {
        return refused(failureOf(error));
      }
    },
  }),
});

const called = z.object({ id: z.string(), text: z.string() });

const pagerCalls = defineReceiver<{ secret: string }>({
  account: z.strictObject({ secret: z.string().min(16) }),
  receive({ body, headers }, { secret }, { nowMs }) {
    const expected = createHmac("sha256", secret).update(body).digest("hex");
    const given = Buffer.from(String(headers["x-pager-signature"]));
    if (given.length !== expected.length || !timingSafeEqual(given, Buffer.from(expected))) {
      return refusal("signature", "check the secret");
    }
    const raw = Buffer.from(body).toString();
    const { data: call } = called.safeParse(parsed(raw));
    if (!call) return refusal("malformed", "expected an id and a text");
    return {
      kind: "events",
      events: [{ type: "yizhan.webhook.received", key: call.id, at: nowMs, data: { body: call.text, json: call } }],
      answer: { status: 200, contentType: "text/plain", body: "ok" },
      raw,
    };
  },
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const [config = "config.yaml"] = process.argv.slice(2);
const hub = await createHub({ config, platforms: [pager], receivers: { pager: pagerCalls } });
hub.on("yizhan.webhook.received", ({ data }) => console.log(`the pager says ${data.body}`), { name: "pager" });
await hub.start();
console.log(`listening on ${hub.url}`);
