import { median, spread } from "../figures.ts";
import type { Section, Verdict } from "../section.ts";
import { feishuContenders } from "./feishu-contenders.ts";
import { dingtalkContenders, wecomContenders } from "./frame-contenders.ts";
import { inputs } from "./hub-requests.ts";
import type { ReceiveBench } from "./receive-bench.ts";
import { type RoundRates, sideBySide } from "./side-by-side.ts";

/** What reading a callback costs beyond the crypto that nobody can do without. */
export async function measureVerify({ quick, rounds, quiet, say }: ReceiveBench): Promise<Section> {
  const turns = { rounds, forMs: quick ? 300 : 1_000 };
  await quiet();
  const wecom = await sideBySide(wecomContenders(), turns);
  const feishu = await sideBySide(feishuContenders(), turns);
  const dingtalk = await sideBySide(dingtalkContenders(), turns);
  const toWecom = ratios(wecom, "hub", "bare");
  const toFeishu = ratios(feishu, "hub", "bare-json");
  say(`  of bare crypto: WeCom ${spread(toWecom, 2)}, Feishu, with JSON, ${spread(toFeishu, 2)}`);
  const row = <Name extends string>(label: string, rates: readonly RoundRates<Name | "hub">[], name: Name | "hub") => [
    label,
    spread(
      rates.map((each) => each[name]),
      0,
    ),
    name === "hub" ? "" : spread(ratios(rates, "hub", name), 2),
  ];
  return {
    title: "Verify, decrypt and parse ÷ bare crypto",
    how: `In one process on one core, ${rounds} rounds of ${turns.forMs / 1000} s for each contender, in turns of ${turns.forMs / 10} ms; ${inputs} callbacks that the sandbox signed take turns. The hub is given a request with its query taken apart, and makes Events and the answer of it. WeCom: a text message whose XML is about 1 KB; bare crypto is SHA-1 of the sorted parts and AES-256-CBC from base64 to bytes, with everything found and the key made an object beforehand; @wecom/crypto checks and decrypts the same parts and leaves both XMLs unread. Feishu: an encrypted im.message.receive_v1; bare crypto is SHA-256 and AES-256-CBC with a decipher for each event, and JSON is read of the body and of what was encrypted; the SDK is its EventDispatcher with one handler, from the body's bytes as text on. DingTalk: an encrypted event, whose answer is encrypted and signed too; so it is in the bare crypto.`,
    columns: ["", "callbacks/s", "hub ÷ this"],
    rows: [
      row("WeCom: hub", wecom, "hub"),
      row("WeCom: bare SHA-1 and AES", wecom, "bare"),
      row("WeCom: @wecom/crypto, XML unread", wecom, "vendor"),
      row("Feishu: hub", feishu, "hub"),
      row("Feishu: bare SHA-256 and AES", feishu, "bare"),
      row("Feishu: the same and JSON", feishu, "bare-json"),
      row("Feishu: SDK's EventDispatcher", feishu, "vendor"),
      row("DingTalk: hub", dingtalk, "hub"),
      row("DingTalk: bare SHA-1 and AES, both ways", dingtalk, "bare"),
    ],
    verdicts: [
      verdict("WeCom: hub ÷ bare crypto", 0.23, toWecom),
      verdict("Feishu: hub ÷ bare crypto and JSON", 0.8, toFeishu),
      verdict("WeCom: hub ÷ @wecom/crypto", 1, ratios(wecom, "hub", "vendor")),
      verdict("Feishu: hub ÷ the SDK's dispatcher", 1, ratios(feishu, "hub", "vendor")),
    ],
  };
}

function ratios<Name extends string>(rates: readonly RoundRates<Name>[], one: Name, other: Name): number[] {
  return rates.map((each) => each[one] / each[other]);
}

function verdict(what: string, goal: number, measured: readonly number[]): Verdict {
  const isAhead = goal === 1;
  const met = isAhead ? median(measured) > goal : median(measured) >= goal;
  return { what, goal: `${isAhead ? ">" : "≥"} ${goal}`, measured: spread(measured, 2), met };
}
