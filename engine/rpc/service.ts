/**
 * What grpc-js wants to know of a service, made from what protoc-gen-es generated of it; and what
 * reflection wants to know, from the same. Owns no service: whoever serves or calls one names it.
 */
import {
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { MethodDefinition } from "@grpc/grpc-js";

type Ways<Method> = Method extends DescMethod
  ? MethodDefinition<MessageShape<Method["input"]>, MessageShape<Method["output"]>>
  : never;

/** The methods of `Service` under the names that generated code gives them. */
export type ServiceOf<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: Ways<Service["method"][Name]>;
};

export function serviceOf<Service extends DescService>(service: Service): ServiceOf<Service> {
  const methods = service.methods.map((method) => [method.localName, definitionOf(method)]);
  return Object.fromEntries(methods) as ServiceOf<Service>;
}

function definitionOf(method: DescMethod): MethodDefinition<unknown, unknown> {
  const { input, output, methodKind } = method;
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: methodKind === "client_streaming" || methodKind === "bidi_streaming",
    responseStream: methodKind === "server_streaming" || methodKind === "bidi_streaming",
    requestSerialize: serializerOf(input),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: serializerOf(output),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
    originalName: method.localName,
  };
}

/** Takes a message, or the bytes of one that was encoded before: for all its readers at once. */
function serializerOf(schema: DescMessage): (value: unknown) => Buffer {
  return (value) => {
    if (Buffer.isBuffer(value)) return value;
    const { buffer, byteOffset, length } = toBinary(schema, value as MessageShape<DescMessage>);
    return Buffer.from(buffer, byteOffset, length);
  };
}

/**
 * The files of `services` and what they import, as reflection wants them: of a package definition it
 * reads nothing else.
 */
export function reflectedOf(...services: readonly DescService[]): object {
  const files = new Set<DescFile>();
  const add = (file: DescFile): void => {
    for (const imported of file.dependencies) add(imported);
    files.add(file);
  };
  for (const { file } of services) add(file);
  const fileDescriptorProtos = [...files].map(({ proto }) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, proto)),
  );
  return { all: { fileDescriptorProtos } };
}
