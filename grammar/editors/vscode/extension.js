"use strict";
// Starts `ddspec lsp` for .dd files, and says what to do where it cannot be started.

const { execFile } = require("node:child_process");
const { existsSync } = require("node:fs");
const path = require("node:path");
const { commands, env, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const INSTALL = 'pip install "ddspec[lsp]"';
let client;

/** The command to start: the setting, or the workspace's own environment, or the PATH. */
function command() {
  const set = workspace.getConfiguration("ddspec").get("path", "ddspec");
  if (set !== "ddspec") return set;
  const inside = process.platform === "win32" ? ["Scripts", "ddspec.exe"] : ["bin", "ddspec"];
  for (const folder of workspace.workspaceFolders ?? []) {
    const own = path.join(folder.uri.fsPath, ".venv", ...inside);
    if (folder.uri.scheme === "file" && existsSync(own)) return own;
  }
  return set;
}

/** Why the server cannot start, or nothing where it can: it ends well when nothing is said to it. */
function problem(program) {
  return new Promise((resolve) => {
    const child = execFile(program, ["lsp"], { timeout: 60_000 }, (error, _, stderr) => {
      if (!error) return resolve(undefined);
      const said = String(stderr).trim().split("\n").slice(0, 2).join(" ");
      if (error.code === "ENOENT") return resolve(`there is no command "${program}".`);
      if (error.code === "EACCES") return resolve(`"${program}" cannot be executed.`);
      resolve(said || `"${program} lsp" failed: ${error.message}`);
    });
    child.stdin.on("error", () => {}); // a program that is not there reads nothing
    child.stdin.end();
  });
}

async function explain(reason) {
  const chosen = await window.showErrorMessage(
    `ddspec: ${reason} Colors and snippets work without it; problems, completion and formatting ` +
      `need it. Install it with \`${INSTALL}\`, or say where it is in the setting ddspec.path.`,
    "Copy Install Command",
    "Open Settings",
    "Try Again",
  );
  if (chosen === "Copy Install Command") await env.clipboard.writeText(INSTALL);
  if (chosen === "Open Settings")
    await commands.executeCommand("workbench.action.openSettings", "ddspec.path");
  if (chosen === "Try Again") await start();
}

async function start() {
  await stop();
  if (!workspace.isTrusted) return;
  const program = command();
  const reason = await problem(program);
  if (reason) {
    void explain(reason);
    return;
  }
  client = new LanguageClient(
    "ddspec",
    "ddspec",
    { command: program, args: ["lsp"] },
    {
      documentSelector: [
        { scheme: "file", language: "dd" },
        { scheme: "untitled", language: "dd" },
      ],
    },
  );
  await client.start();
}

async function stop() {
  const old = client;
  client = undefined;
  if (old) await old.stop();
}

async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand("ddspec.restart", start),
    workspace.onDidGrantWorkspaceTrust(start),
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("ddspec.path")) void start();
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
