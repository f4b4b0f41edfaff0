import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `stall`: never answers; `hang-up`: closes the connection instead. */
export type ScriptedAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string }
  | "stall"
  | "hang-up";

export interface ScriptedServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** In the order they arrived. */
  readonly requests: readonly ReceivedRequest[];
}

/** A real HTTP server on an ephemeral port of 127.0.0.1 that answers as it is told. */
export async function scriptedServer(answer: (request: ReceivedRequest) => ScriptedAnswer): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const received = { method, url, headers, body: Buffer.concat(chunks).toString("utf8") };
      requests.push(received);
      const scripted = answer(received);
      if (scripted === "stall") return;
      if (scripted === "hang-up") incoming.socket.destroy();
      else outgoing.writeHead(scripted.status, scripted.headers).end(scripted.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An origin of 127.0.0.1 where nothing listens: it did until a moment ago. */
export async function deadOrigin(): Promise<string> {
  const server = await scriptedServer(() => "hang-up");
  await server[Symbol.asyncDispose]();
  return server.origin;
}
