export function Product({ style }: { readonly style: string }) {
  return <h1>{style}</h1>;
}
