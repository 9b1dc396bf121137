/**
 * Events as they travel to gateways: the core's own records, whole commands in a message, copied once
 * for all readers. The other end is `engine/client/entry-client.ts`.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { EVENT_BYTES, EVENT_F64, EventF64, EventFlag, EventU8 } from "../../core/event.ts";
import { EVENTS_PER_COMMAND_MAX } from "../../core/limits.ts";
import {
  EnterResponseSchema,
  type EventRecords,
} from "../../../proto/gen/solebook/order/v1/entry_pb.ts";
import type { Chunk, ChunkWriter } from "../match-stream/encode.ts";
import type { ChunkFormat } from "../match-stream/stream.ts";

/** Messages are sent when they have grown to this. */
const MESSAGE_BYTES = 64 * 1024;
const SCRATCH_BYTES = MESSAGE_BYTES + (EVENTS_PER_COMMAND_MAX + 1) * EVENT_BYTES;

export const RECORDS: ChunkFormat = {
  makeWriter: (_journalId, _shard, firstSequence, onChunk) => makeWriter(firstSequence, onChunk),
  restOf: (chunk, from) => {
    const { records } = recordsIn(chunk.message);
    return chunkOf(from, chunk.nextSequence, records.subarray(bytesBefore(records, from)));
  },
};

function makeWriter(firstSequence: number, onChunk: (chunk: Chunk) => void): ChunkWriter {
  const scratch = new Uint8Array(SCRATCH_BYTES);
  let bytes = 0;
  let first = firstSequence;
  let next = firstSequence;

  function flush(): void {
    if (next === first) return;
    const chunk = chunkOf(first, next, scratch.subarray(0, bytes));
    bytes = 0;
    first = next;
    onChunk(chunk);
  }

  return {
    next: () => next,
    add: ({ u8, f64, count }, nextSequence) => {
      for (let i = 0; i < count; i++) {
        const sequence = f64[i * EVENT_F64 + EventF64.sequence]!;
        if (sequence < next) continue;
        const at = i * EVENT_BYTES;
        scratch.set(u8.subarray(at, at + EVENT_BYTES), bytes);
        bytes += EVENT_BYTES;
        if ((u8[at + EventU8.flags]! & EventFlag.LAST) === 0) continue;
        next = sequence + 1;
        if (bytes >= MESSAGE_BYTES) flush();
      }
      next = Math.max(next, nextSequence);
    },
    flush,
  };
}

function chunkOf(firstSequence: number, nextSequence: number, records: Uint8Array): Chunk {
  const value = {
    firstSequence: BigInt(firstSequence),
    nextSequence: BigInt(nextSequence),
    records,
  };
  const response = create(EnterResponseSchema, { message: { case: "events", value } });
  const message = Buffer.from(toBinary(EnterResponseSchema, response));
  return { firstSequence, nextSequence, message };
}

function recordsIn(message: Buffer): EventRecords {
  const response = fromBinary(EnterResponseSchema, message);
  if (response.message.case !== "events") throw new Error("a chunk is events");
  return response.message.value;
}

function bytesBefore(records: Uint8Array, sequence: number): number {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  let at = 0;
  while (at < records.length && view.getFloat64(at + EventF64.sequence * 8, true) < sequence) {
    at += EVENT_BYTES;
  }
  return at;
}
