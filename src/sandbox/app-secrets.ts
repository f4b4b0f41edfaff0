import { sameText } from "./constant-time.ts";

/** Whose programs call the platform, or connect to it. */
export const appPlatforms = ["wecom", "wecom-bot", "wechat-official", "feishu", "dingtalk"] as const;
export type AppPlatform = (typeof appPlatforms)[number];

export interface AppName {
  readonly platform: AppPlatform;
  /** Corp id, Bot ID, AppID, App ID or Client ID. */
  readonly id: string;
}

const mostApps = 10_000;

/** The secrets of the apps that were declared; any other app has any secret, as long as it has one. */
export class AppSecrets {
  readonly #declared = new Map<string, AppName & { readonly secret: string }>();

  /** From now on this app has this secret and no other. @throws RangeError when there are too many. */
  declare({ platform, id }: AppName, secret: string): void {
    const key = `${platform} ${id}`;
    if (this.#declared.size >= mostApps && !this.#declared.has(key)) {
      throw new RangeError(`${mostApps} apps are declared already; delete some first`);
    }
    this.#declared.set(key, { platform, id, secret });
  }

  /** @returns whether it was declared. */
  forget({ platform, id }: AppName): boolean {
    return this.#declared.delete(`${platform} ${id}`);
  }

  isRight({ platform, id }: AppName, secret: string): boolean {
    const known = this.#declared.get(`${platform} ${id}`)?.secret;
    return known === undefined ? id !== "" && secret !== "" : sameText(known, secret);
  }

  /** Without their secrets. */
  list(): AppName[] {
    return [...this.#declared.values()].map(({ platform, id }) => ({ platform, id }));
  }
}
