/**
 * One seed on a broker: three processes that may all lead, clients that send to whoever says that it
 * does, and everything between them late, lost, repeated or cut off. Processes are killed, paused for
 * leases and woken, their clocks jump, and strangers claim. At the end all faults stop: then somebody
 * must lead, all must come to the same, and the journal must hold what was acknowledged.
 */
import type { TimeSources } from "../shell/clock.ts";
import { openKafkaJournal } from "../shell/journal/kafka/kafka.ts";
import { type Auditor, makeAuditor } from "./auditor.ts";
import { type Broker, makeBroker } from "./broker.ts";
import { type ClusterProcess, startClusterProcess } from "./cluster-process.ts";
import { Rate, type Say, type Tally, Violation } from "./faults.ts";
import { commandsInRecords, type JournaledCommand } from "./journal-audit.ts";
import { makeRandom, type Random } from "./random.ts";
import { replay } from "./reference.ts";
import { installScheduler, type Process, type Scheduler } from "./scheduler.ts";
import { makeTraders } from "./traders.ts";

const PROCESSES = 3;
const HOUR_US = 3_600_000_000;
const START_US = 1_790_000_000_000_000;
/** How long all is well before the end. */
const CALM_US = 8_000_000;

interface World {
  readonly seed: number;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly broker: Broker;
  readonly auditor: Auditor;
  readonly tally: Tally;
  readonly say: Say;
  readonly leaseMs: number;
  /** Who told which sequence as a writer. */
  readonly tellers: Map<number, string>;
  hearEvent(event: Buffer): void;
  broke(error: unknown): void;
}

interface Place {
  it: ClusterProcess;
  readonly clock: { offsetUs: number };
  lives: number;
}

/** Throws a Violation, or whatever the shell threw that it must not. */
export async function runCluster(seed: number, tally: Tally, say: Say): Promise<void> {
  const scheduler = installScheduler();
  try {
    await runInstalled(seed, tally, say, scheduler);
  } finally {
    scheduler.uninstall();
  }
}

async function runInstalled(
  seed: number,
  tally: Tally,
  say: Say,
  scheduler: Scheduler,
): Promise<void> {
  const random = makeRandom(seed, 11);
  const { faults } = tally;
  const lost = random.pick([Rate.MESSAGE_LOST, Rate.MESSAGE_LOST, 0.05]);
  const broker = makeBroker({ scheduler, random: makeRandom(seed, 12), faults, lost });
  const auditor = makeAuditor();
  const traders = makeTraders({ random: makeRandom(seed, 13), auditor, tally });
  let failed: { readonly error: unknown } | null = null;
  const world: World = {
    seed,
    random,
    scheduler,
    broker,
    auditor,
    tally,
    say: (words) => say(`${(scheduler.nowUs() / 1_000_000).toFixed(3)} s: ${words}`),
    leaseMs: random.pick([300, 1_000]),
    tellers: new Map(),
    hearEvent: traders.hear,
    broke: (error) => void (failed ??= { error }),
  };
  const places: Place[] = [];
  for (let i = 0; i < PROCESSES; i++) places.push(startPlace(world, i));
  const stormUs = random.between(10, 60) * 1_000_000;
  keepSending(world, places, traders);
  keepMeddling(world, places, stormUs);
  await scheduler.run(() => failed !== null || scheduler.nowUs() > stormUs);
  broker.heal();
  for (const { it } of places) it.process.pausedUntilUs = 0;
  world.say("all is well from here on");
  const toldBefore = auditor.highestTold();
  await scheduler.run(() => failed !== null || scheduler.nowUs() > stormUs + CALM_US);
  if (failed !== null) throw (failed as { error: unknown }).error;
  if (auditor.highestTold() === toldBefore) throw new Violation("nobody leads, though all is well");
  audit(world, places);
}

function startPlace(world: World, index: number): Place {
  const clock = { offsetUs: START_US + world.random.between(-2_000_000, 2_000_000) };
  const place = { clock, lives: 0 } as unknown as Place;
  restart(world, place, index);
  return place;
}

function restart(world: World, place: Place, index: number): void {
  const { scheduler, auditor } = world;
  const name = `process ${index}, life ${++place.lives}`;
  const process: Process = { name, isDead: false, pausedUntilUs: 0 };
  place.it = scheduler.as(process, () =>
    startClusterProcess({
      process,
      connect: world.broker.connect,
      random: makeRandom(world.seed, 1_000 * (index + 1) + place.lives),
      time: timeOf(scheduler, place, world.random.between(-100, 100)),
      leaseMs: world.leaseMs,
      told: (writer, event) => {
        world.tellers.set(event.readDoubleLE(8), writer);
        auditor.hear(name, event);
        world.hearEvent(event);
      },
      followed: (event) => auditor.hear(name, event),
      say: world.say,
      broke: world.broke,
    }),
  );
}

/** `driftPpm`: how much faster this machine's quartz swings than it should. */
function timeOf(scheduler: Scheduler, { clock }: Place, driftPpm: number): TimeSources {
  const monotonicUs = (): number => scheduler.nowUs() * (1 + driftPpm / 1_000_000);
  return {
    wallUs: () => Math.floor((scheduler.nowUs() + clock.offsetUs) / 1_000) * 1_000,
    monotonicUs,
    uptimeUs: monotonicUs,
  };
}

/** Clients send to one that says that it leads; a deposed one may say so too. */
function keepSending(
  world: World,
  places: readonly Place[],
  traders: ReturnType<typeof makeTraders>,
): void {
  const { random, scheduler, tally } = world;

  function send(): void {
    const up = places.map(({ it }) => it).filter((it) => it.isUp() && !it.process.isDead);
    if (up.length > 0) {
      const to = random.pick(up);
      if (random.chance(0.05)) for (const record of traders.opening()) to.submit(record);
      for (let i = random.between(1, 8); i > 0; i--) {
        const record = traders.next();
        if (random.chance(Rate.MESSAGE_LOST)) tally.faults.message_lost++;
        else to.submit(record);
      }
    }
    scheduler.after(random.between(1_000, 60_000), null, send);
  }

  send();
}

function keepMeddling(world: World, places: readonly Place[], untilUs: number): void {
  const { random, scheduler, tally } = world;
  const { faults } = tally;

  function meddle(): void {
    if (scheduler.nowUs() > untilUs) return;
    const index = random.below(PROCESSES);
    const place = places[index]!;
    const leaseUs = world.leaseMs * 1_000;
    const roll = random.next();
    if (roll < Rate.PARTITION) {
      faults.partition++;
      world.say(`${place.it.process.name} is cut off`);
      world.broker.cutOff(place.it.process, random.between(1, 5) * leaseUs);
    } else if (roll < 0.06) {
      faults.pause++;
      world.say(`${place.it.process.name} is paused`);
      place.it.process.pausedUntilUs = scheduler.nowUs() + random.between(1, 6) * leaseUs;
    } else if (roll < 0.08) {
      faults.clock_step++;
      place.clock.offsetUs += random.pick([-HOUR_US, -3_000_000, 3_000_000, HOUR_US]);
    } else if (roll < 0.1) {
      faults.crash++;
      world.say(`${place.it.process.name} is killed`);
      place.it.process.isDead = true;
      restart(world, place, index);
    } else if (roll < 0.11) {
      world.say(`${place.it.process.name} is asked to stop`);
      place.it.stop();
    } else if (roll < 0.14) {
      faults.rival_claim++;
      claimAsStranger(world, place.it);
    }
    if (place.it.isOver()) restart(world, place, index);
    scheduler.after(random.between(1_000, 100_000), null, meddle);
  }

  meddle();
}

/** One that knows the place of somebody else, claims there and is never heard of again. */
function claimAsStranger(world: World, who: ClusterProcess): void {
  const { scheduler, leaseMs, random } = world;
  const process: Process = { name: "a stranger", isDead: false, pausedUntilUs: 0 };
  world.say(`a stranger claims term ${who.place().term + 1}`);
  scheduler.after(0, process, () => {
    const journal = openKafkaJournal({
      address: { brokers: ["simulated:1"], clientId: "sim" },
      topic: "sim",
      shard: 0,
      leaseMs,
      retainMs: null,
      monotonicMs: () => scheduler.nowUs() / 1_000,
      connect: world.broker.connect,
      randomBytes: random.bytes,
    });
    void journal.claim(who.place()).catch(world.broke);
  });
}

function audit(world: World, places: readonly Place[]): void {
  const { auditor, broker, tally, tellers } = world;
  const journal = commandsInRecords(broker.records);
  for (const { it } of places) {
    if (it.process.isDead || it.isOver()) continue;
    auditor.hash(it.process.name, it.shard.sequence(), it.shard.hash().text);
  }
  auditor.close(journal);
  checkWriters(journal, tellers);
  replay(journal, auditor);
  tally.commands += journal.length;
  world.say(`audited: ${journal.length} commands, ${tally.acked} orders acknowledged`);
}

/** Only who wrote a command spoke of it as the writer. */
function checkWriters(
  journal: readonly JournaledCommand[],
  tellers: ReadonlyMap<number, string>,
): void {
  for (const [sequence, teller] of tellers) {
    const writer = journal[sequence - 1]?.writer;
    if (writer === teller) continue;
    throw new Violation(`${teller} told sequence ${sequence}, which ${writer ?? "nobody"} wrote`);
  }
}
