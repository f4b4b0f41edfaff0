import { describe } from "vitest";
import { attachmentContract } from "./store/attachments.ts";
import { directoryContract } from "./store/directory.ts";
import { eventContract } from "./store/events.ts";
import { forwardContract } from "./store/forwards.ts";
import { inboxContract } from "./store/inbox.ts";
import { jobContract } from "./store/jobs.ts";
import { laneContract } from "./store/lanes.ts";
import { leaseContract } from "./store/leases.ts";
import { lifeContract } from "./store/life.ts";
import { stateContract } from "./store/states.ts";
import { subscriptionContract } from "./store/subscriptions.ts";
import { taskContract } from "./store/tasks.ts";
import { tokenContract } from "./store/tokens.ts";
import type { StoreWorlds } from "./store/worlds.ts";

/**
 * What every Store promises; each implementation runs it.
 *
 * @param open Makes a new, empty store. `reopen` closes it if it is open and opens the same data again;
 *   `remove` closes it and deletes the data.
 */
export function storeContract(name: string, open: StoreWorlds): void {
  describe(name, () => {
    taskContract(open);
    laneContract(open);
    directoryContract(open);
    inboxContract(open);
    eventContract(open);
    leaseContract(open);
    lifeContract(open);
    subscriptionContract(open);
    jobContract(open);
    tokenContract(open);
    stateContract(open);
    attachmentContract(open);
    forwardContract(open);
  });
}
