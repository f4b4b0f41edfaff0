import type { Moment } from "./call.ts";
import type { FeishuEvent } from "./feishu-events.ts";
import { hexId } from "./ids.ts";

export interface FeishuSender {
  readonly app_id: string;
  readonly tenant_key: string;
  readonly verification_token: string;
}

/** An event as the body that it comes in. */
export function feishuBody(told: FeishuEvent, app: FeishuSender, moment: Moment): unknown {
  const { app_id, tenant_key, verification_token: token } = app;
  switch (told.envelope) {
    case "card":
      // Here `token` is the one for updating the card later, not the account's.
      return { ...told.event, tenant_key };
    case "1.0": {
      const event = { type: told.name, app_id, tenant_key, ...told.event };
      return { ts: (moment.nowMs / 1000).toFixed(7), uuid: hexId(moment), token, type: "event_callback", event };
    }
    case "2.0": {
      const create_time = String(moment.nowMs);
      const event_type = told.name;
      const header = { event_id: hexId(moment), event_type, create_time, token, app_id, tenant_key };
      return { schema: "2.0", header, event: told.event };
    }
  }
}
