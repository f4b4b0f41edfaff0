import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { subprotocol } from "./frames.ts";
import { agentNameHeader } from "./handshake.ts";
import type { Wire } from "./session.ts";
import { socketOptions, wireOver, wordsOf } from "./socket-wire.ts";

export interface HubAddress {
  readonly url: URL;
  readonly key: string;
  readonly name: string;
  readonly ca?: string | undefined;
}

export interface OpenedSocket {
  /** Paused. */
  readonly webSocket: WebSocket;
  readonly wire: Wire;
}

/** There is no connection. */
export class HubRefused extends Error {
  override readonly name = "HubRefused";
  /** Will it stay so until somebody changes something? */
  readonly isLasting: boolean;

  /** @param message In words, for whoever started the agent; holds no key. */
  constructor(message: string, options: ErrorOptions & { readonly isLasting: boolean }) {
    super(message, options);
    this.isLasting = options.isLasting;
  }
}

const handshakeMs = 10_000;

/** Bytes of an answer in place of the connection. */
const longestAnswer = 4_096;

/**
 * Connects. Redirects are not followed: the key is for this address.
 *
 * @returns A promise of the open socket, rejected with HubRefused.
 */
export function connectToHub(address: HubAddress): {
  readonly socket: Promise<OpenedSocket>;
  readonly abort: () => void;
} {
  let abort = () => {};
  let isAborted = false;
  const opening = async (): Promise<OpenedSocket> => {
    const { WebSocket } = await import("ws");
    const { url, key, name, ca } = address;
    const webSocket = new WebSocket(url, subprotocol, {
      headers: { authorization: `Bearer ${key}`, [agentNameHeader]: encodeURIComponent(name) },
      handshakeTimeout: handshakeMs,
      followRedirects: false,
      ...socketOptions,
      ...(ca === undefined ? {} : { ca }),
    });
    abort = () => webSocket.terminate();
    if (isAborted) abort();
    await new Promise<void>((resolve, reject) => {
      webSocket.once("open", () => {
        // What came with the answer would be told before anybody listens.
        webSocket.pause();
        resolve();
      });
      webSocket.once("unexpected-response", (_request, response) => {
        void refusalOf(url, response).then((refusal) => {
          reject(refusal);
          webSocket.terminate();
        });
      });
      // Of several, the first says why.
      webSocket.on("error", (cause) => reject(unreachable(url, cause)));
    });
    return { webSocket, wire: wireOver(webSocket) };
  };
  return {
    socket: opening(),
    abort: () => {
      isAborted = true;
      abort();
    },
  };
}

/** The hub's own words where it said any. */
async function refusalOf(url: URL, response: IncomingMessage): Promise<HubRefused> {
  const { statusCode: status = 0 } = response;
  const words = hints[status] ?? "";
  const said = await saidIn(response);
  const isLasting = (status < 500 && status !== 408 && status !== 429) || status === 501;
  const message = `${url.host} answered ${status} to ${url.pathname}${words}${said}`;
  return new HubRefused(message, { isLasting });
}

const hints: Readonly<Record<number, string>> = {
  200: ": what is there is no hub, or a reverse proxy between lets no WebSocket through",
  401: ": the key is wrong or was revoked",
  403: ": something in front of the hub does not let this through",
  404: ": no hub with tunnels is there, or a reverse proxy between lets no WebSocket through; is the path right?",
  426: ": this agent and the hub are of versions that do not fit",
  502: ": the hub behind it does not run",
  503: ": the hub takes no more agents now",
};

async function saidIn(response: IncomingMessage): Promise<string> {
  try {
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk;
      if (text.length > longestAnswer) return "";
    }
    const error: unknown = JSON.parse(text)?.data?.error;
    return typeof error === "string" ? ` (${error.replace(/\p{C}/gu, " ").slice(0, 200)})` : "";
  } catch {
    return "";
  }
}

function unreachable(url: URL, cause: unknown): HubRefused {
  const words = wordsOf(cause);
  // Node's names for a certificate that nobody who is trusted has signed.
  const isUnsigned = /VERIFY|SELF_SIGNED|ISSUER/.test(words);
  const hint = isUnsigned ? "; --ca names the authority that signed its certificate" : "";
  return new HubRefused(`${url.host} cannot be reached (${words})${hint}`, { isLasting: false, cause });
}
