/** The public client of the exchange; everything else in this folder is its inside. */
export { Book, type BookView, type Level, readMinor, writeMinor } from "./book.ts";
export { type BookListener, Client, type ClientOptions, connect } from "./client.ts";
export { ExchangeError, type LocalCode } from "./errors.ts";
export type { Connection, Credentials, SocketLike } from "./line.ts";
export {
  type GroupLeg,
  type GroupRequest,
  newClientOrderId,
  type Operation,
  type OperationOutcome,
  type OrderChange,
  type OrderName,
  type PlaceRequest,
} from "./orders.ts";
export { logonParams, makeSigner, type Signer } from "./signer.ts";
export type { Doubt, Listener, StaleReason } from "./subscriptions.ts";
export type * from "./wire.ts";
