// Rules beyond what the type checker sees; base path is the repository, where eslint is started.

import js from "@eslint/js";

const SINKS = ["innerHTML", "outerHTML", "insertAdjacentHTML"];

export default [
  js.configs.recommended,
  {
    files: ["templates/js/**/*.js", "tests/page/**/*.js"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // The type checker knows the browser's names.
      "no-undef": "off",
      "no-unused-vars": ["error", { args: "none" }],
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: "error",
      curly: ["error", "multi-line"],
      "no-shadow": "error",
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      complexity: ["error", 10],
      "max-depth": ["error", 3],
      "max-params": ["error", 6],
      "max-len": ["error", { code: 112, ignoreStrings: true, ignoreTemplateLiterals: true }],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 40, skipComments: true, skipBlankLines: true }],
      "no-restricted-properties": [
        "error",
        ...SINKS.map((property) => ({ property, message: "Text reaches the page through textContent." })),
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "TemplateElement[value.raw=/\\n/]",
          message: "The assembler takes indentation away, so a template must not span lines.",
        },
      ],
    },
  },
  {
    // Made from Python's types, as long as they are.
    files: ["templates/js/model/data.js"],
    rules: { "max-lines": "off" },
  },
];
