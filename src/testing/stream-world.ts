import { setImmediate as nextTurn } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { createHttpClient } from "../deliver/http-client.ts";
import { receivers } from "../platforms/receivers.ts";
import { streamers } from "../platforms/streamers.ts";
import { ReceivingAccounts } from "../receive/accounts.ts";
import { Reception } from "../receive/reception.ts";
import { type Replier, Replies } from "../receive/replies.ts";
import { StreamSupervisor } from "../receive/supervisor.ts";
import { type StreamServerOptions, startStreamServer } from "../sandbox/streams/server.ts";
import { StoreError } from "../store/errors.ts";
import type { Arrival, StoredEvent } from "../store/store.ts";
import { testClock } from "./clock.ts";
import { sqliteWorld } from "./sqlite-world.ts";

/**
 * Platforms' servers and a store, on one clock; hubs are started over them. All of it ends with the test.
 *
 * @param replier Who replies to people; nobody, when absent.
 */
export async function streamWorld(options: Omit<StreamServerOptions, "timer"> = {}, replier?: Replier) {
  const clock = testClock();
  const server = await startStreamServer({ ...options, timer: clock });
  onTestFinished(() => server.close());
  const disk = await sqliteWorld();
  onTestFinished(() => disk.remove());
  const { store } = disk;
  const log: string[] = [];
  let arrivals = 0;
  let failing = 0;
  let ids = 0;

  const arrive = async (arrival: Arrival) => {
    arrivals++;
    if (failing > 0) {
      failing--;
      throw new StoreError("STORE_FULL", "the disk is full");
    }
    return store.arrive(arrival);
  };

  return {
    clock,
    server,
    store,
    /** What was logged, as one text each. */
    log,
    /** The next commits fail. */
    failNext(times: number) {
      failing = times;
    },
    /** How often something was to be stored. */
    arrivals: () => arrivals,
    events: async (): Promise<StoredEvent[]> => store.events("default", {}, { limit: 100 }),
    /** One process of the hub; stopped with the test. */
    startHub(platform: string, settings: Record<string, unknown>, owner = "hub") {
      const account = { tenant: "default", platform, name: "main" };
      const http = createHttpClient();
      const observer = { replied: () => {} };
      const replies = replier && new Replies({ replier, store, clock, observer });
      onTestFinished(() => replies?.stop());
      const reception = new Reception({
        store: { arrive },
        accounts: () => new ReceivingAccounts([]),
        observer: { received: () => {}, refused: () => {}, unknownAccount: () => {} },
        now: clock.now,
        newId: () => `${owner}-${ids++}`,
        onStored: () => {},
        replies,
      });
      const say = (fields: object, text: string) => void log.push(`${text} ${JSON.stringify(fields)}`);
      const supervisor = new StreamSupervisor({
        streamers,
        leases: store,
        owner,
        http,
        clock,
        random: () => 0.5,
        log: { info: say, warn: say },
        onFrame: (from, frame) => reception.hear(from, frame),
      });
      onTestFinished(async () => {
        await supervisor.stop();
        await http.close();
      });
      const configure = (more: Record<string, unknown> = {}) => {
        const parsed = receivers.get(platform)?.account.parse({ ...settings, connection: "stream", ...more });
        return supervisor.configure([{ ...account, settings: parsed }]);
      };
      const state = () => supervisor.health(account)?.state;
      return {
        supervisor,
        configure,
        health: () => supervisor.health(account),
        /** Resolves when the connection is in that state. */
        is: (wanted: string) => reached(() => state() === wanted),
      };
    },
  };
}

/** Goes on turning the event loop until it holds; the test's own time limit ends what never does. */
export async function reached(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}
