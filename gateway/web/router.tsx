/**
 * Where we are, by the history API: plain paths, links that are links (new tab, middle click), and the
 * screen reader told and the view at the top after each step.
 */
import {
  type AnchorHTMLAttributes,
  type MouseEvent,
  type ReactNode,
  useSyncExternalStore,
} from "react";

const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};
addEventListener("popstate", tell);

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Of `place`, as the browser writes it: a query written again may look different and mean the same. */
let shown = "";
let place: Place = readPlace();

function readPlace(): Place {
  shown = location.pathname + location.search;
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => {
      if (shown !== location.pathname + location.search) place = readPlace();
      return place;
    },
  );
}

/** `replace` stays on the screen: a chosen size, a search being typed. */
export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  place = readPlace();
  tell();
  if (!replace) scrollTo(0, 0);
}

interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly to: string;
  readonly children: ReactNode;
}

export function Link({ to, children, onClick, ...more }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (event.defaultPrevented || !isPlain || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={to} onClick={follow} {...more}>
      {children}
    </a>
  );
}

/** Paths of the page's screens, written in one place. */
export const paths = {
  home: "/",
  search: (text: string) => (text === "" ? "/" : `/?q=${encodeURIComponent(text)}`),
  product: (style: string, size?: string) =>
    `/product/${encodeURIComponent(style)}${size === undefined ? "" : `?size=${encodeURIComponent(size)}`}`,
  myMarket: "/my-market",
  status: "/status",
} as const;
