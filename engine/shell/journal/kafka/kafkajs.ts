/**
 * The modules inside kafkajs that the journal stands on, with their types. package.json names exactly
 * one version of it (2.2.4, the last there is for years), and the tests run against a real broker.
 */
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";

export interface SocketOptions {
  readonly host: string;
  readonly port: number;
  readonly ssl?: ConnectionOptions | null;
  readonly onConnect: () => void;
}

interface KafkaJsMessage {
  readonly offset: string;
  readonly value: Buffer | null;
}

export interface KafkaJsBroker {
  produce(request: object): Promise<{
    readonly topics: readonly {
      readonly partitions: readonly { readonly baseOffset: string }[];
    }[];
  }>;
  fetch(request: object): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly {
        readonly highWatermark: string;
        readonly messages: readonly KafkaJsMessage[];
      }[];
    }[];
  }>;
}

export interface KafkaJsCluster {
  connect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  findBroker(which: { readonly nodeId: string }): Promise<KafkaJsBroker>;
  fetchTopicsOffset(
    topics: readonly object[],
  ): Promise<readonly { readonly partitions: readonly { readonly offset: string }[] }[]>;
}

interface KafkaJsOptions {
  readonly socketFactory: (options: SocketOptions) => Socket;
  readonly [name: string]: unknown;
}

interface KafkaJsQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const require = createRequire(import.meta.url);

/** Its public face; a plain import finds no names in it. */
export const { ConfigResourceTypes, Kafka, logLevel } =
  require("kafkajs") as typeof import("kafkajs");

export const Cluster = require("kafkajs/src/cluster") as new (
  options: KafkaJsOptions,
) => KafkaJsCluster;

const { createLogger } = require("kafkajs/src/loggers") as {
  readonly createLogger: (options: object) => object;
};

/** What kafkajs has to say is said again by the errors it throws. */
export function silentLogger(): object {
  return createLogger({ level: 0, logCreator: () => () => {} });
}

const RequestQueue = require("kafkajs/src/network/requestQueue") as {
  readonly prototype: KafkaJsQueue;
};

/**
 * A connection of kafkajs's looks for waiting requests every millisecond, for ever, also when there
 * is none: 2.5 % of a core each. With none waiting there is nothing to look for, and whatever begins
 * to wait asks for the next look itself.
 */
function calmKafkaJs(): void {
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  RequestQueue.prototype.scheduleCheckPendingRequests = function calm(this: KafkaJsQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}

calmKafkaJs();
