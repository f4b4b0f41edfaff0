import * as z from "zod";

/** A group robot: whoever has the URL, and the secret where one is set, can speak in the group. */
export interface RobotChannel {
  readonly url: string;
  /** Signs requests. Empty: they are sent unsigned. */
  readonly secret: string;
}

/** In both languages. */
interface Descriptions {
  readonly url: { readonly description: string; readonly zh: string };
  readonly secret: { readonly description: string; readonly zh: string };
}

/** The settings that every group robot has; each platform says in its own words where to find them. */
export function robotChannel(descriptions: Descriptions): z.ZodType<RobotChannel> {
  return z.strictObject({
    url: z
      .url({ protocol: /^https?$/, error: "must be the robot's whole address, beginning with https:// or http://" })
      .max(2048, "must be at most 2048 characters")
      .meta({ secret: true, ...descriptions.url }),
    secret: z
      .string()
      .max(256, "must be at most 256 characters")
      .default("")
      .meta({ secret: true, ...descriptions.secret }),
  });
}

/** What must not be quoted anywhere: the secret, the URL, and every part of it that can be a credential. */
export function secretsOf({ url, secret }: RobotChannel): string[] {
  const { href, pathname, search, searchParams, username, password } = new URL(url);
  const parts = [...searchParams.values(), pathname.slice(pathname.lastIndexOf("/") + 1), username, password];
  return [secret, url, href, search, ...parts].filter((text) => text.length >= shortestSecret);
}

/** Anything shorter is no credential, and blotting it out would make messages unreadable. */
const shortestSecret = 4;
