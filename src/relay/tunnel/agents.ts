import type { AgentLink } from "./agent-link.ts";

/** Agents of one tunnel at a time. */
export const mostAgents = 64;

/** The agents that are connected to one tunnel. */
export class Agents {
  #links: readonly AgentLink[] = [];
  /** Where the next look begins, so that agents with as much to do take turns. */
  #turn = 0;

  get links(): readonly AgentLink[] {
    return this.#links;
  }

  add(link: AgentLink): void {
    this.#links = [...this.#links, link];
  }

  remove(link: AgentLink): void {
    this.#links = this.#links.filter((other) => other !== link);
  }

  /** The one with the least to do, none of these. */
  pick(except: readonly AgentLink[]): AgentLink | undefined {
    const links = this.#links;
    let found: AgentLink | undefined;
    for (let index = 0; index < links.length; index++) {
      const link = links[(this.#turn + index) % links.length] as AgentLink;
      if (!link.hasRoom || except.includes(link)) continue;
      if (!found || link.pending < found.pending) found = link;
    }
    this.#turn = (this.#turn + 1) % Math.max(links.length, 1);
    return found;
  }
}
