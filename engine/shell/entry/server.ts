/**
 * The way into a shard over gRPC: carries gateways' commands to `sessions.ts` and the shard's events to
 * them (`../match-stream/stream.ts`, in `records.ts`' form), and says who is the primary. One client
 * has one stream: its next one ends the one before.
 */
import { create } from "@bufbuild/protobuf";
import {
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  status as Status,
} from "@grpc/grpc-js";
import { COMMAND_BYTES } from "../../core/command.ts";
import { EVENT_BYTES } from "../../core/event.ts";
import {
  type EnterHello,
  type EnterRequest,
  type EnterResponse,
  EnterResponseSchema,
  EngineRole,
  type GetStandingRequest,
  type GetStandingResponse,
  GetStandingResponseSchema,
  OrderEntryService,
} from "../../../proto/gen/solebook/order/v1/entry_pb.ts";
import { StreamEndReason } from "../../../proto/gen/solebook/match/v1/match_pb.ts";
import type { MatchStream, Reading } from "../match-stream/stream.ts";
import { makeRpcServer, type RpcServer } from "../rpc-server.ts";
import type { Entrance, Entrant } from "./sessions.ts";

export interface Figures {
  readonly sequence: number;
  readonly tradesTotal: number;
  readonly ordersTotal: number;
  readonly ordersOpen: number;
}

export interface Standing {
  readonly isPrimary: boolean;
  readonly term: number;
  readonly sequence: number;
  /** null while nothing of the journal was read. */
  readonly journalId: Buffer | null;
}

export interface EntryServerOptions {
  readonly shard: number;
  readonly stream: MatchStream;
  readonly entrance: Entrance;
  standing(): Standing;
  figures(): Figures;
}

/** Its health says whether commands are taken here. */
export interface EntryServer extends RpcServer {
  /** Ends everybody's stream: this process is not the primary any more. */
  endAll(words: string): void;
}

type Call = ServerDuplexStream<EnterRequest, EnterResponse | Buffer>;

const FIGURES_MS = 100;
const SHUTDOWN_MS = 1_000;
const ORIGIN_BYTES = 16;
const OPTIONS = { "grpc.keepalive_time_ms": 5_000, "grpc.keepalive_timeout_ms": 5_000 };

/** For what another attempt changes nothing. */
const HOPELESS: Readonly<Record<number, Status>> = {
  [StreamEndReason.FOREIGN_JOURNAL]: Status.FAILED_PRECONDITION,
  [StreamEndReason.TOO_OLD]: Status.OUT_OF_RANGE,
};

interface Visit {
  end(code: Status, words: string): void;
}

export function makeEntryServer(options: EntryServerOptions): EntryServer {
  const visits = new Map<string, Visit>();
  const server = makeRpcServer({
    service: OrderEntryService,
    methods: {
      enter: (call: Call) => enter(options, visits, call),
      getStanding: (
        call: ServerUnaryCall<GetStandingRequest, GetStandingResponse>,
        answer: sendUnaryData<GetStandingResponse>,
      ) => tellStanding(options, call.request, answer),
    },
    name: "order entry",
    options: OPTIONS,
    shutdownMs: SHUTDOWN_MS,
  });
  return {
    ...server,
    endAll: (words) => {
      for (const visit of visits.values()) visit.end(Status.UNAVAILABLE, words);
    },
  };
}

function tellStanding(
  { shard, standing }: EntryServerOptions,
  request: GetStandingRequest,
  answer: sendUnaryData<GetStandingResponse>,
): void {
  if (request.shard !== shard) {
    return answer({ code: Status.NOT_FOUND, details: `shard ${shard} is here` });
  }
  const { isPrimary, term, sequence, journalId } = standing();
  const value = {
    role: isPrimary ? EngineRole.PRIMARY : EngineRole.STANDBY,
    term: BigInt(term),
    sequence: BigInt(sequence),
    journalId: journalId ?? new Uint8Array(),
  };
  answer(null, create(GetStandingResponseSchema, value));
}

/** One stream, from its hello to its end. */
function enter(options: EntryServerOptions, visits: Map<string, Visit>, call: Call): void {
  let entrant: Entrant | null = null;
  let reading: Reading | null = null;
  let ticking: NodeJS.Timeout | undefined;
  let origin = "";
  let isOver = false;

  function stop(): void {
    if (isOver) return;
    isOver = true;
    clearInterval(ticking);
    entrant?.leave();
    if (visits.get(origin) === visit) visits.delete(origin);
  }

  function end(code: Status, words: string): void {
    if (isOver) return;
    stop();
    call.emit("error", { code, details: words });
  }

  const visit: Visit = { end };

  function begin(hello: EnterHello): void {
    const problem = problemOf(options, hello);
    if (problem !== null) return end(problem.code, problem.words);
    origin = Buffer.from(hello.origin).toString("hex");
    visits.get(origin)?.end(Status.ABORTED, "the same client entered again");
    visits.set(origin, visit);
    entrant = options.entrance.join((commandsMax) => tell(call, "credit", { commandsMax }));
    if (entrant === null) return end(Status.RESOURCE_EXHAUSTED, "as many clients as may be");
    const known = hello.journalId.length === 0 ? null : Buffer.from(hello.journalId);
    reading = options.stream.subscribe(Number(hello.fromSequence), known, {
      begin: ({ journalId, shard, headSequence }) => {
        const { term } = options.standing();
        tell(call, "welcome", { journalId, shard, term, headSequence });
        tell(call, "credit", { commandsMax: entrant!.credit() });
        tell(call, "figures", { ...options.figures() });
      },
      write: (message) => call.write(message),
      end: ({ reason, words }) => end(HOPELESS[reason] ?? Status.UNAVAILABLE, words),
    });
    if (!isOver) ticking = setInterval(tick, FIGURES_MS);
  }

  /** Not on top of what the client does not read. */
  function tick(): void {
    if (!call.writableNeedDrain) tell(call, "figures", { ...options.figures() });
  }

  call.on("data", ({ message }: EnterRequest) => {
    if (isOver) return;
    if (message.case === "hello" && reading === null) return begin(message.value);
    if (message.case !== "commands" || entrant === null) {
      return end(Status.INVALID_ARGUMENT, "a hello first, once, and then commands");
    }
    const problem = entrant.enter(message.value.records);
    if (problem !== null) end(Status.INVALID_ARGUMENT, problem);
  });
  call.on("drain", () => reading?.drained());
  call.on("end", () => {
    if (isOver) return;
    stop();
    call.end();
  });
  call.on("error", stop);
  call.once("cancelled", () => {
    stop();
    reading?.close();
    reading = null;
  });
}

/** Numbers become what the schema wants. */
function tell(
  call: Call,
  kind: "welcome" | "credit" | "figures",
  fields: Readonly<Record<string, number | Buffer>>,
): void {
  const value = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      typeof field === "number" && name !== "shard" ? BigInt(field) : field,
    ]),
  );
  const message = { case: kind, value } as unknown as EnterResponse["message"];
  call.write(create(EnterResponseSchema, { message }));
}

function problemOf(
  { shard, standing }: EntryServerOptions,
  hello: EnterHello,
): { readonly code: Status; readonly words: string } | null {
  const wrong = (code: Status, words: string) => ({ code, words });
  if (hello.shard !== shard) return wrong(Status.NOT_FOUND, `shard ${shard} is here`);
  if (hello.commandBytes !== COMMAND_BYTES || hello.eventBytes !== EVENT_BYTES) {
    const words = `records have ${COMMAND_BYTES} and ${EVENT_BYTES} bytes here`;
    return wrong(Status.FAILED_PRECONDITION, words);
  }
  const isOdd = hello.fromSequence < 1n || hello.fromSequence > BigInt(Number.MAX_SAFE_INTEGER);
  if (isOdd || hello.origin.length !== ORIGIN_BYTES) {
    return wrong(Status.INVALID_ARGUMENT, "a hello has an origin and begins with a command");
  }
  if (standing().isPrimary) return null;
  return wrong(Status.UNAVAILABLE, "this engine is not the primary of its shard");
}
