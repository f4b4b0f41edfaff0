import type { WebSocket } from "ws";

/** A request for where to connect. */
export interface AddressCall {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** `host:port` by which the sandbox was reached. */
  readonly host: string;
}

/** What became of a WebSocket handshake: refused with HTTP, or a function that takes the connection. */
export type Admission =
  | { readonly refused: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly join: (socket: WebSocket) => void };
