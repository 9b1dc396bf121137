// A jest sequencer: files in the order of their paths. Jest's own goes by how long each took and what
// failed before, so that the same fault would be met by another test each time.
import sequencer from "@jest/test-sequencer";

const { default: Sequencer = sequencer } = sequencer;

export default class ByPath extends Sequencer {
  sort(tests) {
    return tests.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }
}
