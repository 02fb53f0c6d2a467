"use strict";
// Texts as JSON on standard input → the scopes of each of their characters, as VS Code reads a grammar.
// Usage: NODE_PATH=.../node_modules node tokens.cjs dd.tmLanguage.json < texts.json

const { readFileSync } = require("node:fs");
const { INITIAL, Registry, parseRawGrammar } = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");

const file = process.argv[2];
const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));

/** The scopes of every character (by code point, as Python counts) of a text, line ends included. */
function scopesOf(grammar, text) {
  const found = [];
  let stack = INITIAL;
  for (const line of text.split(/(?<=\n)/u)) {
    const bare = line.replace(/\n$/u, "");
    const { tokens, ruleStack } = grammar.tokenizeLine(bare, stack);
    stack = ruleStack;
    const at = (unit) => tokens.find((token) => token.startIndex <= unit && unit < token.endIndex);
    let unit = 0;
    for (const character of line) {
      found.push(at(unit)?.scopes ?? ["source.dd"]);
      unit += character.length;
    }
  }
  return found;
}

async function main() {
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length));
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(readFileSync(file, "utf8"), file),
  });
  const grammar = await registry.loadGrammar("source.dd");
  const texts = JSON.parse(readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify(texts.map((text) => scopesOf(grammar, text))));
}

main();
