import type { WebSocket } from "ws";
import type { Session, Wire } from "./session.ts";

/** Bytes of one message: a frame, or a row of them from one piece of memory, and some more. */
export const longestMessage = 256 * 1024;

/** What both sides tell the library. What is compressed small may be large, and most bodies are compressed or short. */
export const socketOptions = { maxPayload: longestMessage, perMessageDeflate: false } as const;

/** A socket said goodbye, and is given up when the other side does not say so too. */
const goodbyeMs = 5_000;

export function wireOver(socket: WebSocket): Wire {
  return {
    get isOpen() {
      return socket.readyState === socket.OPEN;
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    send: (bytes, onTaken) => socket.send(bytes, onTaken),
    close(code, words) {
      socket.close(code, shortened(words));
      const timer = setTimeout(() => socket.terminate(), goodbyeMs);
      socket.once("close", () => clearTimeout(timer));
    },
    terminate: () => socket.terminate(),
  };
}

/** Gives a session what comes. `onClose` gets the close code and words of the other side, 1006 where it said none. */
export function listenTo(socket: WebSocket, session: Session, onClose: (code: number, words: string) => void): void {
  let trouble: string | undefined;
  socket.on("message", (data, isBinary) => {
    if (isBinary) session.receive(data as Buffer);
    else session.close(1003, "found a message of text, expected bytes");
  });
  // Every error is followed by the end.
  socket.on("error", (error) => {
    trouble ??= wordsOf(error);
  });
  socket.on("close", (code, reason) => {
    const words = reason.toString() || trouble || (code === 1006 ? "the connection broke" : `it was closed (${code})`);
    session.end(words);
    onClose(code, words);
  });
}

/** Node's code where there is one: messages may quote what was asked for. */
export function wordsOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message.slice(0, 200) : "the connection broke";
}

/** A reason has 123 bytes at most (RFC 6455 §5.5.1). */
function shortened(words: string): string {
  let text = words;
  while (Buffer.byteLength(text) > 123) text = text.slice(0, -1);
  return text;
}
