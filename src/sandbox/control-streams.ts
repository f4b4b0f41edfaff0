import * as z from "zod";
import type { HappeningInput } from "./callers/happening.ts";
import { bodyOf, oneOf, type Route } from "./control-route.ts";
import { isFields, json } from "./stand-in.ts";
import type { StreamApp } from "./streams/happenings.ts";
import { streamPlatforms } from "./streams/streams.ts";
import type { Timer } from "./timer.ts";

const mutedBody = z.strictObject({ muted: z.boolean() });

/** How long an answer waits for the acknowledgement; the rest is found by asking. Milliseconds. */
const patienceMs = 5_000;

/** Long connections: who is connected, what is told, and how connections break. */
export const streamRoutes: readonly Route[] = [
  {
    path: ["streams"],
    methods: {
      GET({ streams }, { headers }) {
        const connections = streamPlatforms.flatMap((platform) =>
          [...streams.linesOf(platform).counts()].map(([app, count]) => ({ platform, app, connections: count })),
        );
        const [http, ws] = [`http://${headers.host}`, `ws://${headers.host}/wecom/ws`];
        return json(200, { connections, addresses: { feishu: http, dingtalk: http, "wecom-bot": ws } });
      },
    },
  },
  {
    path: ["streams", "{platform}"],
    methods: {
      PUT({ streams }, call, [, platform]) {
        const { muted } = mutedBody.parse(bodyOf(call));
        streams.linesOf(oneOf(streamPlatforms, platform, "platform with long connections")).mute(muted);
        return json(200, { muted });
      },
    },
  },
  {
    path: ["streams", "{platform}", "{app}"],
    methods: {
      GET: ({ happenings }, _call, segments) => json(200, { told: happenings.reports(appIn(segments)) }),
      /** Answers when it is acknowledged, or after a while: it is told again on the platform's schedule. */
      async POST({ happenings, timer }, call, segments) {
        const body = bodyOf(call);
        if (!isFields(body)) throw new RangeError('the body must be an object such as {"event": "message", …}');
        const told = happenings.tell(appIn(segments), body as unknown as HappeningInput);
        await within(told.done, timer);
        return json(200, { told: told.report() });
      },
      DELETE({ streams }, _call, segments) {
        const { platform, app } = appIn(segments);
        const lines = streams.linesOf(platform);
        const broken = lines.of(app).length;
        lines.kick(app);
        return json(200, { broken });
      },
    },
  },
];

function appIn([, platform, app = ""]: readonly string[]): StreamApp {
  return { platform: oneOf(streamPlatforms, platform, "platform with long connections"), app };
}

function within(done: Promise<void>, timer: Timer): Promise<void> {
  return new Promise((resolve) => {
    const callOff = timer.at(timer.now() + patienceMs, resolve);
    void done.then(() => {
      callOff();
      resolve();
    });
  });
}
