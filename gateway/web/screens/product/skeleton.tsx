/** The product's screen while its facts are on their way, in its final shape. */
export function ProductSkeleton({ failed }: { readonly failed: boolean }) {
  return (
    <div className="page product" aria-busy={!failed}>
      <div className="product-head">
        <div className="picture skeleton product-picture" />
        <div className="product-title">
          {failed ? (
            <p role="status">This product cannot be read just now; trying again.</p>
          ) : (
            <>
              <p className="unseen" role="status">
                Loading
              </p>
              <h1 aria-hidden>
                <span className="skeleton">Air something in white</span>
              </h1>
            </>
          )}
        </div>
      </div>
      <div className="product-trade" aria-hidden>
        <div className="sizes-waiting skeleton" />
        <div className="prices-waiting skeleton" />
      </div>
      <div className="product-market" aria-hidden>
        <div className="chart-waiting skeleton" />
      </div>
    </div>
  );
}
