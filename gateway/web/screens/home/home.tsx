/** Home: what one looks for, what just sold, what moves, what is new, what trades most. */
import "./home.css";
import { Search as SearchIcon } from "lucide-react";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { useResource } from "../../live/index.ts";
import type { Overview, ProductCardData, SearchResult } from "../../market-data.ts";
import { CardSkeleton, ProductCard } from "../../parts/card.tsx";
import { countOf } from "../../parts/count.ts";
import { navigate, paths, usePlace } from "../../router.tsx";
import { Releases } from "./releases.tsx";
import { Ribbon } from "./ribbon.tsx";

const OVERVIEW_MS = 2_000;
const SHELF_CARDS = 6;
const MOST_TRADED_CARDS = 12;

export function Home() {
  const { query } = usePlace();
  const text = query.get("q") ?? "";
  const overview = useResource<Overview>("/v1/market/overview", OVERVIEW_MS);
  return (
    <div className="page">
      <div className="hero">
        <h1>Every pair has a market</h1>
        <SearchField text={text} />
      </div>
      {text === "" ? <Shelves overview={overview.value} /> : <Results text={text} />}
    </div>
  );
}

function SearchField({ text }: { readonly text: string }) {
  const [typed, setTyped] = useState(text);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      if (event.key !== "/" || (event.target as HTMLElement).matches("input, textarea")) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  const search = (next: string): void => {
    setTyped(next);
    navigate(paths.search(next.trim()), { replace: true });
  };
  return (
    <search className="search">
      <SearchIcon aria-hidden size={20} />
      <input
        ref={field}
        type="search"
        value={typed}
        placeholder="Model, style code or colour"
        aria-label="Search for a model, style code or colour"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => search(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") search("");
        }}
      />
    </search>
  );
}

function Results({ text }: { readonly text: string }) {
  const asked = useDeferredValue(text);
  const path = `/v1/search?limit=60&q=${encodeURIComponent(asked.slice(0, 100))}`;
  const { value, state } = useResource<SearchResult>(path);
  const shown = useRef<SearchResult | null>(null);
  if (value !== null) shown.current = value;
  const result = value ?? shown.current;
  const nothing = value !== null && value.products.length === 0;
  return (
    <section aria-labelledby="results-title">
      <div className="section-head">
        <h2 id="results-title">
          <span role="status">
            {" "}
            {result === null && state !== "failed" && "Searching …"}
            {result === null && state === "failed" && "Search is not available just now"}
            {result !== null && countOf(result.found, "product")}
          </span>
        </h2>
      </div>
      {nothing && (
        <p className="shelf-empty">
          Nothing is called “{asked}”. Try a model (Dunk, Samba), a style code (DD1391-100) or a
          colour.
        </p>
      )}
      <div className="shelf">
        {result === null ? <Skeletons count={8} /> : result.products.map(card)}
      </div>
    </section>
  );
}

const card = (data: ProductCardData) => <ProductCard key={data.style} data={data} />;

function Shelves({ overview }: { readonly overview: Overview | null }) {
  const moving = overview?.moving.slice(0, SHELF_CARDS) ?? null;
  const traded = overview?.most_traded.slice(0, MOST_TRADED_CARDS) ?? null;
  return (
    <>
      <Ribbon trades={overview?.last_trades ?? null} />
      <section className="section" aria-labelledby="moving-title">
        <div className="section-head">
          <h2 id="moving-title">Moving now</h2>
          <p className="section-note small">Largest moves of the last hour</p>
        </div>
        {moving?.length === 0 ? (
          <p className="shelf-empty">Nothing has moved in the last hour.</p>
        ) : (
          <div className="shelf shelf-row">
            {moving === null ? <Skeletons count={SHELF_CARDS} /> : moving.map(card)}
          </div>
        )}
      </section>
      <Releases products={overview?.releases ?? null} />
      <section className="section" aria-labelledby="traded-title">
        <div className="section-head">
          <h2 id="traded-title">Most traded</h2>
          <p className="section-note small">By pairs sold in 24 hours</p>
        </div>
        <div className="shelf">{traded === null ? <Skeletons count={8} /> : traded.map(card)}</div>
      </section>
    </>
  );
}

function Skeletons({ count }: { readonly count: number }) {
  return Array.from({ length: count }, (_, at) => <CardSkeleton key={at} />);
}
