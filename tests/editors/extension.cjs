"use strict";
// The extension in an editor that is made up: what it starts, and what it says.
// Usage: node extension.cjs extension.js missing|failing|well|distrusted

const assert = require("node:assert");
const { chmodSync, mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { tmpdir } = require("node:os");
const path = require("node:path");

const [, , extension, wanted] = process.argv;
const folder = mkdtempSync(path.join(tmpdir(), "extension-"));
const program = path.join(folder, "ddspec");
const script = { well: "cat > /dev/null", failing: "echo 'error: needs pygls' >&2; exit 1" }[wanted];
if (script) {
  writeFileSync(program, `#!/bin/sh\n[ "$*" = lsp ] || exit 3\n${script}\n`);
  chmodSync(program, 0o755);
}

const said = [];
const started = [];
const nothing = { dispose() {} };
class LanguageClient {
  constructor(id, name, server, client) {
    this.options = { server, client };
  }
  async start() {
    started.push(this.options);
  }
  async stop() {
    started.pop();
  }
}
const vscode = {
  commands: { registerCommand: () => nothing, executeCommand: async () => {} },
  env: { clipboard: { writeText: async () => {} } },
  window: { showErrorMessage: async (text) => void said.push(text) },
  workspace: {
    isTrusted: wanted !== "distrusted",
    workspaceFolders: [],
    getConfiguration: () => ({ get: () => program }),
    onDidGrantWorkspaceTrust: () => nothing,
    onDidChangeConfiguration: () => nothing,
  },
};
const load = Module._load;
Module._load = (name, ...rest) =>
  ({ vscode, "vscode-languageclient/node": { LanguageClient } })[name] ?? load(name, ...rest);

async function main() {
  const { activate, deactivate } = require(path.resolve(extension));
  await activate({ subscriptions: [] });
  const reason = { missing: "there is no command", failing: "error: needs pygls" }[wanted];
  assert.strictEqual(said.length, reason ? 1 : 0, said.join());
  if (reason) {
    assert.ok(said[0].includes(reason), said[0]);
    assert.ok(said[0].includes('pip install "ddspec[lsp]"'), said[0]);
    assert.ok(said[0].includes("ddspec.path"), said[0]);
  }
  assert.strictEqual(started.length, wanted === "well" ? 1 : 0);
  if (wanted === "well") {
    assert.deepStrictEqual(started[0].server, { command: program, args: ["lsp"] });
    assert.ok(started[0].client.documentSelector.every((each) => each.language === "dd"));
    await deactivate();
    assert.strictEqual(started.length, 0);
  }
  console.log("as expected");
}

main().finally(() => rmSync(folder, { recursive: true }));
