/**
 * A gRPC server of one service: listens, and answers the two questions every operator's tool asks,
 * health and reflection.
 *
 * It listens without encryption and asks nobody who they are: on loopback, or inside a network that is
 * trusted.
 */
import type { DescService } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import { reflectedOf, serviceOf } from "../rpc/service.ts";
import { ShellError, ShellErrorCode } from "./errors.ts";

const OVERALL = ""; // the health of the server as a whole has no name

type Reflected = ConstructorParameters<typeof ReflectionService>[0];

export interface RpcServer {
  /** Listens; answers the port. Throws ShellError ADDRESS_UNUSABLE. */
  listen(host: string, port: number): Promise<number>;
  /** Callers are served, or not any more: what health says. */
  setServing(isServing: boolean): void;
  /** After the streams have ended; who does not hear that is cut off. */
  close(): Promise<void>;
}

export interface RpcServerParts {
  readonly service: DescService;
  readonly methods: UntypedServiceImplementation;
  /** What people call it, for the words of a refusal. */
  readonly name: string;
  /** grpc-js's own. */
  readonly options: ConstructorParameters<typeof Server>[0];
  /** How long `close` waits for who is still there. */
  readonly shutdownMs: number;
}

export function makeRpcServer({
  service,
  methods,
  name,
  options,
  shutdownMs,
}: RpcServerParts): RpcServer {
  const server = new Server(options);
  const asked = [OVERALL, service.typeName];
  const health = new HealthImplementation(
    Object.fromEntries(asked.map((one) => [one, "NOT_SERVING"])),
  );
  server.addService(serviceOf(service), methods);
  health.addToServer(server);
  new ReflectionService(reflectedOf(service) as Reflected).addToServer(server);

  return {
    listen: (host, port) => {
      return new Promise((resolve, reject) => {
        const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
        server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
          if (error === null) return resolve(bound);
          const words = `${name} cannot listen at ${address}: ${error.message}`;
          reject(new ShellError(ShellErrorCode.ADDRESS_UNUSABLE, words));
        });
      });
    },
    setServing: (isServing) => {
      for (const one of asked) health.setStatus(one, isServing ? "SERVING" : "NOT_SERVING");
    },
    close: () => {
      return new Promise((resolve) => {
        const cut = setTimeout(() => server.forceShutdown(), shutdownMs);
        server.tryShutdown(() => {
          clearTimeout(cut);
          resolve();
        });
      });
    },
  };
}
