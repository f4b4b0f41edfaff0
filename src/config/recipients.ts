import { isDeepStrictEqual } from "node:util";
import type { RateWindow } from "../model/rate.ts";
import { systemPlatform } from "../model/strategy.ts";
import type { Platform } from "../platforms/definition.ts";
import type { ConfiguredRecipient, Entry } from "./config.ts";
import { formatPath, type Path } from "./problem.ts";
import type { Reader } from "./reader.ts";
import { alias, commonEntry, commonKeys, enabled, recipientName, systemEnabled } from "./recipient-schema.ts";
import { unknownKey } from "./wording.ts";

/** Reads `recipients` and `system`: what depends on the platforms there are. */
export class RecipientReader {
  readonly #reader: Reader;
  readonly #platforms: readonly Platform[];
  /** Where each place was described first, by platform and address. */
  readonly #places = new Map<string, { entry: Entry; path: Path }>();

  constructor(reader: Reader, platforms: readonly Platform[]) {
    this.#reader = reader;
    this.#platforms = platforms;
  }

  recipients(): ConfiguredRecipient[] {
    return [...this.#reader.section(["recipients"]).keys()].map((name) => this.#recipient(name));
  }

  /** The global `system` section. */
  notifications(): Entry[] {
    const platform = this.#platforms.find(({ id }) => id === systemPlatform);
    if (!platform || this.#reader.node(["system"])?.value == null) return [];
    this.#reader.refuseUnknownKeys(["system"], ["enabled", platform.listKey]);
    const on = this.#reader.read(systemEnabled, ["system", "enabled"]) !== false;
    return this.#entries(platform, ["system", platform.listKey], on);
  }

  #recipient(name: string): ConfiguredRecipient {
    const path = ["recipients", name];
    if (!alias.safeParse(name).success) {
      this.#reader.problem(
        path,
        `found ${JSON.stringify(name.slice(0, 40))}, expected an alias of 1 to 128 characters without control characters`,
      );
    }
    this.#reader.refuseUnknownKeys(path, ["name", "platforms"]);
    const shown = this.#reader.read(recipientName, [...path, "name"]);
    const seen = new Map<string, string>();
    const platforms = [...this.#reader.section([...path, "platforms"]).keys()].flatMap((key) => {
      const platform = this.#named(key, [...path, "platforms", key]);
      if (!platform) return [];
      const twin = seen.get(platform.id);
      seen.set(platform.id, key);
      if (twin !== undefined) {
        this.#reader.problem([...path, "platforms", key], `the same platform as "${twin}" above, expected it once`);
        return [];
      }
      const entries = this.#platform(platform, [...path, "platforms", key]);
      return entries ? [{ platform: platform.id, entries }] : [];
    });
    return { alias: name, name: shown || name, platforms };
  }

  #named(key: string, path: Path): Platform | undefined {
    const platform = this.#platforms.find(({ id, aliases }) => id === key || aliases.includes(key));
    if (!platform) {
      const known = this.#platforms.flatMap(({ id, aliases }) => [id, ...aliases]);
      this.#reader.problem(path, unknownKey(key, known).replace("key", "platform"), this.#reader.node(path)?.keyAt);
    }
    return platform;
  }

  /** undefined when the platform is switched off. */
  #platform(platform: Platform, path: Path): Entry[] | undefined {
    this.#reader.refuseUnknownKeys(path, ["enabled", platform.listKey]);
    const on = this.#reader.read(enabled, [...path, "enabled"]) !== false;
    const entries = this.#entries(platform, [...path, platform.listKey], on);
    return on ? entries : undefined;
  }

  #entries(platform: Platform, path: Path, on: boolean): Entry[] {
    const entries: Entry[] = [];
    for (let index = 0; index < this.#reader.lengthOf(path); index++) {
      const entry = this.#entry(platform, [...path, index], index, on);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  #entry(platform: Platform, path: Path, index: number, on: boolean): Entry | undefined {
    const used = on && this.#reader.read(commonEntry.shape.enabled, [...path, "enabled"]) !== false;
    const settings = this.#reader.read(platform.channel, path, { without: commonKeys, lenient: !used });
    if (!used) return undefined;
    const name = this.#reader.read(commonEntry.shape.name, [...path, "name"]);
    const limits = this.#reader.read(commonEntry.shape.rate_limits, [...path, "rate_limits"]);
    const proxy = this.#reader.read(commonEntry.shape.proxy, [...path, "proxy"]);
    if (proxy !== undefined && !platform.overHttp) {
      this.#reader.problem([...path, "proxy"], `${platform.id} does not send over HTTP, expected no proxy`);
    }
    if (settings === undefined) return undefined;
    const rate = limits?.map(
      ({ messages, per_seconds }): RateWindow => ({ messages, perMs: Math.round(per_seconds * 1_000) }),
    );
    const entry: Entry = {
      name: name || `${platform.label.zh}${index + 1}`,
      settings,
      ...(rate ? { rate } : {}),
      ...(proxy === undefined ? {} : { proxy }),
    };
    this.#checkTwin(platform, entry, path);
    return entry;
  }

  /** Entries with one address are one Channel, so they have to agree about it. */
  #checkTwin(platform: Platform, entry: Entry, path: Path): void {
    const place = `${platform.id}\n${platform.address(entry.settings)}`;
    const twin = this.#places.get(place);
    if (!twin) {
      this.#places.set(place, { entry, path });
      return;
    }
    const sayOf = ({ settings, rate, proxy }: Entry) => [settings, rate, proxy];
    if (isDeepStrictEqual(sayOf(twin.entry), sayOf(entry))) return;
    const { line } = this.#reader.placeOf(twin.path);
    this.#reader.problem(
      path,
      `the same place as ${formatPath(twin.path)} (line ${line}) with other settings, expected the same settings in both`,
    );
  }
}
