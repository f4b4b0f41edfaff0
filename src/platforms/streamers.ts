import { dingtalkStreamer } from "./dingtalk/stream.ts";
import { feishuStreamer } from "./feishu/stream.ts";
import type { Streamer } from "./streaming.ts";
import { wecomStreamer } from "./wecom/stream.ts";

/** What listens to each platform that has long connections, by the platform's id. */
export const streamers: ReadonlyMap<string, Streamer> = new Map([
  ["dingtalk", dingtalkStreamer],
  ["feishu", feishuStreamer],
  ["wecom", wecomStreamer],
]);
