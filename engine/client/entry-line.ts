/**
 * One shard's primary, found by asking and held on to: asks every engine that may be it, enters where the
 * answer is yes with the highest term, and asks again when the line breaks or falls silent. Carries
 * messages; what they mean is `entry-client.ts`' affair.
 *
 * A line is given up for silence, too: a process that is paused, or a machine that is gone, breaks none.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import {
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  type ServiceError,
  status as Status,
} from "@grpc/grpc-js";
import { COMMAND_BYTES } from "../core/command.ts";
import { EVENT_BYTES } from "../core/event.ts";
import { serviceOf } from "../rpc/service.ts";
import {
  EngineRole,
  type EnterRequest,
  EnterRequestSchema,
  type EnterResponse,
  GetStandingRequestSchema,
  type GetStandingResponse,
  OrderEntryService,
} from "../../proto/gen/solebook/order/v1/entry_pb.ts";

export interface LineOptions {
  readonly shard: number;
  /** "host:port" of every engine that may be the shard's primary. */
  readonly addresses: readonly string[];
  /** A line without a word for so long is given up. */
  readonly silenceMs: number;
  /** Where its events are to begin, asked at each entering. */
  from(): { readonly sequence: number; readonly journalId: Uint8Array };
  onMessage(message: EnterResponse["message"]): void;
  /** Nothing more comes, and nothing more is sent, until the next welcome. */
  onLost(words: string): void;
  /** No other attempt will change this. */
  onHopeless(words: string): void;
}

export interface Line {
  /** Only between a welcome and the loss that follows. */
  send(records: Uint8Array): void;
  /** Gives the present line up, for what was heard on it makes no sense. */
  drop(words: string): void;
  close(): void;
}

type Call = ClientDuplexStream<EnterRequest, EnterResponse>;
type Message = EnterResponse["message"];

const SERVICE = serviceOf(OrderEntryService);
const ASK_MS = 400;
/** Between two rounds of asking; a takeover should not wait for it long. */
const ROUND_MS = 40;
/** A silence is so many looks in a row without a word: a pause of our own is only one. */
const LOOKS = 8;

const CHANNEL: ChannelOptions = {
  "grpc.use_local_subchannel_pool": 1,
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.min_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 250,
  "grpc-node.flow_control_window": 1024 * 1024,
};

const HOPELESS: readonly number[] = [
  Status.UNIMPLEMENTED,
  Status.FAILED_PRECONDITION,
  Status.OUT_OF_RANGE,
  Status.NOT_FOUND,
  Status.INVALID_ARGUMENT,
];

/** Asks from now on until it is closed. */
export function openLine(options: LineOptions): Line {
  const { shard, silenceMs } = options;
  const clients = options.addresses.map(
    (address) => new Client(address, credentials.createInsecure(), CHANNEL),
  );
  const origin = randomBytes(16);
  const closing = new AbortController();
  let call: Call | null = null;
  let drop: ((words: string) => void) | null = null;

  function helloOf(): EnterRequest {
    const { sequence, journalId } = options.from();
    const value = {
      shard,
      fromSequence: BigInt(sequence),
      journalId,
      origin,
      commandBytes: COMMAND_BYTES,
      eventBytes: EVENT_BYTES,
    };
    return create(EnterRequestSchema, { message: { case: "hello", value } });
  }

  /** Resolves with why it is over. */
  function hold(client: Client): Promise<{ readonly words: string; readonly code: number }> {
    return new Promise((resolve) => {
      const { path, requestSerialize, responseDeserialize } = SERVICE.enter;
      const line = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
      let looks = 0;
      const looking = setInterval(() => {
        if (++looks > LOOKS) over("silent for too long", Status.UNAVAILABLE);
      }, silenceMs / LOOKS);
      let isOver = false;
      const over = (words: string, code: number): void => {
        if (isOver) return;
        isOver = true;
        clearInterval(looking);
        call = null;
        drop = null;
        line.cancel();
        resolve({ words, code });
      };
      drop = (words) => over(words, Status.UNAVAILABLE);
      line.on("data", ({ message }: EnterResponse) => {
        looks = 0;
        if (isOver) return; // what was read already, when it was given up
        if (message.case === "welcome") call = line;
        options.onMessage(message);
      });
      line.on("error", (error: ServiceError) => over(error.details ?? error.message, error.code));
      line.on("end", () => over("the engine closed the line", Status.UNAVAILABLE));
      line.write(helloOf());
    });
  }

  async function run(): Promise<void> {
    const { signal } = closing;
    while (!signal.aborted) {
      const client = await findPrimary(clients, shard);
      if (signal.aborted) break;
      if (client === null) {
        await sleep(ROUND_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
        continue;
      }
      const { words, code } = await hold(client);
      if (signal.aborted) break;
      options.onLost(words);
      if (HOPELESS.includes(code)) {
        options.onHopeless(words);
        break;
      }
      await sleep(ROUND_MS * Math.random(), undefined, { signal }).catch(() => {});
    }
    for (const client of clients) client.close();
  }

  void run();
  return {
    send: (records) => {
      const message: EnterRequest["message"] = {
        case: "commands",
        value: { $typeName: "solebook.order.v1.CommandRecords", records },
      };
      call?.write(create(EnterRequestSchema, { message }));
    },
    drop: (words) => drop?.(words),
    close: () => {
      closing.abort();
      drop?.("closed");
    },
  };
}

export type { Message };

/** The first to say yes, unless another says so for a higher term in the same round; null: nobody. */
async function findPrimary(clients: readonly Client[], shard: number): Promise<Client | null> {
  const answers = await Promise.all(clients.map((client) => ask(client, shard)));
  let best: Client | null = null;
  let term = -1n;
  answers.forEach((answer, at) => {
    if (answer?.role !== EngineRole.PRIMARY || answer.term <= term) return;
    best = clients[at]!;
    term = answer.term;
  });
  return best;
}

/** null when it does not answer, or knows of no such shard. */
function ask(client: Client, shard: number): Promise<GetStandingResponse | null> {
  const { path, requestSerialize, responseDeserialize } = SERVICE.getStanding;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      create(GetStandingRequestSchema, { shard }),
      { deadline: Date.now() + ASK_MS },
      (_error, answer) => resolve(answer ?? null),
    );
  });
}
