import { type Fields, isFields } from "../stand-in.ts";
import type { HubAnswer, Judgement } from "./call.ts";

/** What every platform refuses: anything but 200, redirects included. */
export function statusProblem({ status }: HubAnswer): Judgement | undefined {
  if (status === 200) return undefined;
  return { verdict: "refused", problem: `HTTP ${status}, where the platform expects 200` };
}

/** For an address check: these very bytes, nothing around them. */
export function judgeEcho(answer: HubAnswer, expected: string): Judgement {
  const problem = statusProblem(answer);
  if (problem) return problem;
  if (answer.body === expected) return { verdict: "accepted" };
  const hint = answer.body.includes(expected) ? ": the echo stands in it, but not alone" : "";
  return { verdict: "refused", problem: `the body is not the decrypted echo${hint}` };
}

/** A judgement of an answer that must be a JSON object. */
export function judgeObject(answer: HubAnswer, judge: (reply: Fields) => Judgement): Judgement {
  const problem = statusProblem(answer);
  if (problem) return problem;
  const reply = objectOf(answer.body);
  return reply ? judge(reply) : { verdict: "faulty", problem: "the body is no JSON object" };
}

/** The JSON object in a text; undefined when it is none. */
export function objectOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
