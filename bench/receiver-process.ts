import { fileURLToPath } from "node:url";
import { loadCore, startNode, stopProcess } from "./processes.ts";
import type { FromReceiver, ReceiverReport, ToReceiver } from "./receiver-protocol.ts";

export interface ReceiverProcess {
  readonly url: string;
  readonly pid: number;
  /** Messages of this run that arrived so far. */
  readonly arrived: number;
  begin(run: string, most: number, places?: number): Promise<void>;
  /** Called whenever `arrived` has grown. */
  onProgress: (() => void) | undefined;
  report(): Promise<ReceiverReport>;
  stop(): Promise<void>;
}

const answerMs = 30_000;

/** Starts the receiver on the load generator's core. */
export async function startReceiver(): Promise<ReceiverProcess> {
  const child = startNode(loadCore, [fileURLToPath(new URL("./receiver.ts", import.meta.url))], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
  });
  let waiting = Promise.withResolvers<FromReceiver>();
  let url = "";
  let arrived = 0;
  const next = async (): Promise<FromReceiver> => {
    const late = setTimeout(() => waiting.reject(new Error("the receiver does not answer")), answerMs);
    const message = await waiting.promise;
    clearTimeout(late);
    return message;
  };
  const ask = (message: ToReceiver): Promise<FromReceiver> => {
    waiting = Promise.withResolvers();
    child.send(message);
    return next();
  };
  const receiver: ReceiverProcess = {
    get url() {
      return url;
    },
    get arrived() {
      return arrived;
    },
    pid: child.pid ?? 0,
    onProgress: undefined,
    async begin(run, most, places = 1) {
      await ask({ ask: "begin", run, most, places });
      arrived = 0;
    },
    async report() {
      const message = await ask({ ask: "report" });
      if (message.tell !== "report") throw new Error(`the receiver told ${message.tell}`);
      return message;
    },
    stop: () => stopProcess(child),
  };
  child.on("message", (message: FromReceiver) => {
    if (message.tell === "progress") {
      arrived = message.arrived;
      receiver.onProgress?.();
    } else waiting.resolve(message);
  });
  child.once("exit", (code) => waiting.reject(new Error(`the receiver ended with ${code}`)));
  const listening = await next();
  if (listening.tell === "listening") url = listening.url;
  return receiver;
}
