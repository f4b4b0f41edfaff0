/**
 * The frames of Feishu's long connection: protobuf (https://protobuf.dev/programming-guides/encoding/), as the official
 * SDKs define them (https://github.com/larksuite/oapi-sdk-python, `ws/pb/pbbp2.proto`). Written apart from the hub's own.
 */
export interface FeishuFrame {
  readonly seq: number;
  readonly log: number;
  readonly service: number;
  readonly method: "control" | "data";
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

export function frameBytes({ seq, log, service, method, headers, payload }: FeishuFrame): Buffer {
  const pairs = Object.entries(headers).map(([key, value]) =>
    lengthed(5, Buffer.concat([lengthed(1, Buffer.from(key)), lengthed(2, Buffer.from(value))])),
  );
  return Buffer.concat([
    ...[seq, log, service, method === "data" ? 1 : 0].flatMap((value, index) => [
      varint((index + 1) * 8),
      varint(value),
    ]),
    ...pairs,
    lengthed(8, payload),
  ]);
}

/** @throws RangeError for bytes that are no frame. */
export function frameFrom(bytes: Buffer): FeishuFrame {
  const fields = [...fieldsOf(bytes)];
  const number = (id: number): number => {
    const value = fields.find((field) => field.id === id)?.value;
    if (typeof value !== "number") throw new RangeError(`field ${id} is required`);
    return value;
  };
  const content = (all: readonly Field[], id: number): Buffer => {
    const value = all.find((field) => field.id === id)?.value;
    return value instanceof Buffer ? value : Buffer.alloc(0);
  };
  const headers = fields.flatMap(({ id, value }) => {
    if (id !== 5 || !(value instanceof Buffer)) return [];
    const pair = [...fieldsOf(value)];
    return [[content(pair, 1).toString(), content(pair, 2).toString()] as const];
  });
  return {
    seq: number(1),
    log: number(2),
    service: number(3),
    method: number(4) === 1 ? "data" : "control",
    headers: Object.fromEntries(headers),
    payload: content(fields, 8),
  };
}

interface Field {
  readonly id: number;
  readonly value: number | Buffer;
}

function* fieldsOf(bytes: Buffer): Generator<Field> {
  let rest = bytes;
  const next = (): number => {
    let value = 0;
    for (let place = 0; place < rest.length && place < 10; place++) {
      const byte = rest.readUInt8(place);
      value += (byte % 128) * 128 ** place;
      if (byte < 128) {
        rest = rest.subarray(place + 1);
        return value;
      }
    }
    throw new RangeError("a number does not end");
  };
  while (rest.length > 0) {
    const tag = next();
    const id = Math.floor(tag / 8);
    if (tag % 8 === 0) {
      yield { id, value: next() };
    } else if (tag % 8 === 2) {
      const length = next();
      if (length > rest.length) throw new RangeError(`field ${id} is cut off`);
      yield { id, value: rest.subarray(0, length) };
      rest = rest.subarray(length);
    } else {
      throw new RangeError(`field ${id} has a wire type that the frames do not use`);
    }
  }
}

function lengthed(id: number, content: Buffer): Buffer {
  return Buffer.concat([varint(id * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const more = rest >= 128;
    bytes.push((rest % 128) + (more ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}
