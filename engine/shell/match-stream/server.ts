/**
 * The match stream over gRPC: carries `stream.ts` to its readers and honours their flow control.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { Metadata, type ServerWritableStream, status as Status } from "@grpc/grpc-js";
import {
  MatchStreamService,
  StreamEndReason,
  StreamEndReasonSchema,
  StreamEndSchema,
  type SubscribeRequest,
  type SubscribeResponse,
  SubscribeResponseSchema,
} from "../../../proto/gen/solebook/match/v1/match_pb.ts";
import { makeRpcServer, type RpcServer } from "../rpc-server.ts";
import type { MatchStream, Sink, StreamEnding } from "./stream.ts";

/** Where a status says more than gRPC's own codes can. */
export const STREAM_END_METADATA = "solebook-stream-end-bin";

const SHUTDOWN_MS = 2_000;
const JOURNAL_ID_BYTES = 16;

/** A reader whose machine is gone is found out, and what was kept for it let go. */
const OPTIONS = {
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 10_000,
};

const CODES: Readonly<Record<number, Status>> = {
  [StreamEndReason.MALFORMED]: Status.INVALID_ARGUMENT,
  [StreamEndReason.UNKNOWN_SHARD]: Status.NOT_FOUND,
  [StreamEndReason.FOREIGN_JOURNAL]: Status.FAILED_PRECONDITION,
  [StreamEndReason.TOO_OLD]: Status.OUT_OF_RANGE,
  [StreamEndReason.AHEAD]: Status.OUT_OF_RANGE,
  [StreamEndReason.TOO_SLOW]: Status.RESOURCE_EXHAUSTED,
  [StreamEndReason.TOO_MANY_READERS]: Status.RESOURCE_EXHAUSTED,
  [StreamEndReason.NOT_READY]: Status.UNAVAILABLE,
  [StreamEndReason.STOPPED]: Status.UNAVAILABLE,
};

/** What was encoded before, once for all readers, is handed through as bytes. */
type Call = ServerWritableStream<SubscribeRequest, SubscribeResponse | Buffer>;

export function makeStreamServer(streams: ReadonlyMap<number, MatchStream>): RpcServer {
  return makeRpcServer({
    service: MatchStreamService,
    methods: { subscribe: (call: Call) => subscribe(streams, call) },
    name: "the match stream",
    options: OPTIONS,
    shutdownMs: SHUTDOWN_MS,
  });
}

function subscribe(streams: ReadonlyMap<number, MatchStream>, call: Call): void {
  const { shard, fromSequence, journalId } = call.request;
  const from = Number(fromSequence);
  const refuse = (reason: StreamEndReason, words: string): void => {
    end(call, { reason, words, sequence: 0, journalId: null });
  };
  if (from < 1 || !Number.isSafeInteger(from)) {
    return refuse(StreamEndReason.MALFORMED, `no stream begins with sequence ${fromSequence}`);
  }
  if (journalId.length !== 0 && journalId.length !== JOURNAL_ID_BYTES) {
    return refuse(StreamEndReason.MALFORMED, `a journal's id has ${JOURNAL_ID_BYTES} bytes`);
  }
  const stream = streams.get(shard);
  if (stream === undefined) {
    const words = `shard ${shard} is not served here; there is ${[...streams.keys()].join(", ")}`;
    return refuse(StreamEndReason.UNKNOWN_SHARD, words);
  }
  const known = journalId.length === 0 ? null : Buffer.from(journalId);
  const reading = stream.subscribe(from, known, sinkOf(call));
  call.on("drain", () => reading.drained());
  // The one event that comes whoever ended it and however: the reader, the server, the network.
  call.once("cancelled", () => reading.close());
}

function sinkOf(call: Call): Sink {
  return {
    begin: (head) => {
      const value = {
        journalId: head.journalId,
        shard: head.shard,
        fromSequence: BigInt(head.fromSequence),
        headSequence: BigInt(head.headSequence),
      };
      call.write(create(SubscribeResponseSchema, { message: { case: "header", value } }));
    },
    write: (message) => call.write(message),
    end: (ending) => end(call, ending),
  };
}

/** What was written before is sent before, for a reader that still reads. */
function end(call: Call, { reason, words, sequence, journalId }: StreamEnding): void {
  const metadata = new Metadata();
  const value = { reason, sequence: BigInt(sequence), journalId: journalId ?? Buffer.alloc(0) };
  metadata.set(
    STREAM_END_METADATA,
    Buffer.from(toBinary(StreamEndSchema, create(StreamEndSchema, value))),
  );
  const code = CODES[reason] ?? Status.INTERNAL;
  call.emit("error", { code, details: `${nameOf(reason)}: ${words}`, metadata });
}

function nameOf(reason: StreamEndReason): string {
  return StreamEndReasonSchema.value[reason]?.localName ?? String(reason);
}
