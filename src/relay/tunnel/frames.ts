/**
 * What a hub and an agent say to each other, inside the binary messages of a WebSocket (RFC 6455) whose subprotocol is
 * `yizhan-tunnel.v1`. Numbers are unsigned and big-endian, texts are UTF-8. Why there is a protocol of our own:
 * docs/adr/0007-a-tunnel-of-our-own-frames.md.
 *
 * The bytes of the messages, one after another, are a row of frames; where a message ends says nothing, so a large piece
 * of a body goes out as a message of its own, without being copied behind its frame's head.
 *
 *     length of the payload (3) | type (1) | flags (1) | stream (4) | payload
 *
 * A stream is one request and its answer. The hub opens it; the agent's END, or RESET from either side, closes it. Its
 * number is a place that no open stream has, of 2,048, in the lower eleven bits, and above them another number than the
 * last stream in that place had: frames of streams that are closed are passed over, as they were on their way.
 *
 * | frame    | from  | payload                                                                                       |
 * | -------- | ----- | --------------------------------------------------------------------------------------------- |
 * | OPEN     | hub   | answer limit in ms (4), idle limit in ms (4), fields (2), length of the head (4), head, body  |
 * | DATA     | both  | the next bytes of a body                                                                      |
 * | RESET    | both  | cause (1), may the target have got some of it (1), in words                                   |
 * | WINDOW   | both  | how many more bytes of body may be sent (4)                                                   |
 * | PING     | both  | nothing; stream 0                                                                             |
 * | PONG     | both  | nothing; stream 0                                                                             |
 * | GOAWAY   | both  | why, in words; stream 0                                                                       |
 * | INTERIM  | agent | status (2), fields (2), length of the head (4), head                                          |
 * | HEAD     | agent | status (2), fields (2), length of the head (4), head, body                                    |
 *
 * - A head is a row of texts with a NUL byte between them: name, value, name, value, and at its end method and path (OPEN)
 *   or the status in words (HEAD; empty in INTERIM). `fields` counts the pairs; a head that has another number of texts
 *   resets its stream.
 * - `Location` at the agent's own target comes as one at `http://tunnel.invalid`: the hub need not know where that is.
 * - The flag END (1) on OPEN, HEAD and DATA says that the body ends with this frame. A small body is part of OPEN or HEAD.
 * - Each direction of a stream begins with credit for `initialWindow` bytes of body; WINDOW adds to it as they are read.
 * - GOAWAY from the hub: no stream is opened after it. From the agent: open none, please; the hub answers with its own, and
 *   serves on until it has come. Whoever got the hub's closes the connection when the last stream is closed.
 * - A side that hears nothing for a while sends PING, and takes the connection for lost when that changes nothing.
 */
export const frameType = {
  open: 1,
  data: 2,
  reset: 3,
  window: 4,
  ping: 5,
  pong: 6,
  goaway: 7,
  interim: 8,
  head: 9,
} as const;

export const subprotocol = "yizhan-tunnel.v1";

/** What an agent's target is called in a `Location`; a name that nobody has (RFC 6761 §6.4). */
export const tunnelOrigin = "http://tunnel.invalid";

/** The body ends with this frame. */
export const END = 1;

export const frameHeadBytes = 9;

/** Fixed part of an OPEN, and of a HEAD or INTERIM, before the head itself. */
export const openFixedBytes = 14;
export const answerFixedBytes = 8;

/**
 * Bytes of a payload other than DATA's. Node's HTTP parser takes 16 KiB of fields, which are three times as long in UTF-8
 * at most, and a small body is with them.
 */
export const longestPayload = 128 * 1024;

/** Bytes of body in one DATA frame. */
export const longestData = 64 * 1024;

/** A body up to this long travels in the frame of its head. */
export const inlineBytes = 16 * 1024;

/**
 * Streams of one connection at a time. Each may hold an initial window's bytes whatever the others do: 64 MiB in all, each
 * way.
 */
export const mostStreams = 2_048;

/** Bytes of body that may be sent on a new stream before any are asked for. */
export const initialWindow = 32 * 1024;

/** What came is not this protocol. The connection ends with it. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}
