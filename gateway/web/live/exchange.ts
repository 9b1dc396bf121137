/** The page's one client, and where it is: the exchange that served the page. */
import { Client } from "../../client/index.ts";

export const exchange = new Client({ url: location.origin });

// Somebody's network came back, or they came back to the page: no need to wait for the next try.
addEventListener("online", () => exchange.open());
addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") exchange.open();
});
