import { queueContract } from "../testing/queue-contract.ts";
import { MemoryQueue } from "./memory-queue.ts";

queueContract("the queue in memory", (setup) => new MemoryQueue(setup));
