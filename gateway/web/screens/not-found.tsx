/** A path that leads nowhere. */
import { Link, paths } from "../router.tsx";

export function NotFound({
  what = "There is nothing at this address.",
}: {
  readonly what?: string;
}) {
  return (
    <div className="page page-empty">
      <h1>Not found</h1>
      <p>{what}</p>
      <Link to={paths.home} className="button">
        To the market
      </Link>
    </div>
  );
}
