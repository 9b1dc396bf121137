/** Every screen of the page: its path, its name for the tab and the screen reader, and what draws it. */
import type { ReactNode } from "react";
import { Home } from "./screens/home/home.tsx";
import { NotFound } from "./screens/not-found.tsx";
import { Product } from "./screens/product/product.tsx";
import { Status } from "./screens/status/status.tsx";
import { MyMarket } from "./trading/my-market.tsx";

export interface Route {
  /** `*` is one open part. The gateway serves the page for these paths (`gateway/rest/page.ts`). */
  readonly path: string;
  readonly title: string;
  readonly draw: (parts: readonly string[]) => ReactNode;
}

export const ROUTES: readonly Route[] = [
  { path: "/", title: "Market", draw: () => <Home /> },
  {
    path: "/product/*",
    title: "Product",
    draw: ([style]) => <Product key={style} style={style!} />,
  },
  { path: "/my-market", title: "My market", draw: () => <MyMarket /> },
  { path: "/status", title: "Status", draw: () => <Status /> },
];

const NOWHERE: Route = { path: "", title: "Not found", draw: () => <NotFound /> };

export function findRoute(path: string): { route: Route; parts: string[] } {
  const segments = path.split("/");
  for (const route of ROUTES) {
    const pattern = route.path.split("/");
    if (pattern.length !== segments.length) continue;
    if (
      !pattern.every((part, at) => (part === "*" ? segments[at] !== "" : part === segments[at]))
    ) {
      continue;
    }
    const parts = segments.filter((_, at) => pattern[at] === "*").map(decode);
    return { route, parts };
  }
  return { route: NOWHERE, parts: [] };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // not well escaped: it names no product, and the screen says so
  }
}
