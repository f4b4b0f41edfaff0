import type { DatabaseSync } from "node:sqlite";
import type { Vault } from "../vault.ts";
import { Directories } from "./directory.ts";
import { Events } from "./events.ts";
import { Forwards } from "./forwards.ts";
import type { Follower } from "./group-commit.ts";
import { HandlerCursors } from "./handlers.ts";
import { InboxRows } from "./inbox.ts";
import { Jobs } from "./jobs.ts";
import { Attachments } from "./jobs-attachments.ts";
import { Lanes } from "./lanes.ts";
import { Leases } from "./leases.ts";
import { Plans } from "./plans.ts";
import { States } from "./states.ts";
import { SubscriptionProgress } from "./subscription-progress.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Tasks } from "./tasks.ts";
import { Tokens } from "./tokens.ts";

/** What reads and writes the tables of one database, by what they hold. Nothing here begins or ends a transaction. */
export class Tables {
  readonly plans: Plans;
  readonly tasks: Tasks;
  readonly lanes: Lanes;
  readonly directories: Directories;
  readonly inbox: InboxRows;
  readonly events: Events;
  readonly forwards: Forwards;
  readonly states: States;
  readonly subscriptions: Subscriptions;
  readonly progress: SubscriptionProgress;
  readonly handlers: HandlerCursors;
  readonly leases: Leases;
  readonly tokens: Tokens;
  readonly jobs: Jobs;
  readonly attachments: Attachments;

  constructor(db: DatabaseSync, vault: Vault) {
    this.plans = new Plans(db);
    this.tasks = new Tasks(db, this.plans);
    this.lanes = new Lanes(db, this.plans);
    this.directories = new Directories(db, vault);
    this.inbox = new InboxRows(db);
    this.events = new Events(db, vault);
    this.forwards = new Forwards(db, vault);
    this.states = new States(db);
    this.subscriptions = new Subscriptions(db, vault);
    this.progress = new SubscriptionProgress(db);
    this.handlers = new HandlerCursors(db);
    this.leases = new Leases(db);
    this.tokens = new Tokens(db, vault);
    this.jobs = new Jobs(db);
    this.attachments = new Attachments(db);
  }

  /** Those that remember something beside the database. */
  get followers(): readonly Follower[] {
    return [this.plans, ...this.events.followers];
  }
}
