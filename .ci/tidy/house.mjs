// The house rules that no well-kept linter has, as an oxlint plugin: four short ones.
const CODE =
  /^(import\s.*from|export\s|const\s+\w+.*=|let\s+\w+|return\b.*;|(if|for|while|switch)\s*\(.*\{$|await\s.*;|function\s+\w+\(|\}[;)]*$|[\w.[\]]+(\(.*\)|\s*[-+]?=\s.*);$)/;
const TODO = /\b(TODO|FIXME|XXX|HACK)\b/;
const FUNCTION_LINES_MAX = 60;
const DATE = /\b20\d\d-\d\d/;

/** Every `//` comment of a file, and the comments of every kind with a wish in them. */
function eachComment(report) {
  return {
    create(context) {
      return {
        Program() {
          for (const comment of context.sourceCode.getAllComments()) report(context, comment);
        },
      };
    },
  };
}

const noCommentedOutCode = eachComment((context, comment) => {
  if (comment.type !== "Line" || !CODE.test(comment.value.trim())) return;
  context.report({ node: comment, message: "commented-out code: delete it, git remembers" });
});

const datedTodo = eachComment((context, comment) => {
  if (!TODO.test(comment.value) || DATE.test(comment.value)) return;
  context.report({ node: comment, message: "a TODO needs a date, as in TODO 2027-01" });
});

const noThrow = {
  create(context) {
    return {
      ThrowStatement(node) {
        const message = "the core throws in assert.ts only: input gets a code, our bug an assert";
        context.report({ node, message });
      },
    };
  },
};

// Like eslint's max-lines-per-function, but lines of functions inside count for those only: a
// `makeBook` that returns a dozen functions over its arrays is measured like a class is.
const maxOwnLines = {
  create(context) {
    const open = [];
    const enter = () => open.push(0);
    const exit = (node) => {
      const lines = node.loc.end.line - node.loc.start.line + 1;
      const own = lines - open.pop();
      if (open.length > 0) open[open.length - 1] += Math.max(lines - 1, 0);
      if (own <= FUNCTION_LINES_MAX) return;
      const message = `a function of ${own} lines: at most ${FUNCTION_LINES_MAX} fit a screen`;
      context.report({ node, message });
    };
    return {
      FunctionDeclaration: enter,
      FunctionExpression: enter,
      ArrowFunctionExpression: enter,
      "FunctionDeclaration:exit": exit,
      "FunctionExpression:exit": exit,
      "ArrowFunctionExpression:exit": exit,
    };
  },
};

export default {
  meta: { name: "house" },
  rules: {
    "no-commented-out-code": noCommentedOutCode,
    "dated-todo": datedTodo,
    "no-throw": noThrow,
    "max-own-lines": maxOwnLines,
  },
};
