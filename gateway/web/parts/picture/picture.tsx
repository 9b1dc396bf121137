/** A product's picture: a silhouette in its colours, on the one 4:3 plate every product has. */
import "./picture.css";
import { memo, useId } from "react";
import type { ProductData } from "../../product-data.ts";
import { coloursOf } from "./colours.ts";
import { shapeOf } from "./shapes.ts";

interface PictureProps {
  readonly product: Pick<ProductData, "style" | "model" | "colourway" | "colours">;
  readonly className?: string;
}

/** Decoration beside the product's name; so it has no words of its own. */
export const Picture = memo(function Picture({ product, className = "" }: PictureProps) {
  const clip = useId();
  const shape = shapeOf(product.model);
  const [upper, accent, sole] = coloursOf(product);
  const seam = isDark(upper) ? "picture-seam-light" : "picture-seam";
  return (
    <div className={`picture ${className}`} aria-hidden>
      <svg viewBox="0 0 400 300">
        <clipPath id={clip}>
          <path d={shape.upper} />
        </clipPath>
        <ellipse className="picture-ground" cx="206" cy="233" rx="172" ry="9" />
        <g transform="translate(0 6)">
          <path d={shape.tongue} fill={isDark(accent) === isDark(upper) ? accent : upper} />
          <path d={shape.tongue} className="picture-shade" />
          <path d={shape.tongue} className="picture-edge" />
          <path d={shape.upper} fill={upper} />
          <g clipPath={`url(#${clip})`}>
            {shape.panels.map((d) => (
              <path key={d} d={d} fill={accent} className="picture-panel" />
            ))}
            {shape.panels.map((d) => (
              <path key={d} d={d} className={seam} />
            ))}
            <path
              d="M40 206 L40 176 C150 196 270 192 372 178 L372 206 Z"
              className="picture-shade"
            />
            <path
              d="M80 108 C140 140 240 150 372 172 L372 160 L160 84 Z"
              className="picture-light"
            />
            {shape.seams.map((d) => (
              <path key={d} d={d} className={seam} />
            ))}
          </g>
          <path d={shape.upper} className="picture-edge" />
          {shape.laces.map((d) => (
            <g key={d}>
              <path d={d} className="picture-lace-edge" />
              <path d={d} className="picture-lace" stroke={isDark(upper) ? "#f4f2ec" : "#ffffff"} />
            </g>
          ))}
          <path d={shape.midsole} fill={isDark(sole) ? "#f3f1ea" : sole} />
          <path d={shape.midsole} className="picture-edge" />
          {shape.treads.map((d) => (
            <path key={d} d={d} className="picture-seam" />
          ))}
          <path d={shape.outsole} fill={isDark(sole) ? sole : accent} />
          <path d={shape.outsole} className="picture-edge" />
        </g>
      </svg>
    </div>
  );
});

/** Below half of perceived lightness. */
function isDark(colour: string): boolean {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * red! + 0.587 * green! + 0.114 * blue! < 110;
}
