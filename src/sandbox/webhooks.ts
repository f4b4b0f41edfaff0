import type { IncomingMessage, ServerResponse } from "node:http";
import type { Strike } from "./faults.ts";
import { type Call, plain, type Reply, type StandIn, type Verdict } from "./stand-in.ts";
import type { SandboxState } from "./state.ts";
import { count } from "./tally.ts";

/** Answers one request to a robot, as the platform would or as a fault wants it. */
export async function answerWebhook(
  state: SandboxState,
  standIn: StandIn,
  call: Call,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { platform } = standIn;
  const token = standIn.tokenOf(call.path, call.query);
  state.tallies[platform].requests++;
  const strike = state.faults.strike(platform, token);
  if (!strike) {
    reply(response, judge(state, standIn, call, token).reply);
    return;
  }
  count(state.tallies[platform].faults, strike.settings.mode);
  const verdict = strike.settings.beforeAccepting === false ? judge(state, standIn, call, token) : undefined;
  await suffer(strike, verdict, { state, standIn, call, token, request, response });
}

interface Scene {
  readonly state: SandboxState;
  readonly standIn: StandIn;
  readonly call: Call;
  readonly token: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function suffer(strike: Strike, verdict: Verdict | undefined, scene: Scene): Promise<void> {
  const { state, standIn, call, token, request, response } = scene;
  const { settings } = strike;
  switch (settings.mode) {
    case "drop":
      request.socket.destroy();
      return;
    case "garbage":
      reply(response, { status: 200, contentType: "text/html; charset=utf-8", body: garbage });
      return;
    case "throttle":
      reply(response, withStatus(standIn.throttled(call, settings.retryAfterSeconds), settings.status));
      return;
    case "fail": {
      const isPlain = settings.status !== undefined && settings.status !== 200 && settings.code === undefined;
      const failure = isPlain
        ? plain(settings.status ?? 500, `HTTP ${settings.status}`)
        : withStatus(standIn.failure(settings.code, settings.message, call), settings.status);
      const { retryAfterSeconds } = settings;
      const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
      reply(response, { ...failure, headers: { ...failure.headers, ...headers } });
      return;
    }
    case "stall": {
      const left = new AbortController();
      response.once("close", () => left.abort());
      await strike.hold(left.signal);
      // Who left before the message was looked at has sent nothing.
      if (left.signal.aborted) state.tallies[standIn.platform].abandoned++;
      else reply(response, (verdict ?? judge(state, standIn, call, token)).reply);
    }
  }
}

/** What a proxy that lost its way answers. */
const garbage = "<!doctype html><title>Welcome</title><p>It works!</p>\n";

function withStatus(answer: Reply, status: number | undefined): Reply {
  return status === undefined ? answer : { ...answer, status };
}

/** Lets the platform's rules decide, and keeps what they accept. */
function judge(state: SandboxState, standIn: StandIn, call: Call, token: string): Verdict {
  const nowMs = state.now();
  const { platform } = standIn;
  const verdict = standIn.answer(call, state.robots.find(platform, token), nowMs);
  if (verdict.content) {
    state.receive({
      ...verdict.content,
      time: nowMs,
      platform,
      token,
      headers: notable(call),
      bytes: call.body.length,
    });
  } else if (verdict.repeated) state.tallies[platform].repeated++;
  else if (verdict.code !== "0") count(state.tallies[platform].refused, verdict.code);
  return verdict;
}

function notable({ headers }: Call): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["content-type", "user-agent", "traceparent"] as const) {
    const value = headers[name];
    if (typeof value === "string") kept[name] = value;
  }
  return kept;
}

/** Sends an answer. */
export function reply(response: ServerResponse, { status, contentType, body, headers }: Reply): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}
