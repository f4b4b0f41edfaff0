import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Event } from "../../src/model/event.ts";

/** A Reply's parts, an HTTP status without a body, or no answer at all: `stall` never, `hang-up` a broken connection. */
export type ProgramAnswer = object | number | "stall" | "hang-up";

export interface ReplyProgram {
  /** Where Events are posted. */
  readonly url: string;
  /** In the order they arrived. */
  readonly requests: readonly { readonly headers: IncomingHttpHeaders; readonly body: string }[];
}

/** Another program that people are replied to by; gone when the test ends. */
export async function replyProgram(
  answer: (event: Event) => ProgramAnswer | Promise<ProgramAnswer>,
): Promise<ReplyProgram> {
  const requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    requests.push({ headers: request.headers, body });
    const answered = await answer(JSON.parse(body) as Event);
    if (answered === "stall") return;
    if (answered === "hang-up") request.socket.destroy();
    else if (typeof answered === "number") response.writeHead(answered).end();
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answered));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/reply`, requests };
}
