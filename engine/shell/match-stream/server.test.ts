/**
 * The match stream as its readers meet it, over gRPC: everybody hears the same, each event once, from
 * wherever they begin; who is slow harms nobody else; and what cannot be given is refused by name.
 */
import { afterEach, describe, expect, test } from "@jest/globals";
import { create } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { service as health } from "grpc-health-check";
import { freePorts } from "../../../.ci/servers/ports.ts";
import { type MatchBatch, readMatchStream, StreamTrouble } from "../../client/match-stream.ts";
import { EVENT_F64, EventF64 } from "../../core/event.ts";
import { makeRandom } from "../../core/testing/random.ts";
import { serviceOf } from "../../rpc/service.ts";
import {
  MatchStreamService,
  SubscribeRequestSchema,
  type SubscribeResponse,
} from "../../../proto/gen/solebook/match/v1/match_pb.ts";
import { emptyState, makeFollower, type States } from "../follower.ts";
import { makeDisk } from "../testing/disk.ts";
import { serve, type Served, type ServeOptions } from "../testing/served.ts";
import { openWritten, SIZES, type WrittenJournal } from "../testing/written.ts";

const COMMANDS = 6_000;
const SMALL_WINDOW = { limits: { windowBytes: 64 * 1024 } };

// Fields of reflection's request.
const FILE_CONTAINING_SYMBOL = 4;
const LIST_SERVICES = 7;

let running: Served[] = [];
afterEach(async () => {
  await Promise.all(running.map((served) => served.stop()));
  running = [];
});

describe("everybody hears the same", () => {
  test.each<[string, ServeOptions]>([
    ["from the window", {}],
    ["old readers by passes of their own", SMALL_WINDOW],
  ])("%s", async (_, options) => {
    const { written, address } = await served(options);
    const whole = await keysOf(written);
    const froms = [1, 2, 777, 4_000, COMMANDS - 1, COMMANDS + 1];
    const heard = await Promise.all(froms.map((from) => hear(address, { from, to: COMMANDS })));
    for (const [i, from] of froms.entries()) {
      expect(heard[i]).toEqual(whole.filter((key) => sequenceOf(key) >= from));
    }
  });

  test("what comes while they read, too, also to who catches up meanwhile", async () => {
    const { written, address } = await served(SMALL_WINDOW);
    const until = COMMANDS + 3_000;
    const reading = [1, 3_000, COMMANDS + 1].map((from) => hear(address, { from, to: until }));
    for (let i = 0; i < 30; i++) {
      written.write(100, 9);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const whole = await keysOf(written);
    const heard = await Promise.all(reading);
    expect(heard[0]).toEqual(whole);
    expect(heard[1]).toEqual(whole.filter((key) => sequenceOf(key) >= 3_000));
    expect(heard[2]).toEqual(whole.filter((key) => sequenceOf(key) > COMMANDS));
  });

  test("a reader that breaks off at random and resumes hears each event once", async () => {
    const { written, address } = await served(SMALL_WINDOW);
    const random = makeRandom(9);
    const heard: string[] = [];
    let from = 1;
    let attempts = 0;
    while (from <= COMMANDS) {
      attempts++;
      let batches = 1 + random.below(3);
      for await (const batch of readMatchStream({ address, shard: 0, fromSequence: from })) {
        heard.push(...batch.events.map((event) => `${event.sequence}/${event.index}`));
        from = batch.nextSequence;
        if (--batches === 0 || from > COMMANDS) break;
      }
    }
    expect(heard).toEqual(await keysOf(written));
    expect(attempts).toBeGreaterThan(3);
  });

  test("a server that ends is resumed at the next one", async () => {
    const written = makeWritten();
    const [port = 0] = await freePorts(1);
    const first = await start(written, { port });
    const heard: string[] = [];
    const troubles: string[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      const options = {
        address: first.address,
        shard: 0,
        fromSequence: 1,
        signal: stop.signal,
        backOff: { firstMs: 20, mostMs: 50 },
        onTrouble: (words: string) => void troubles.push(words),
      };
      for await (const batch of readMatchStream(options)) {
        heard.push(...batch.events.map((event) => `${event.sequence}/${event.index}`));
        if (batch.nextSequence > COMMANDS + 100) stop.abort();
      }
    })();
    await eventually(() => heard.length > 0);
    await first.stop();
    written.write(100);
    await start(written, { port });
    await reading;
    expect(heard).toEqual(await keysOf(written));
    expect(troubles[0]).toContain("STOPPED");
  });

  test("it says what happened before it began, so that a reader knows what is news", async () => {
    const { address } = await served();
    for await (const batch of readMatchStream({ address, shard: 0, fromSequence: 5_990 })) {
      expect(batch.headSequence).toBe(COMMANDS);
      expect(batch.firstSequence).toBe(5_990);
      break;
    }
  });
});

describe("who is slow", () => {
  test("is ended by name and can resume; nobody else notices", async () => {
    const { written, address } = await served({ limits: { windowBytes: 256 * 1024, slowMs: 300 } });
    const slow = rawRead(address, 1, { "grpc-node.flow_control_window": 65_535 });
    slow.pause();
    const quick = hear(address, { from: 1, to: COMMANDS + 20_000 });
    for (let i = 0; i < 20; i++) {
      written.write(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const whole = await keysOf(written);
    expect(await quick).toEqual(whole);

    const { heard, details } = await slow.rest();
    expect(details).toBe("TOO_SLOW: the reader does not keep up; resume behind what has arrived");
    expect(heard.length).toBeLessThan(whole.length);
    const resumeAt = sequenceOf(heard.at(-1)!) + 1;
    const rest = await hear(address, { from: resumeAt, to: COMMANDS + 20_000 });
    expect([...heard, ...rest]).toEqual(whole);
  });

  test("also when it was catching up: its turn goes to the next", async () => {
    const limits = { ...SMALL_WINDOW.limits, passesMax: 1, slowMs: 300 };
    const { written, address } = await served({ limits }, 25_000);
    const slow = rawRead(address, 1, { "grpc-node.flow_control_window": 65_535 });
    slow.pause();
    await slow.began();
    const next = hear(address, { from: 2, to: 25_000 });
    expect(await next).toEqual((await keysOf(written)).filter((key) => sequenceOf(key) >= 2));
    expect((await slow.rest()).details).toMatch(/^TOO_SLOW/);
  });
});

describe("refused by name", () => {
  const FOREIGN = "f".repeat(32);

  test.each<[string, Partial<Parameters<typeof readMatchStream>[0]>, object]>([
    ["another journal", { journalId: FOREIGN }, { code: "FOREIGN_JOURNAL" }],
    ["a shard that is not here", { shard: 3 }, { code: "UNKNOWN_SHARD" }],
    ["a sequence that none is", { fromSequence: 0 }, { code: "MALFORMED" }],
    ["a journal's name that none is", { journalId: "abcd" }, { code: "MALFORMED" }],
    [
      "a reader that has seen what is not there",
      { fromSequence: COMMANDS + 2, backOff: { firstMs: 5, mostMs: 5, aheadMs: 50 } },
      { code: "AHEAD", sequence: COMMANDS },
    ],
  ])("%s", async (_, options, error) => {
    const { address } = await served();
    await expect(firstOf({ address, shard: 0, fromSequence: 1, ...options })).rejects.toMatchObject(
      error,
    );
  });

  test("what is archived, with the snapshot to begin with; and from there on it is given", async () => {
    const written = makeWritten();
    const { address } = await start(written, { ...SMALL_WINDOW, states: await archived(written) });
    for (const fromSequence of [1, 1_000]) {
      await expect(firstOf({ address, shard: 0, fromSequence })).rejects.toMatchObject({
        code: StreamTrouble.TOO_OLD,
        sequence: 1_000,
        message: expect.stringContaining("begin with the snapshot at 1000"),
      });
    }
    const whole = await keysOf(written);
    expect(await hear(address, { from: 1_001, to: COMMANDS })).toEqual(
      whole.filter((key) => sequenceOf(key) > 1_000),
    );
  });

  test("a reader too many; when one has gone, the next is taken", async () => {
    const { address } = await served({ limits: { readersMax: 1 } });
    const first = rawRead(address, 1);
    await first.began();
    const troubles: string[] = [];
    const second = firstOf({
      address,
      shard: 0,
      fromSequence: 1,
      backOff: { firstMs: 20, mostMs: 20 },
      onTrouble: (words) => {
        troubles.push(words);
        first.cancel();
      },
    });
    expect((await second).firstSequence).toBe(1);
    expect(troubles[0]).toBe("TOO_MANY_READERS: there are 1 already");
  });

  test("what this server does not know", async () => {
    const { address } = await served();
    const stream = serviceOf(MatchStreamService).subscribe;
    const client = new Client(address, credentials.createInsecure());
    const call = client.makeServerStreamRequest(
      "/nobody.Knows/This",
      stream.requestSerialize,
      stream.responseDeserialize,
      create(SubscribeRequestSchema),
    );
    const error = await new Promise((resolve) => call.on("error", resolve));
    client.close();
    expect(error).toMatchObject({ code: 12 });
  });
});

describe("what an operator's tools ask", () => {
  test("health: serving while readers are taken", async () => {
    const { address } = await served();
    const client = new Client(address, credentials.createInsecure());
    const ask = (service: string): Promise<unknown> => {
      const { path, requestSerialize, responseDeserialize } = health["Check"]!;
      return new Promise((resolve) => {
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          { service },
          (error, answer) => resolve(error?.code ?? answer),
        );
      });
    };
    expect(await ask("")).toMatchObject({ status: "SERVING" });
    expect(await ask("solebook.match.v1.MatchStreamService")).toMatchObject({ status: "SERVING" });
    expect(await ask("nobody")).toBe(5);
    client.close();
  });

  test("reflection: the service, its messages and the codes they use", async () => {
    const { address } = await served();
    expect(await reflected(address, LIST_SERVICES, "")).toContain(
      "solebook.match.v1.MatchStreamService",
    );
    const file = await reflected(address, FILE_CONTAINING_SYMBOL, "solebook.match.v1.Trade");
    expect(file).toContain("solebook/match/v1/match.proto");
    expect(file).toContain("solebook/order/v1/codes.proto");
  });
});

interface Opened {
  readonly written: WrittenJournal;
  readonly address: string;
}

async function served(options: ServeOptions = {}, commands = COMMANDS): Promise<Opened> {
  const written = makeWritten(commands);
  return { written, address: (await start(written, options)).address };
}

function makeWritten(commands = COMMANDS): WrittenJournal {
  const written = openWritten(makeDisk(), 11);
  written.write(commands, commands / 100);
  return written;
}

async function start(written: WrittenJournal, options: ServeOptions = {}): Promise<Served> {
  const here = await serve(written, options);
  running.push(here);
  return here;
}

/** "sequence/index" of every event there is, by a follower that knows nothing of streams. */
async function keysOf(written: WrittenJournal): Promise<string[]> {
  const keys: string[] = [];
  const journal = written;
  const state = emptyState(SIZES);
  let last = 0;
  let index = 0;
  const follower = makeFollower({
    journal,
    state,
    onDecided: ({ events }) => {
      for (let i = 0; i < events.count; i++) {
        const sequence = events.f64[i * EVENT_F64 + EventF64.sequence]!;
        index = sequence === last ? index + 1 : 0;
        last = sequence;
        keys.push(`${sequence}/${index}`);
      }
    },
  });
  await follower.catchUp();
  return keys;
}

/** A state of sequence 1,000, as a snapshot would give it, and nothing before it. */
async function archived(written: WrittenJournal): Promise<States> {
  return {
    oldest: () => 1_000,
    before: async () => {
      const state = emptyState(SIZES);
      const follower = makeFollower({ journal: written, state, to: 1_000 });
      await follower.catchUp();
      return { ...state, place: follower.place() };
    },
  };
}

const sequenceOf = (key: string): number => Number(key.split("/")[0]);

async function hear(address: string, range: { from: number; to: number }): Promise<string[]> {
  const keys: string[] = [];
  if (range.from > range.to) return keys;
  for await (const batch of readMatchStream({ address, shard: 0, fromSequence: range.from })) {
    keys.push(...batch.events.map((event) => `${event.sequence}/${event.index}`));
    if (batch.nextSequence > range.to) break;
  }
  return keys.filter((key) => sequenceOf(key) <= range.to);
}

async function firstOf(options: Parameters<typeof readMatchStream>[0]): Promise<MatchBatch> {
  for await (const batch of readMatchStream(options)) return batch;
  throw new Error("it ended without a batch");
}

async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

interface RawRead {
  pause(): void;
  /** The header has come. */
  began(): Promise<void>;
  /** Reads on until it is ended: what it was given in all, and the words of the end. */
  rest(): Promise<{ readonly heard: string[]; readonly details: string }>;
  cancel(): void;
}

/** A reader with a hand on the tap. */
function rawRead(address: string, from: number, channel: object = {}): RawRead {
  const client = new Client(address, credentials.createInsecure(), {
    ...channel,
    "grpc.use_local_subchannel_pool": 1,
  });
  const { path, requestSerialize, responseDeserialize } = serviceOf(MatchStreamService).subscribe;
  const request = create(SubscribeRequestSchema, { fromSequence: BigInt(from) });
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  const heard: string[] = [];
  const began = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<void>();
  call.on("metadata", () => began.resolve());
  call.on("error", ({ details }: ServiceError) => failed.resolve(details));
  // Its status is known as soon as it arrives; what came before it is still to be read then.
  call.on("end", () => {
    ended.resolve();
    client.close();
  });
  call.on("data", ({ message }: SubscribeResponse) => {
    if (message.case !== "batch") return;
    heard.push(...message.value.events.map((event) => `${event.sequence}/${event.index}`));
  });
  return {
    pause: () => void call.pause(),
    began: () => began.promise,
    rest: async () => {
      // It stays away for longer than it may.
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      call.resume();
      await ended.promise;
      return { heard, details: await failed.promise };
    },
    cancel: () => call.cancel(),
  };
}

/** An answer of reflection as text; what is asked is one field of its request. */
async function reflected(address: string, field: number, asked: string): Promise<string> {
  const client = new Client(address, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  const call = client.makeBidiStreamRequest(path, asIs, asIs);
  call.write(Buffer.from([(field << 3) | 2, asked.length, ...Buffer.from(asked)]));
  const answer = await new Promise<Buffer>((resolve, reject) => {
    call.on("data", resolve);
    call.on("error", reject);
  });
  call.end();
  client.close();
  return answer.toString("latin1");
}
