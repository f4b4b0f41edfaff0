import { expect } from "vitest";
import { RawClient } from "./raw-client.ts";
import type { RawTarget, SeenRequest } from "./raw-target.ts";
import { type ExpectedAnswer, type ExpectedRequest, get, RELAY, type Row, TARGET } from "./row.ts";
import { nameOf, valuesOf, type WireMessage } from "./wire.ts";

/** What is tried: a relay, or another proxy in its place, in front of the target. */
export interface Door {
  /** Without a path. */
  readonly url: string;
  readonly target: RawTarget;
  /** Does it keep the order of fields? nginx writes those it knows first. */
  readonly keepsOrder: boolean;
}

/** Fields that are the proxy's own business, and not part of what it passes on. */
const ownOfRequests = new Set([
  ...["host", "connection", "content-length", "transfer-encoding", "via", "forwarded", "x-real-ip", "x-request-id"],
  ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"],
]);
const ownOfAnswers = new Set(["connection", "keep-alive", "content-length", "transfer-encoding", "via", "date"]);

/** Plays a row through the door. @throws what is not as the row has it. */
export async function play(row: Row, door: Door): Promise<void> {
  try {
    await playRow(row, door);
  } catch (error) {
    // What this row left under way is not for the next one to meet.
    door.target.hangUp();
    throw error;
  }
}

async function playRow(row: Row, door: Door): Promise<void> {
  const { target } = door;
  target.expect(row.target ?? []);
  using client = await RawClient.connect(door.url);
  const here = (text: string) => text.replaceAll(TARGET, target.authority).replaceAll(RELAY, new URL(door.url).host);
  client.write(here(row.sends));
  for (const expected of row.gets) {
    const answer = await client.answer({ toHead: expected.toHead ?? false });
    checkAnswer(answer, expected, { ...door, here });
  }
  if (row.afterwards === "closed") await client.ended();
  // What else the client's bytes set in motion is there by the time a later request has been there and back.
  const marker = "/wework-callback/marker";
  using other = await RawClient.connect(door.url);
  other.write(get(marker));
  await other.answer();
  const seen = target.seen().filter(({ line }) => !line.includes("/marker"));
  const whole = seen.filter(({ isBroken }) => !isBroken);
  expect(whole.map(({ line }) => line)).toEqual((row.sees ?? []).map(({ line }) => here(line)));
  for (const [index, expected] of (row.sees ?? []).entries()) {
    checkRequest(whole[index] as SeenRequest, expected, { ...door, here });
  }
  if (!row.mayBegin) expect(seen.filter(({ isBroken }) => isBroken)).toEqual([]);
  expect(client.unread).toBe("");
  if (row.afterwards === "open") expect(client.isOpen).toBe(true);
}

interface Reading {
  readonly keepsOrder: boolean;
  readonly here: (text: string) => string;
}

function checkRequest(request: SeenRequest, expected: ExpectedRequest, reading: Reading): void {
  checkFields(request, expected, { ...reading, own: ownOfRequests });
  if (expected.framing) expect([request.line, request.framing]).toEqual([request.line, expected.framing]);
  if (expected.body !== undefined) expect(request.body).toBe(expected.body);
}

function checkAnswer(answer: WireMessage, expected: ExpectedAnswer, reading: Reading): void {
  const { line } = expected;
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer.line)?.[1]);
  const shown = `${answer.line} ${answer.body}`;
  if (typeof line === "string") expect(answer.line).toBe(line);
  else expect([line].flat(), shown).toContain(status);
  checkFields(answer, expected, { ...reading, own: ownOfAnswers });
  if (expected.framing) expect(answer.framing).toBe(expected.framing);
  if (typeof expected.body === "string") expect(answer.body).toBe(expected.body);
  if (expected.body instanceof RegExp) expect(answer.body).toMatch(expected.body);
  if (expected.trailers) expect(answer.trailers).toEqual(expected.trailers);
  expect(answer.isBroken, shown).toBe(expected.isBroken ?? false);
}

function checkFields(
  message: WireMessage,
  { fields, own = {} }: Pick<ExpectedRequest, "fields" | "own">,
  { here, keepsOrder, own: ownNames }: Reading & { readonly own: ReadonlySet<string> },
): void {
  if (fields) {
    const passed = message.fields.filter((field) => !ownNames.has(nameOf(field)));
    const inOrder = (list: readonly string[]) => (keepsOrder ? [...list] : [...list].sort());
    expect(inOrder(passed)).toEqual(inOrder(fields.map(here)));
  }
  for (const [name, expected] of Object.entries(own)) {
    const values = valuesOf(message, name);
    const found = values.length === 0 ? null : values.join(", ");
    const wanted = typeof expected === "string" ? here(expected) : expected;
    if (wanted instanceof RegExp) expect([name, found]).toEqual([name, expect.stringMatching(wanted)]);
    else expect([name, found]).toEqual([name, wanted]);
  }
}
