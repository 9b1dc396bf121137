// The test environment: jest's own for Node, but in a context whose global object is an ordinary
// one. In jest's standard context every read of a free global (`Math`, `Number`, `Float64Array`)
// passes an interceptor and costs 150 ns, so tests of tight loops run up to 300 times slower.
// `environment.test.ts` measures this and fails if full speed is ever lost.
// When a file ends, whatever it left running ends with it: see `leftovers.mjs`.
import vm from "node:vm";
import { TestEnvironment } from "jest-environment-node";
import { endLeftovers } from "./leftovers.mjs";

export default class PlainGlobalEnvironment extends TestEnvironment {
  #path;

  constructor(config, context) {
    const createContext = vm.createContext;
    // jest makes its context inside the constructor and offers no hook; the swap is undone at once.
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
    this.#path = context.testPath;
  }

  async teardown() {
    await endLeftovers(this.#path);
    await super.teardown();
  }
}
