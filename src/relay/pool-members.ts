import { byTurns, leastBusy, preferredBy } from "./balance.ts";
import {
  afterFailure,
  afterProbeBegan,
  afterProbeSucceeded,
  afterProbeWithoutVerdict,
  isOnTrial,
  takesRequests,
} from "./passive-health.ts";
import type { PoolMember } from "./pool-member.ts";
import type { PoolObserver } from "./pool-observer.ts";
import type { TargetPoolSettings } from "./settings.ts";
import type { OutgoingRequest } from "./target.ts";

/** Why nobody was chosen: `overloaded` where targets are up, each with as many requests as it may have. */
export type NoMember = "no-target" | "overloaded";

/** A pool's targets: which of them a request gets, and what became of their requests. */
export class PoolMembers {
  readonly all: readonly PoolMember[];
  readonly #settings: TargetPoolSettings;
  readonly #observer: PoolObserver;
  /** In lower case. */
  readonly #stickyHeader: string | undefined;

  constructor(all: readonly PoolMember[], settings: TargetPoolSettings, observer: PoolObserver) {
    this.all = all;
    this.#settings = settings;
    this.#observer = observer;
    this.#stickyHeader = settings.balance.by === "sticky" ? settings.balance.header.toLowerCase() : undefined;
  }

  /** @param tried Has failed to take this request already. */
  choose(request: OutgoingRequest, now: number, tried?: PoolMember): PoolMember | NoMember {
    const key = this.#stickyHeader === undefined ? undefined : firstValue(request.headers, this.#stickyHeader);
    let open = 0;
    for (const member of this.all) if (this.#isOpen(member, now, tried)) open++;
    if (open === this.all.length) return this.#chooseAmong(this.all, key);
    if (open > 0) {
      const candidates = this.all.filter((member) => this.#isOpen(member, now, tried));
      return this.#chooseAmong(candidates, key);
    }
    // Those that are out only for what became of requests are a better chance than none, but not for a second try.
    const ejected = tried ? [] : this.all.filter((member) => member.isAnswering);
    return ejected.length > 0 ? this.#chooseAmong(ejected, key) : "no-target";
  }

  /** A request goes to the member. @returns Does it decide whether the member comes back? */
  begin(member: PoolMember, now: number): boolean {
    if (!isOnTrial(member.standing, now)) return false;
    member.standing = afterProbeBegan(member.standing);
    return true;
  }

  failed(member: PoolMember, at: number, wasProbe: boolean): void {
    member.failures++;
    const before = member.standing;
    const isLast = !this.all.some(
      (other) => other !== member && other.isAnswering && other.standing.ejectedUntil === undefined,
    );
    member.standing = afterFailure(before, this.#settings.passiveHealth, { at, wasProbe, isLast });
    const { ejectedUntil } = member.standing;
    if (ejectedUntil === undefined || ejectedUntil === before.ejectedUntil) return;
    this.#observer.onTarget(member.name, { kind: "ejected", untilMs: ejectedUntil });
  }

  probeSucceeded(member: PoolMember, at: number): void {
    member.standing = afterProbeSucceeded(member.standing, at);
    this.#observer.onTarget(member.name, { kind: "restored" });
  }

  probeWithoutVerdict(member: PoolMember): void {
    member.standing = afterProbeWithoutVerdict(member.standing);
  }

  #isOpen(member: PoolMember, now: number, tried: PoolMember | undefined): boolean {
    return member !== tried && member.isAnswering && takesRequests(member.standing, now);
  }

  #chooseAmong(candidates: readonly PoolMember[], key: string | undefined): PoolMember | NoMember {
    // What belongs to a busy target waits for it: its order is why it is sticky.
    if (key !== undefined) return this.#unlessFull(preferredBy(key, candidates));
    const limit = this.#settings.pendingPerTarget;
    let room = 0;
    for (const member of candidates) if (member.pending < limit) room++;
    if (room === 0) return "overloaded";
    const free = room === candidates.length ? candidates : candidates.filter((member) => member.pending < limit);
    if (free.length === 1) return free[0] as PoolMember;
    return this.#settings.balance.by === "least-busy" ? leastBusy(free) : byTurns(free);
  }

  #unlessFull(member: PoolMember): PoolMember | NoMember {
    return member.pending < this.#settings.pendingPerTarget ? member : "overloaded";
  }
}

/** Of a flat list of headers; undefined where it is absent or empty, which says nothing of who sends. */
function firstValue(headers: readonly string[], lowerCaseName: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() === lowerCaseName) return headers[at + 1] || undefined;
  }
  return undefined;
}
