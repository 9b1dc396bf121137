/** My market: the account's open orders and what happened to them. */
export function MyMarket() {
  return <h1>My market</h1>;
}
