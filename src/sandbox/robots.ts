import { type IpRules, ipRules } from "./ip-rules.ts";
import { type Limit, type Pace, paced, publishedPace, RateMeter } from "./rate.ts";
import { Recent } from "./recent.ts";
import type { RobotPlatform, StandIn } from "./stand-in.ts";

/** What a group's owner can set on a robot. */
export interface RobotSettings {
  readonly secret?: string | undefined;
  /** One of them must occur in every message. */
  readonly keywords?: readonly string[] | undefined;
  /** Who may call: IPv4 addresses, `1.2.3.*` wildcards, CIDR ranges. */
  readonly ips?: readonly string[] | undefined;
  /** Instead of the published limits, exactly these; empty for none. */
  readonly limits?: readonly Limit[] | undefined;
  /** Stopped or removed from its group. */
  readonly disabled?: boolean | undefined;
}

/** Idempotency keys and uploads that one robot remembers. */
const remembered = 1_000;
/** Tokens that were never declared; more are forgotten oldest first. */
const undeclaredRobots = 10_000;
const declaredRobots = 100_000;

/** One robot in one group: its settings, and what it remembers. */
export class Robot {
  readonly platform: RobotPlatform;
  readonly token: string;
  readonly declared: boolean;
  readonly settings: RobotSettings;
  readonly ipRules: IpRules | undefined;
  #meter: RateMeter | undefined;
  #seen: Recent<true> | undefined;
  #media: Recent<Media> | undefined;

  /** @throws RangeError for an entry of `ips` that is none. */
  constructor(platform: RobotPlatform, token: string, settings: RobotSettings, declared: boolean) {
    this.platform = platform;
    this.token = token;
    this.settings = settings;
    this.declared = declared;
    this.ipRules = settings.ips && settings.ips.length > 0 ? ipRules(settings.ips) : undefined;
  }

  /** Starts counting anew. */
  limitTo(limits: readonly Limit[]): void {
    this.#meter = limits.length > 0 ? new RateMeter(limits) : undefined;
  }

  /** Takes one message in, unless a limit forbids it. */
  admit(nowMs: number): boolean {
    return this.#meter?.admit(nowMs) ?? true;
  }

  hasSeen(key: string): boolean {
    return this.#seen?.get(key) ?? false;
  }

  remember(key: string): void {
    this.#seen ??= new Recent(remembered);
    this.#seen.set(key, true);
  }

  keep(id: string, media: Media): void {
    this.#media ??= new Recent(remembered);
    this.#media.set(id, media);
  }

  media(id: string): Media | undefined {
    return this.#media?.get(id);
  }
}

/** An upload: its kind and until when it can be used, epoch milliseconds. The bytes are not kept. */
export interface Media {
  readonly type: "file" | "voice";
  readonly usableUntil: number;
}

/** All robots of the sandbox. */
export class Robots {
  readonly #standIns: ReadonlyMap<RobotPlatform, StandIn>;
  readonly #declared = new Map<string, Robot>();
  readonly #undeclared = new Recent<Robot>(undeclaredRobots);
  readonly #paces = new Map<RobotPlatform, Pace>();
  readonly #strict: boolean;

  constructor(standIns: readonly StandIn[], strict: boolean) {
    this.#standIns = new Map(standIns.map((standIn) => [standIn.platform, standIn]));
    this.#strict = strict;
  }

  /** The robot behind a token. Unless strict, every token has one. */
  find(platform: RobotPlatform, token: string): Robot | undefined {
    if (token === "") return undefined;
    const key = keyOf(platform, token);
    const known = this.#declared.get(key) ?? this.#undeclared.get(key);
    if (known || this.#strict) return known;
    const robot = new Robot(platform, token, {}, false);
    robot.limitTo(this.#limitsOf(robot));
    this.#undeclared.set(key, robot);
    return robot;
  }

  /**
   * Declares a robot, or replaces its declaration; its counters start anew.
   *
   * @throws RangeError for a setting that the platform's robots do not have, or that is malformed.
   */
  declare(platform: RobotPlatform, token: string, settings: RobotSettings): Robot {
    const security = this.#standIns.get(platform)?.security ?? [];
    for (const name of ["secret", "keywords", "ips"] as const) {
      if (settings[name] !== undefined && !security.includes(name)) {
        throw new RangeError(`${name}: ${platform} robots have no such setting; leave it out`);
      }
    }
    const key = keyOf(platform, token);
    if (this.#declared.size >= declaredRobots && !this.#declared.has(key)) {
      throw new RangeError(`${declaredRobots} robots are declared already; delete some first`);
    }
    const robot = new Robot(platform, token, settings, true);
    robot.limitTo(this.#limitsOf(robot));
    this.#undeclared.delete(key);
    this.#declared.set(key, robot);
    return robot;
  }

  /** @returns whether there was a declaration. */
  forget(platform: RobotPlatform, token: string): boolean {
    return this.#declared.delete(keyOf(platform, token));
  }

  *all(): IterableIterator<Robot> {
    yield* this.#declared.values();
    yield* this.#undeclared.values();
  }

  paceOf(platform: RobotPlatform): Pace {
    return this.#paces.get(platform) ?? publishedPace;
  }

  /** Bends the published limits of one platform, or of all; every counter starts anew. Own limits of a robot stay. */
  pace(platform: RobotPlatform | undefined, pace: Pace): void {
    for (const each of platform ? [platform] : this.#standIns.keys()) this.#paces.set(each, pace);
    for (const robot of this.all()) {
      if (platform === undefined || robot.platform === platform) robot.limitTo(this.#limitsOf(robot));
    }
  }

  #limitsOf(robot: Robot): readonly Limit[] {
    if (robot.settings.limits) return robot.settings.limits;
    return paced(this.#standIns.get(robot.platform)?.limits ?? [], this.paceOf(robot.platform));
  }
}

function keyOf(platform: RobotPlatform, token: string): string {
  return `${platform}/${token}`;
}
