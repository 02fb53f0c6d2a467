"""Grammar → what VS Code is told of the language besides its colors."""

from __future__ import annotations

import json
from typing import Any, Final

from ddspec import __version__
from ddspec.editors.lexicon import signs
from ddspec.editors.textmate import ROOT
from ddspec.language.layout import CLOSERS
from ddspec.language.tokens import scanner

LANGUAGE: Final = "dd"
OPEN, CLOSE = r"[\[({]", r"[\])}]"
SETTINGS: Final[dict[str, Any]] = {
    "ddspec.path": {
        "type": "string",
        "default": "ddspec",
        "scope": "machine-overridable",
        "markdownDescription": "The `ddspec` command that serves the editor. The default is the one"
        " of the workspace's `.venv`, else the first on the `PATH`.",
    },
    "ddspec.trace.server": {
        "type": "string",
        "enum": ["off", "messages", "verbose"],
        "default": "off",
        "description": "What is written to the output channel of what server and editor say.",
    },
}


def manifest() -> str:
    """The extension's package.json; its version is that of ddspec."""
    document = {
        "name": "ddspec",
        "displayName": "ddspec",
        "description": "Double-descent experiments: colors, snippets, problems as you type.",
        "version": __version__,
        "publisher": "ddspec",
        "license": "MIT",
        "private": True,
        "categories": ["Programming Languages", "Snippets", "Data Science"],
        "keywords": ["double descent", "deep learning", "experiments"],
        "engines": {"vscode": "^1.91.0"},
        "main": "./extension.js",
        "activationEvents": [],
        "capabilities": {
            "untrustedWorkspaces": {
                "supported": "limited",
                "description": "The language server starts in trusted folders only.",
                "restrictedConfigurations": ["ddspec.path"],
            },
            "virtualWorkspaces": {"supported": "limited", "description": "Colors and snippets."},
        },
        "contributes": _contributions(),
        "scripts": {"package": "vsce package --skip-license --allow-missing-repository"},
        "dependencies": {"vscode-languageclient": "^10.0.0"},
        "devDependencies": {"@vscode/vsce": "^3.0.0"},
    }
    return _json(document)


def configuration() -> str:
    """The language configuration: comments, brackets, names, indentation, folding."""
    pairs = _pairs()
    quoted = {"open": '"', "close": '"', "notIn": ["string", "comment"]}
    document = {
        "comments": {"lineComment": "#"},
        "brackets": pairs,
        "autoClosingPairs": [*({"open": a, "close": b} for a, b in pairs), quoted],
        "surroundingPairs": [*pairs, ['"', '"']],
        "wordPattern": {"pattern": r"[\p{L}_][\p{L}\p{N}_]*", "flags": "u"},
        "indentationRules": {
            "increaseIndentPattern": rf'^[^#"]*{OPEN}[^\])}}#"]*(#.*)?$',
            "decreaseIndentPattern": rf"^\s*{CLOSE}",
        },
        "folding": {"offSide": False},
    }
    return _json(document)


def _contributions() -> dict[str, Any]:
    return {
        "languages": [
            {
                "id": LANGUAGE,
                "aliases": ["ddspec", "dd"],
                "extensions": [".dd"],
                "firstLine": r"^dd [0-9]+\b",
                "configuration": "./language-configuration.json",
            }
        ],
        "grammars": [
            {"language": LANGUAGE, "scopeName": ROOT, "path": "./syntaxes/dd.tmLanguage.json"}
        ],
        "snippets": [{"language": LANGUAGE, "path": "./snippets/dd.json"}],
        "commands": [{"command": "ddspec.restart", "title": "ddspec: Restart Language Server"}],
        "configuration": {"title": "ddspec", "properties": SETTINGS},
        "configurationDefaults": {
            f"[{LANGUAGE}]": {
                "editor.tabSize": 2,
                "editor.insertSpaces": True,
                "editor.formatOnSave": True,
                "editor.semanticHighlighting.enabled": True,
            }
        },
    }


def _pairs() -> list[list[str]]:
    """The brackets of the grammar, each with its closer."""
    kinds = {scanner().pattern.match(sign): sign for sign in signs()}
    named = {found.lastgroup: sign for found, sign in kinds.items() if found is not None}
    return [[named[opener], named[closer]] for opener, closer in CLOSERS.items()]


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
