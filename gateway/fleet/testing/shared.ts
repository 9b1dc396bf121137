/** What gateways of one registry have in common in tests. */
import type { RegistryBounds } from "../../registry/local.ts";
import { Sealer, SEALING_KEY_BYTES } from "../../registry/sealer.ts";
import { JORDAN } from "../../testing/exchange.ts";

export const SEALER = new Sealer([Buffer.alloc(SEALING_KEY_BYTES, "sealing")]);

export const BOUNDS: RegistryBounds = {
  shards: 1,
  accountsMax: 64,
  instrumentsMax: 512,
  seed: [JORDAN],
  sealer: SEALER,
};
