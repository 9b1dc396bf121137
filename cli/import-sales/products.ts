/**
 * The products a run trades on: its own, one per model of the file, without a price band, so that the
 * catalog's products and whoever trades on them stay apart. Added when missing.
 */
import { type Admin, type Exchange, Refused, request } from "../exchange.ts";
import { longStyleOf, type Model, roundToTicks, TICK_MINOR } from "./sales.ts";

/** Sees to it that every model has its product with all its sizes; may give it another style code. */
export async function addProducts(
  exchange: Exchange,
  admin: Admin,
  models: readonly Model[],
): Promise<void> {
  for (const model of models) await addProduct(exchange, admin, model);
}

async function addProduct(exchange: Exchange, admin: Admin, model: Model): Promise<void> {
  if (await post(admin, productOf(model))) return;
  // There is one by that code already, not quite the same. If it is this model's, of another file
  // perhaps with another retail price, it will do; if not, the model gets a code of its own.
  const known = await existing(exchange, model.style);
  if (known.model === model.name && known.tick === "1.00" && known.band === null) {
    const { retail_price, release_date, brand, colourway } = known;
    const same = { ...productOf(model), retail_price, release_date, brand, colourway };
    if (await post(admin, same)) return;
  }
  model.style = longStyleOf(model.name);
  await admin.post("/v1/admin/products", productOf(model));
}

/** False when a product of that style exists with other parameters. */
async function post(admin: Admin, product: object): Promise<boolean> {
  try {
    await admin.post("/v1/admin/products", product);
    return true;
  } catch (error) {
    if (error instanceof Refused && error.code === "PRODUCT_EXISTS") return false;
    throw error;
  }
}

async function existing(exchange: Exchange, style: string): Promise<Record<string, unknown>> {
  const path = `/v1/products/${encodeURIComponent(style)}`;
  return (await request(exchange.url, "GET", path)) as Record<string, unknown>;
}

function productOf(model: Model): object {
  return {
    style: model.style,
    brand: model.brand,
    model: model.name,
    colourway: "",
    retail_price: priceText(roundToTicks(model.retailMinor)),
    release_date: model.releaseDate,
    sizes: model.sizes,
    tick: "1.00",
    band: null,
    currency: "USD",
  };
}

/** A price as the wire writes it; a tick is a whole dollar. */
export function priceText(ticks: number): string {
  return `${(ticks * TICK_MINOR) / 100}.00`;
}
