/**
 * A frame of the long connection, one protobuf (proto2) message to each binary WebSocket frame. Its definition is part
 * of the official SDKs: https://github.com/larksuite/node-sdk (`ws-client`), https://github.com/larksuite/oapi-sdk-python
 * (`ws/pb/pbbp2.proto`).
 */
export interface LongFrame {
  /** 64 bits: echoed, never counted with. */
  readonly seqId: bigint;
  readonly logId: bigint;
  readonly service: number;
  /** 0 for what the connection itself needs, 1 for data. */
  readonly method: number;
  readonly headers: readonly (readonly [key: string, value: string])[];
  readonly payloadEncoding?: string | undefined;
  readonly payloadType?: string | undefined;
  readonly payload?: Uint8Array | undefined;
  readonly logIdNew?: string | undefined;
}

export const controlMethod = 0;
export const dataMethod = 1;

/** The value of a header; the last where it came more than once, as protobuf has it for everything else. */
export function headerIn({ headers }: LongFrame, name: string): string | undefined {
  return headers.findLast(([key]) => key === name)?.[1];
}

export function encodeFrame(frame: LongFrame): Uint8Array {
  const bytes: number[] = [];
  put(bytes, 1, frame.seqId);
  put(bytes, 2, frame.logId);
  put(bytes, 3, BigInt.asUintN(64, BigInt(frame.service)));
  put(bytes, 4, BigInt.asUintN(64, BigInt(frame.method)));
  const parts: Uint8Array[] = [Uint8Array.from(bytes)];
  for (const [key, value] of frame.headers) {
    parts.push(field(5, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))])));
  }
  if (frame.payloadEncoding !== undefined) parts.push(field(6, Buffer.from(frame.payloadEncoding)));
  if (frame.payloadType !== undefined) parts.push(field(7, Buffer.from(frame.payloadType)));
  if (frame.payload !== undefined) parts.push(field(8, frame.payload));
  if (frame.logIdNew !== undefined) parts.push(field(9, Buffer.from(frame.logIdNew)));
  return Buffer.concat(parts);
}

/** @returns undefined for bytes that are no such message. Fields that it does not know are passed over. */
export function decodeFrame(bytes: Uint8Array): LongFrame | undefined {
  const fields = fieldsIn(bytes);
  if (fields === undefined) return undefined;
  const number = (id: number) => fields.findLast((one) => one.id === id)?.number;
  const content = (id: number) => fields.findLast((one) => one.id === id)?.content;
  const text = (id: number) => textOf(content(id));
  const [seqId, logId, service, method] = [number(1), number(2), number(3), number(4)];
  if (seqId === undefined || logId === undefined || service === undefined || method === undefined) return undefined;
  const headers: (readonly [string, string])[] = [];
  for (const { id, content: inner } of fields) {
    if (id !== 5) continue;
    const pair = inner && fieldsIn(inner);
    const [key, value] = [1, 2].map((at) => textOf(pair?.findLast((one) => one.id === at)?.content));
    if (key === undefined || value === undefined) return undefined;
    headers.push([key, value]);
  }
  return {
    seqId,
    logId,
    service: Number(BigInt.asIntN(32, service)),
    method: Number(BigInt.asIntN(32, method)),
    headers,
    payloadEncoding: text(6),
    payloadType: text(7),
    payload: content(8),
    logIdNew: text(9),
  };
}

/** Wire types of https://protobuf.dev/programming-guides/encoding/ */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

interface Field {
  readonly id: number;
  readonly number?: bigint;
  readonly content?: Uint8Array;
}

/** More fields than any honest frame has: a header takes one. */
const mostFields = 1_000;

function fieldsIn(bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined || fields.length >= mostFields) return undefined;
    const id = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (wire === VARINT) {
      const number = varint();
      if (number === undefined) return undefined;
      fields.push({ id, number });
      continue;
    }
    const length = wire === FIXED64 ? 8n : wire === FIXED32 ? 4n : wire === LENGTH ? varint() : undefined;
    if (length === undefined || length > BigInt(bytes.length - at)) return undefined;
    const content = bytes.subarray(at, at + Number(length));
    at += Number(length);
    fields.push(wire === LENGTH ? { id, content } : { id });
  }
  return fields;
}

function textOf(content: Uint8Array | undefined): string | undefined {
  return content && Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("utf8");
}

function put(bytes: number[], id: number, value: bigint): void {
  putVarint(bytes, BigInt(id << 3));
  putVarint(bytes, value);
}

function field(id: number, content: Uint8Array): Uint8Array {
  const head: number[] = [];
  putVarint(head, BigInt((id << 3) | LENGTH));
  putVarint(head, BigInt(content.length));
  return Buffer.concat([Uint8Array.from(head), content]);
}

function putVarint(bytes: number[], value: bigint): void {
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
}
