/** A product on a shelf: picture, name, and the two numbers one comes for. */
import "./card.css";
import { memo } from "react";
import type { ProductCardData } from "../market-data.ts";
import { Link, paths } from "../router.tsx";
import { Ago } from "./ago.tsx";
import { Change, Figure } from "./figure.tsx";
import { moneyOr } from "./money.ts";
import { Picture } from "./picture/picture.tsx";
import { sizeName, sizeOfSymbol } from "./size.ts";

export const ProductCard = memo(function ProductCard({ data }: { readonly data: ProductCardData }) {
  const { market, move } = data;
  const last = market?.last ?? null;
  return (
    <Link to={paths.product(data.style)} className="card">
      <Picture product={data} />
      <div className="card-words">
        <h3 className="card-name">{data.model}</h3>
        <p className="card-colourway quiet small">{data.colourway}</p>
      </div>
      <dl className="card-figures">
        <div>
          <dt>Lowest ask</dt>
          <dd className="card-price">
            <Figure price={market?.ask?.price} none="no asks" />
          </dd>
        </div>
        <div>
          <dt>
            {move === undefined ? "Last sale" : `${sizeName(sizeOfSymbol(move.symbol))}, 1 h`}
          </dt>
          <dd className="card-last">
            {move === undefined ? moneyOr(last?.price) : <Change amount={move.change} />}
          </dd>
        </div>
      </dl>
      <p className="card-age quiet small">
        {last === null ? (
          "No sales yet"
        ) : (
          <>
            {market!.trades_24h > 0 && `${market!.trades_24h} sold today · `}
            <Ago ts={last.ts} />
          </>
        )}
      </p>
    </Link>
  );
});

/** A card that is on its way. */
export function CardSkeleton() {
  return (
    <div className="card" aria-hidden>
      <div className="picture skeleton" />
      <div className="card-words">
        <span className="skeleton">Air something in white</span>
      </div>
      <span className="skeleton">$000 $000</span>
      <p className="card-age small">&nbsp;</p>
    </div>
  );
}
