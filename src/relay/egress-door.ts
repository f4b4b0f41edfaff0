import { type EgressAccess, egressKeyHeader } from "./egress-access.ts";
import type { PassedRequest, PassOn } from "./relay.ts";
import type { RelayLimits, RelaySettings } from "./settings.ts";
import type { Visit } from "./visit.ts";

/** What a relay of this name is: `/egress/wecom/…` to the server of that name. */
export function egressRelay(name: string, origin: string, limits: RelayLimits): RelaySettings {
  return {
    name: `egress/${name}`,
    prefix: `/egress/${name}`,
    methods: ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"],
    allowedPaths: [],
    delivery: {
      mode: "transparent",
      pool: {
        targets: [{ kind: "origin", base: origin, weight: 1 }],
        balance: { by: "round-robin" },
        idempotent: false,
        // The platform's one address: there is no other to turn to.
        passiveHealth: { failures: 1_000_000, windowMs: 1_000, ejectMs: 1, maxEjectMs: 1 },
        activeHealth: undefined,
        pendingPerTarget: 4_096,
      },
    },
    keepHost: false,
    limits,
  };
}

/** Lets requests out to one platform: only those of whoever may, and with nothing in them of who that is. */
export class EgressDoor implements PassOn {
  readonly #access: EgressAccess;
  readonly #onward: PassOn;

  constructor(access: EgressAccess, onward: PassOn) {
    this.#access = access;
    this.#onward = onward;
  }

  take(visit: Visit, passed: PassedRequest): void {
    const key = visit.request.headers[egressKeyHeader];
    const caller = headerIn(passed.headers, "x-real-ip") ?? "";
    if (!this.#access.admits(caller, typeof key === "string" ? key : undefined)) {
      visit.refuse("egress-denied", `${caller} is not among egress.callers, and showed no key that is known`);
      return;
    }
    this.#onward.take(visit, { ...passed, headers: anonymous(passed.headers) });
  }

  close(): Promise<void> {
    return this.#onward.close();
  }
}

function headerIn(headers: readonly string[], name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at]?.toLowerCase() === name) return headers[at + 1];
  return undefined;
}

/** Without the key, and without the addresses and names of the intranet: they are none of the platform's business. */
function anonymous(headers: readonly string[]): string[] {
  return headers.filter((_, index) => !isOurs(headers[index - (index % 2)] ?? ""));
}

function isOurs(name: string): boolean {
  const lower = name.toLowerCase();
  return ours.has(lower) || lower.startsWith("x-forwarded-");
}

const ours: ReadonlySet<string> = new Set([egressKeyHeader, "x-real-ip", "via"]);
