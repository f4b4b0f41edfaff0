import type { Delivery } from "../model/delivery.ts";
import { describe } from "../model/platform-error.ts";

/** How many failures are told in full; a Recipient of a thousand Channels needs no thousand lines. */
const TOLD = 10;

/** Why a last resort rings, for the person it reaches. */
export function reasonOf(failures: readonly Delivery[]): string {
  if (failures.length === 0) return "接收者没有启用任何推送渠道";
  const told = failures.slice(0, TOLD).map(({ name, platform, error }) => {
    return `${name}（${platform}）：${error ? describe(error) : "失败"}`;
  });
  const rest = failures.length > TOLD ? [`……另有 ${failures.length - TOLD} 个渠道`] : [];
  return ["所有推送渠道均失败", ...told, ...rest].join("\n");
}
