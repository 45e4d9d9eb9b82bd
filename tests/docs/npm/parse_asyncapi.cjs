// Prints what the official parser says against a document; exits with 1 if that is anything.
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

const INFORMATION = 2; // such as that there is a newer version of the specification

async function main(path) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(path, "utf-8"));
  const problems = diagnostics.filter((each) => each.severity < INFORMATION);
  for (const { code, message, path } of problems) console.log(code, message, path.join("."));
  process.exitCode = document && problems.length === 0 ? 0 : 1;
}

main(process.argv[2]);
