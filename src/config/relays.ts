import { resealers } from "../platforms/resealers.ts";
import type {
  ReceiverSettings,
  RelayAccount,
  RelayDelivery,
  RelaySettings,
  TargetPoolSettings,
  TargetSettings,
  TunnelSettings,
} from "../relay/settings.ts";
import { accountName } from "./account-schema.ts";
import { madeSection } from "./made-nodes.ts";
import { formatPath, type Path } from "./problem.ts";
import type { Reader } from "./reader.ts";
import {
  relaySchema,
  tunnelSchema,
  type WrittenPool,
  type WrittenReceiver,
  type WrittenRelay,
  type WrittenTarget,
} from "./relay-schema.ts";
import { unknownKey } from "./wording.ts";

/** What the hub itself answers, which no relay may take from it. */
const ownPaths = [
  "/api",
  "/callbacks",
  "/docs",
  "/egress",
  "/health",
  "/healthz",
  "/metrics",
  "/ready",
  "/tunnels",
  "/wechat/callback",
];

/** Reads `relays` and `tunnels`. */
export class RelayReader {
  readonly #reader: Reader;
  readonly #accounts: readonly RelayAccount[];
  /** Where each prefix was opened first. */
  readonly #opened = new Map<string, Path>();

  /** @param accounts Those that are configured and switched on. */
  constructor(reader: Reader, accounts: readonly RelayAccount[]) {
    this.#reader = reader;
    this.#accounts = accounts;
  }

  tunnels(): TunnelSettings[] {
    return this.#names("tunnels").flatMap((name) => {
      const written = this.#reader.read(tunnelSchema, ["tunnels", name]);
      return written ? [{ name, keys: [...new Set(written.keys)] }] : [];
    });
  }

  /** The ones that are switched on. */
  relays(): RelaySettings[] {
    return this.#names("relays").flatMap((name) => this.#relay(name) ?? []);
  }

  #names(section: string): string[] {
    return [...this.#reader.section([section]).keys()].filter((name) => {
      if (accountName.safeParse(name).success) return true;
      const path = [section, name];
      const found = JSON.stringify(name.slice(0, 80));
      this.#reader.problem(
        path,
        `found ${found}, expected ${accountName.meta()?.expected}`,
        this.#reader.node(path)?.keyAt,
      );
      return false;
    });
  }

  #relay(name: string): RelaySettings | undefined {
    const path = ["relays", name];
    this.#spellOutTargets([...path, "targets"]);
    for (let index = 0; index < this.#entriesAt([...path, "receivers"]); index++) {
      this.#spellOutTargets([...path, "receivers", index, "targets"]);
    }
    const used = this.#reader.read(relaySchema.shape.enabled, [...path, "enabled"]) !== false;
    const written = this.#reader.read(relaySchema, path, { lenient: !used });
    if (!written || !used) return undefined;
    this.#open(written.path, [...path, "path"]);
    const delivery = this.#delivery(written, path);
    return (
      delivery && {
        name,
        prefix: written.path,
        methods: [...new Set(written.methods)],
        allowedPaths: written.allow,
        delivery,
        keepHost: written.keep_host,
        limits: {
          connectMs: written.timeouts.connect,
          answerMs: written.timeouts.answer,
          idleMs: written.timeouts.idle,
          headerLines: written.header_lines,
          bodyBytes: written.body_limit,
        },
      }
    );
  }

  /** A target that is only an address, as a section. */
  #spellOutTargets(path: Path): void {
    const node = this.#reader.node(path);
    if (!Array.isArray(node?.value)) return;
    for (const [index, entry] of node.value.entries()) {
      if (typeof entry.value !== "string") continue;
      node.value[index] = madeSection([["url", { ...entry, writtenAs: [...path, index] }]], entry);
    }
  }

  #entriesAt(path: Path): number {
    const value = this.#reader.node(path)?.value;
    return Array.isArray(value) ? value.length : 0;
  }

  #open(prefix: string, path: Path): void {
    const own = ownPaths.find((each) => isWithin(each, prefix) || isWithin(prefix, each));
    if (own !== undefined)
      this.#reader.problem(path, `found "${prefix}", but ${own} is the hub's own, expected another path`);
    const twin = this.#opened.get(prefix);
    if (twin) {
      const { line } = this.#reader.placeOf(twin);
      this.#reader.problem(path, `the same path as ${formatPath(twin)} (line ${line}), expected another one`);
    }
    this.#opened.set(prefix, path);
  }

  #delivery(written: WrittenRelay, path: Path): RelayDelivery | undefined {
    const { mode } = written;
    if (mode === "transparent") {
      if (written.receivers.length > 0) {
        this.#reader.problem([...path, "receivers"], "only durable relays have receivers, expected targets");
      }
      if (written.account !== undefined) {
        this.#reader.problem([...path, "account"], "a transparent relay verifies nothing, expected no account");
      }
      const pool = this.#pool(written, path);
      return pool && { mode, pool };
    }
    const account = this.#account(written, path);
    const receivers = this.#receivers(written, account, path);
    return account && { mode, account, receivers, refusals: written.refusals };
  }

  #account({ mode, account: text }: WrittenRelay, path: Path): RelayAccount | undefined {
    if (text === undefined) {
      this.#reader.problem(
        [...path, "account"],
        `missing, expected the account whose callbacks a ${mode} relay stores`,
      );
      return undefined;
    }
    const [platform = "", name = ""] = text.split("/");
    const isMailbox = platform === "email";
    if (!isMailbox && this.#accounts.some((each) => each.platform === platform && each.name === name)) {
      return { platform, name };
    }
    const rule = isMailbox ? "nobody calls about a mailbox" : "there is no such account that is switched on";
    this.#reader.problem([...path, "account"], `found "${text}", but ${rule}, expected the platform and name of one`);
    return undefined;
  }

  #receivers(written: WrittenRelay, account: RelayAccount | undefined, path: Path): ReceiverSettings[] {
    const { targets, receivers } = written;
    if (targets.length > 0 && receivers.length > 0) {
      this.#reader.problem([...path, "targets"], "expected targets or receivers, not both");
    }
    if (receivers.length === 0) {
      const pool = this.#pool(written, path);
      return pool ? [{ name: "default", pool, types: [], answers: false }] : [];
    }
    const names = new Set<string>();
    for (const [index, { name }] of receivers.entries()) {
      if (names.has(name)) {
        this.#reader.problem([...path, "receivers", index, "name"], `"${name}" is taken, expected another name`);
      }
      names.add(name);
    }
    const answering = receivers.findLastIndex(({ answers }) => answers);
    if (receivers.filter(({ answers }) => answers).length > 1) {
      this.#reader.problem([...path, "receivers", answering, "answers"], "another one answers, expected at most one");
    }
    return receivers.flatMap((receiver, index) => {
      return this.#receiver(receiver, account, [...path, "receivers", index]) ?? [];
    });
  }

  #receiver(receiver: WrittenReceiver, account: RelayAccount | undefined, path: Path): ReceiverSettings | undefined {
    const { name, path: below, types, answers } = receiver;
    const schema = resealers.get(account?.platform ?? "")?.keys;
    const seal = receiver.seal && schema && this.#reader.read(schema, [...path, "seal"]);
    if (receiver.seal && account && !schema) {
      const rule = `callbacks of ${account.platform} cannot be sealed anew, expected none`;
      this.#reader.problem([...path, "seal"], rule);
    }
    const pool = this.#pool(receiver, path);
    return pool && { name, pool, path: below, types, seal, answers };
  }

  #pool(written: WrittenPool, path: Path): TargetPoolSettings | undefined {
    const { balance, sticky_by: header, passive_health: passive, health } = written;
    if (written.targets.length === 0) {
      this.#reader.problem([...path, "targets"], "missing, expected at least one target");
    }
    if (balance === "sticky" && header === undefined) {
      this.#reader.problem([...path, "sticky_by"], "missing, expected the header that balance: sticky looks at");
    }
    if (balance !== "sticky" && header !== undefined) {
      this.#reader.problem(
        [...path, "sticky_by"],
        `nothing looks at it with balance: ${balance}, expected balance: sticky`,
      );
    }
    if (passive.eject > passive.max_eject) {
      this.#reader.problem([...path, "passive_health", "eject"], "expected at most max_eject");
    }
    const targets = this.#targets(written, [...path, "targets"]);
    if (targets.length === 0) return undefined;
    return {
      targets,
      balance: balance === "sticky" ? { by: balance, header: header ?? "" } : { by: balance },
      idempotent: written.idempotent,
      passiveHealth: {
        failures: passive.failures,
        windowMs: passive.window,
        ejectMs: passive.eject,
        maxEjectMs: passive.max_eject,
      },
      activeHealth: health && {
        path: health.path,
        everyMs: health.every,
        timeoutMs: health.timeout,
        up: health.up,
        down: health.down,
      },
      pendingPerTarget: written.pending_per_target,
    };
  }

  /** Each of them once: written twice it would be busy, out and sticky as two. */
  #targets(written: WrittenPool, path: Path): TargetSettings[] {
    const places = new Map<string, number>();
    return written.targets.flatMap((each, index) => {
      const target = this.#target(each, [...path, index]);
      if (!target) return [];
      const where = target.kind === "origin" ? target.base : `tunnel ${target.tunnel}`;
      const first = places.get(where);
      if (first !== undefined) {
        this.#reader.problem([...path, index], `the same target as targets[${first}], expected it once, with a weight`);
      }
      places.set(where, first ?? index);
      return [target];
    });
  }

  #target({ url, tunnel, weight }: WrittenTarget, path: Path): TargetSettings | undefined {
    if ((url === undefined) === (tunnel === undefined)) {
      this.#reader.problem(path, "expected either url or tunnel");
      return undefined;
    }
    if (url !== undefined) return { kind: "origin", base: baseOf(url), weight };
    if (tunnel === undefined) return undefined;
    const known = [...this.#reader.section(["tunnels"]).keys()];
    if (!known.includes(tunnel)) {
      this.#reader.problem([...path, "tunnel"], unknownKey(tunnel, known).replace("key", "tunnel"));
      return undefined;
    }
    return { kind: "tunnel", tunnel, weight };
  }
}

function baseOf(text: string): string {
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/\/+$/, "");
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

/** What a program that relays and nothing else cannot do. */
export function checkRelaysAlone(reader: Reader, relays: readonly RelaySettings[]): void {
  for (const { name, delivery } of relays) {
    if (delivery.mode === "transparent") continue;
    const path = ["relays", name, "mode"];
    reader.problem(
      path,
      `found "${delivery.mode}", which needs the store of a hub; expected transparent, or yizhan serve`,
    );
  }
  if (relays.length > 0 || reader.problems.length > 0) return;
  const wanted = "the address of the server in the intranet, such as TARGET_SERVER_URL=http://10.0.0.5:8080";
  const message = `TARGET_SERVER_URL is not set, and no relay is configured; expected ${wanted}, or relays in a file given with --config`;
  reader.problem([], message, { file: "environment", line: 0, column: 0 });
}
