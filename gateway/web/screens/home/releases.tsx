/** Releases: those to come with a clock, then the latest ones with what they go for now. */
import type { ProductCardData } from "../../market-data.ts";
import { day, useNowMs } from "../../parts/ago.tsx";
import { moneyOr } from "../../parts/money.ts";
import { Picture } from "../../parts/picture/picture.tsx";
import { Link, paths } from "../../router.tsx";

const SHOWN = 6;

export function Releases({ products }: { readonly products: readonly ProductCardData[] | null }) {
  const now = useNowMs();
  if (products === null || products.length === 0) return null;
  const shown = products.slice(0, SHOWN);
  return (
    <section className="section" aria-labelledby="releases-title">
      <div className="section-head">
        <h2 id="releases-title">Releases</h2>
        <p className="section-note small">
          {shown.some((each) => releaseMs(each) > now)
            ? "To come, and the latest"
            : "The latest, and what they go for"}
        </p>
      </div>
      <ul className="releases">
        {shown.map((product) => (
          <li key={product.style}>
            <Release product={product} now={now} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Release({ product, now }: { readonly product: ProductCardData; readonly now: number }) {
  const leftMs = releaseMs(product) - now;
  return (
    <Link to={paths.product(product.style)} className="release">
      <Picture product={product} />
      <span>
        <h3>{product.model}</h3>
        {leftMs > 0 ? (
          <span className="release-clock">in {countdown(leftMs)}</span>
        ) : (
          <span className="quiet small">{day(product.release_date)}</span>
        )}
      </span>
      <span className="release-figure">
        <strong>{moneyOr(product.market?.ask?.price)}</strong>
        <br />
        <span className="quiet small">retail {moneyOr(product.retail_price)}</span>
      </span>
    </Link>
  );
}

const releaseMs = ({ release_date: date }: ProductCardData): number =>
  Date.parse(`${date}T00:00:00Z`);

function countdown(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  const days = Math.floor(minutes / 1_440);
  const hours = Math.floor((minutes % 1_440) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}
