import type { Clock } from "../clock.ts";
import { RelayFailure } from "../failure.ts";
import { pathProblem } from "../path.ts";
import type { Target } from "../target.ts";
import { failureIn, writeReset } from "./failure-codes.ts";
import { END, FrameError, frameType, mostStreams } from "./frames.ts";
import { type OpenHead, openHeadIn } from "./heads.ts";
import { creditIn, WindowGrowth } from "./receive-window.ts";
import { ServedStream, type Serving } from "./served-stream.ts";
import { Session, type SessionListener, type Wire } from "./session.ts";
import { StreamTable } from "./stream-table.ts";

export interface HubLinkOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  /** All that the hub can reach. */
  readonly target: Target;
  /** Turns an address at the target into one that the hub knows. */
  readonly rewriteLocation: (location: string) => string;
  /** A request got no answer, or not all of it. The path is without its query. */
  readonly onFailed: (request: { readonly method: string; readonly path: string }, failure: RelayFailure) => void;
  /** The connection is gone; once. */
  readonly onEnd: (words: string) => void;
}

/** RFC 6455 §7.4.1. */
const normalClosure = 1000;

/** The hub that an agent is connected to, as the agent sees it. */
export class HubLink implements SessionListener, Serving {
  readonly session: Session;
  readonly target: Target;
  readonly growth = new WindowGrowth();
  readonly rewriteLocation: (location: string) => string;
  readonly #options: HubLinkOptions;
  readonly #streams = new StreamTable<ServedStream>();
  /** Why the hub opens no more streams, once it has said so. */
  #goodbye: string | undefined;

  constructor(options: HubLinkOptions) {
    this.#options = options;
    this.target = options.target;
    this.rewriteLocation = options.rewriteLocation;
    this.session = new Session({ wire: options.wire, clock: options.clock, listener: this });
  }

  /** Requests under way. */
  get pending(): number {
    return this.#streams.count;
  }

  /** Asks the hub to send nothing more. The connection ends when what the hub has sent is answered. */
  drain(words: string): void {
    this.session.writer.goaway(words);
    this.session.wake();
  }

  onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === frameType.open) {
      this.#open(id, payload, (flags & END) !== 0);
      return;
    }
    const stream = this.#streams.get(id);
    if (type === frameType.window) stream?.onCredit(creditIn(payload));
    else if (type === frameType.reset) stream?.abort(failureIn(payload, "the hub"));
    else throw new FrameError(`found a frame of type ${type} from the hub`);
  }

  onData(id: number, bytes: Buffer, isLast: boolean): void {
    // What is for no stream was on its way when that was closed.
    this.#streams.get(id)?.onBody(bytes, isLast);
  }

  onGoaway(words: string): void {
    this.#goodbye = words;
    this.#leaveWhenDone();
  }

  onEnd(words: string): void {
    const reason = new RelayFailure("caller-gone", `the connection to the hub ended: ${words}`, { sent: true });
    for (const stream of this.#streams.all()) stream.abort(reason);
    this.#options.onEnd(words);
  }

  failed({ method, path }: OpenHead, failure: RelayFailure): void {
    this.#options.onFailed({ method, path: path.split("?", 1)[0] || "/" }, failure);
  }

  closed({ id }: ServedStream): void {
    this.#streams.delete(id);
    this.#leaveWhenDone();
  }

  #open(id: number, payload: Buffer, isWhole: boolean): void {
    if (this.#streams.isTaken(id)) throw new FrameError(`found an OPEN of stream ${id}, whose place is taken`);
    const head = openHeadIn(payload);
    if (!head) this.#refuse(id, new RelayFailure("unexpected", "the request cannot be read", { sent: false }));
    else if (!/^(?:$|[/?])/.test(head.path) || pathProblem(head.path) !== undefined) {
      // Whatever a hub lets through, an agent reaches nothing but what is below its target's own path.
      this.#refuse(id, new RelayFailure("unexpected", "the path is none below the target's own", { sent: false }));
    } else if (this.#streams.count >= mostStreams) {
      this.#refuse(id, new RelayFailure("overloaded", `${mostStreams} requests are under way`, { sent: false }));
    } else this.#streams.accept(id, new ServedStream(this, id, head, isWhole));
  }

  #refuse(id: number, failure: RelayFailure): void {
    writeReset(this.session.writer, id, failure);
    this.session.wake();
  }

  #leaveWhenDone(): void {
    if (this.#goodbye !== undefined && this.#streams.count === 0) this.session.finish(normalClosure, this.#goodbye);
  }
}
