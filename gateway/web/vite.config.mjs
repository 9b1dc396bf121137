// How the page is built: one script, one style sheet, hashed names, nothing inline, and no file that a
// strict policy would have to make an exception for.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  oxc: { jsx: { runtime: "automatic" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: ["chrome123", "firefox121", "safari17.5"],
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `npm run page:dev`: the page with its sources, before an exchange that runs at the usual place.
  server: { proxy: { "/v1": { target: "http://127.0.0.1:8787", ws: true, changeOrigin: true } } },
});
