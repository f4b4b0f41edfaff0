/**
 * A UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then randomness; ids made later sort later.
 *
 * @param nowMs Epoch milliseconds.
 * @param random Ten random bytes.
 */
export function uuidv7(nowMs: number, random: Uint8Array): string {
  const time = Math.floor(nowMs).toString(16).padStart(12, "0");
  const hex = (index: number): string => HEX[random[index] ?? 0] as string;
  const version = `7${hex(0).slice(1)}${hex(1)}`;
  const variant = `${HEX[((random[2] ?? 0) & 0x3f) | 0x80]}${hex(3)}`;
  const node = `${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${node}`;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
