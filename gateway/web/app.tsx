/** The frame: header, what is wrong with the connection, and the screen of this path. */
import { useEffect, useRef } from "react";
import { Banner } from "./parts/banner.tsx";
import { Header } from "./parts/header.tsx";
import { usePlace } from "./router.tsx";
import { findRoute } from "./routes.tsx";

export function App() {
  const { path } = usePlace();
  const { route, parts } = findRoute(path);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = route.path === "/" ? "Solebook" : `${route.title} · Solebook`;
    // After a step the screen reader goes on at the new screen, not where the link was.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [path, route]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Header />
      <Banner />
      <main id="main" ref={main} tabIndex={-1}>
        {route.draw(parts)}
      </main>
    </>
  );
}
