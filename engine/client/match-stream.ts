/**
 * The match stream of one shard as an async iterator of batches: from any sequence on, each event
 * once and in order, across restarts of the server and of the network.
 *
 * It resumes by itself where a new attempt can help, and throws where somebody must decide: when what
 * was asked for is archived, when the journal is another one, when the stream contradicts itself. It
 * never passes over anything.
 */
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type ChannelOptions,
  Client,
  type ClientReadableStream,
  credentials,
  type Metadata,
  type ServiceError,
  status as Status,
} from "@grpc/grpc-js";
import { serviceOf } from "../rpc/service.ts";
import {
  type Event,
  type EventBatch,
  MatchStreamService,
  StreamEndReason,
  StreamEndSchema,
  type StreamHeader,
  SubscribeRequestSchema,
  type SubscribeResponse,
} from "../../proto/gen/solebook/match/v1/match_pb.ts";

export interface MatchStreamOptions {
  /** "host:port" of a server that serves the shard. */
  readonly address: string;
  readonly shard: number;
  /** The first command whose events are wanted, from 1; to resume, the last batch's `nextSequence`. */
  readonly fromSequence: number;
  /** The journal that what is kept belongs to, in 32 hex digits; another is refused. */
  readonly journalId?: string | undefined;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** An attempt failed, and the next follows so much later: for the log. */
  onTrouble?(words: string, waitMs: number): void;
  readonly backOff?: Partial<BackOff>;
}

export interface BackOff {
  /** The longest wait after the first failure; it doubles with each that follows. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** How long a server may say that it has not got as far as this reader, before that is an error. */
  readonly aheadMs: number;
}

const BACK_OFF: BackOff = { firstMs: 100, mostMs: 5_000, aheadMs: 30_000 };

/** The events of whole commands, in order. */
export interface MatchBatch {
  /** 32 hex digits; with shard, sequence and index it names an event for ever. */
  readonly journalId: string;
  readonly shard: number;
  readonly firstSequence: number;
  /** The first command not among them: what to resume with once these are dealt with. */
  readonly nextSequence: number;
  /** The newest command when the stream began: all up to it happened before that. */
  readonly headSequence: number;
  readonly events: readonly Event[];
}

export const StreamTrouble = {
  TOO_OLD: "TOO_OLD", // archived: begin with the snapshot at `sequence`
  FOREIGN_JOURNAL: "FOREIGN_JOURNAL",
  AHEAD: "AHEAD", // the server's newest command is `sequence`, and this reader has seen more
  UNKNOWN_SHARD: "UNKNOWN_SHARD",
  MALFORMED: "MALFORMED",
  REFUSED: "REFUSED", // by something that is no match stream of ours
  CONTRADICTION: "CONTRADICTION", // a gap, a repetition, or somebody else's events
} as const;
export type StreamTrouble = (typeof StreamTrouble)[keyof typeof StreamTrouble];

export class MatchStreamError extends Error {
  override readonly name = "MatchStreamError";
  readonly code: StreamTrouble;
  readonly sequence: number;

  constructor(code: StreamTrouble, message: string, sequence = 0) {
    super(message);
    this.code = code;
    this.sequence = sequence;
  }
}

/** Where servers say more than gRPC's own codes can. */
const STREAM_END_METADATA = "solebook-stream-end-bin";

const CHANNEL: ChannelOptions = {
  // A peer whose machine is gone is found out.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 10_000,
  // Each attempt connects anew, so that the waiting is ours alone.
  "grpc.use_local_subchannel_pool": 1,
  "grpc-node.flow_control_window": 1024 * 1024,
};

type Call = ClientReadableStream<SubscribeResponse>;

/** Throws MatchStreamError. */
export async function* readMatchStream(options: MatchStreamOptions): AsyncGenerator<MatchBatch> {
  const { firstMs, mostMs, aheadMs } = { ...BACK_OFF, ...options.backOff };
  const isStopped = (): boolean => options.signal?.aborted === true;
  const check = makeCheck(options);
  let failures = 0;
  let aheadSinceMs = -1;
  while (!isStopped()) {
    let trouble: Trouble = { code: null, words: "the server ended the stream", sequence: 0 };
    try {
      for await (const batch of attempt(options, check)) {
        failures = 0;
        aheadSinceMs = -1;
        yield batch;
      }
    } catch (error) {
      trouble = troubleOf(error);
    }
    if (isStopped()) return;
    const { code, words, sequence } = trouble;
    if (code === StreamTrouble.AHEAD) {
      if (aheadSinceMs < 0) aheadSinceMs = performance.now();
      if (performance.now() - aheadSinceMs >= aheadMs) {
        throw new MatchStreamError(code, words, sequence);
      }
    } else if (code !== null) throw new MatchStreamError(code, words, sequence);
    // Anywhere below the bound, so that readers cut off together do not come back together.
    const waitMs = Math.random() * Math.min(firstMs * 2 ** failures, mostMs);
    failures = Math.min(failures + 1, 30);
    options.onTrouble?.(words, waitMs);
    await sleep(waitMs, options.signal);
  }
}

/** One call, until it ends: a stream ends with an error or not at all. */
async function* attempt(options: MatchStreamOptions, check: Check): AsyncGenerator<MatchBatch> {
  const client = new Client(options.address, credentials.createInsecure(), CHANNEL);
  const { subscribe } = serviceOf(MatchStreamService);
  const request = create(SubscribeRequestSchema, {
    shard: options.shard,
    fromSequence: BigInt(check.next()),
    journalId: Buffer.from(check.journalId() ?? "", "hex"),
  });
  const call: Call = client.makeServerStreamRequest(
    subscribe.path,
    subscribe.requestSerialize,
    subscribe.responseDeserialize,
    request,
  );
  const cancel = (): void => call.cancel();
  options.signal?.addEventListener("abort", cancel, { once: true });
  let head = -1;
  try {
    for await (const { message } of call as AsyncIterable<SubscribeResponse>) {
      if (message.case === "header") head = check.header(message.value);
      else if (message.case === "batch") yield check.batch(message.value, head);
    }
  } finally {
    options.signal?.removeEventListener("abort", cancel);
    call.on("error", () => {}); // of the cancelling itself
    call.cancel();
    client.close();
  }
}

/** What has been read, and that what comes is what must come. */
interface Check {
  next(): number;
  journalId(): string | undefined;
  /** Answers the newest command the server had. */
  header(header: StreamHeader): number;
  batch(batch: EventBatch, head: number): MatchBatch;
}

function makeCheck(options: MatchStreamOptions): Check {
  const { shard } = options;
  let next = options.fromSequence;
  let journalId = options.journalId;

  function from(source: { readonly journalId: Uint8Array; readonly shard: number }): string {
    const id = Buffer.from(source.journalId).toString("hex");
    journalId ??= id;
    if (id === journalId && source.shard === shard) return id;
    throw new MatchStreamError(
      StreamTrouble.FOREIGN_JOURNAL,
      `asked for shard ${shard} of journal ${journalId}, was given shard ${source.shard} of ${id}`,
    );
  }

  function header(head: StreamHeader): number {
    from(head);
    if (Number(head.fromSequence) === next) return Number(head.headSequence);
    throw contradiction(`asked for sequence ${next}, was given ${head.fromSequence}`);
  }

  function batch(batch: EventBatch, headSequence: number): MatchBatch {
    if (headSequence < 0) throw contradiction("events came before the header");
    const id = from(batch);
    const firstSequence = Number(batch.firstSequence);
    const nextSequence = Number(batch.nextSequence);
    if (firstSequence !== next || nextSequence <= firstSequence) {
      throw contradiction(
        `sequences ${firstSequence} to ${nextSequence - 1} came where ${next} was to follow`,
      );
    }
    checkEvents(batch);
    next = nextSequence;
    const { events } = batch;
    return { journalId: id, shard, firstSequence, nextSequence, headSequence, events };
  }

  return { next: () => next, journalId: () => journalId, header, batch };
}

/** Each command's events from index 0 to the last, and commands in order within the batch's bounds. */
function checkEvents({ events, firstSequence, nextSequence }: EventBatch): void {
  let sequence = firstSequence;
  let index = 0;
  for (const event of events) {
    const isNext = index === 0 ? event.sequence >= sequence : event.sequence === sequence;
    if (!isNext || event.sequence >= nextSequence || event.index !== index) {
      throw contradiction(`event ${event.sequence}/${event.index} came out of its place`);
    }
    sequence = event.last ? event.sequence + 1n : event.sequence;
    index = event.last ? 0 : index + 1;
  }
  if (index !== 0) throw contradiction(`the events of command ${sequence} were torn`);
}

function contradiction(words: string): MatchStreamError {
  return new MatchStreamError(
    StreamTrouble.CONTRADICTION,
    `the stream contradicts itself: ${words}`,
  );
}

interface Trouble {
  /** null: another attempt may help, however often. */
  readonly code: StreamTrouble | null;
  readonly words: string;
  readonly sequence: number;
}

const CODES: Readonly<Record<number, StreamTrouble>> = {
  [StreamEndReason.TOO_OLD]: StreamTrouble.TOO_OLD,
  [StreamEndReason.FOREIGN_JOURNAL]: StreamTrouble.FOREIGN_JOURNAL,
  [StreamEndReason.AHEAD]: StreamTrouble.AHEAD,
  [StreamEndReason.UNKNOWN_SHARD]: StreamTrouble.UNKNOWN_SHARD,
  [StreamEndReason.MALFORMED]: StreamTrouble.MALFORMED,
};

/** By gRPC's own codes, when the server says no more: what no other attempt will change. */
const HOPELESS: readonly Status[] = [
  Status.UNIMPLEMENTED,
  Status.INVALID_ARGUMENT,
  Status.PERMISSION_DENIED,
  Status.UNAUTHENTICATED,
  Status.RESOURCE_EXHAUSTED,
];

function troubleOf(error: unknown): Trouble {
  if (error instanceof MatchStreamError) {
    return { code: error.code, words: error.message, sequence: error.sequence };
  }
  const { code, details = "", metadata } = error as Partial<ServiceError>;
  if (typeof code !== "number") throw error; // ours: no attempt will mend it
  const end = endOf(metadata);
  if (end !== null) {
    return { code: CODES[end.reason] ?? null, words: details, sequence: Number(end.sequence) };
  }
  const isHopeless = HOPELESS.includes(code);
  return { code: isHopeless ? StreamTrouble.REFUSED : null, words: details, sequence: 0 };
}

function endOf(metadata: Metadata | undefined) {
  const [bytes] = metadata?.get(STREAM_END_METADATA) ?? [];
  return Buffer.isBuffer(bytes) ? fromBinary(StreamEndSchema, bytes) : null;
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake, { once: true });
  });
}
