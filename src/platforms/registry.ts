// Made by scripts/generate-registry.ts from the folders beside it; run that after adding one.
import type { Platform } from "./definition.ts";
import { dingtalk } from "./dingtalk/index.ts";
import { email } from "./email/index.ts";
import { feishu } from "./feishu/index.ts";
import { system } from "./system/index.ts";
import { wecom } from "./wecom/index.ts";

/** Every platform, in alphabetical order. */
export const platforms: readonly Platform[] = [dingtalk, email, feishu, system, wecom];

const byName: ReadonlyMap<string, Platform> = new Map(
  platforms.flatMap((platform) => namesOf(platform).map((name) => [name, platform] as const)),
);

/** The platform with this id, or one that clients or configuration files know by this name. */
export function platformNamed(name: string): Platform | undefined {
  return byName.get(name);
}

function namesOf({ id, apiName, aliases }: Platform): string[] {
  return [id, ...aliases, ...(apiName === undefined ? [] : [apiName])];
}
