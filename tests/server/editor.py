"""An editor: pygls' own client, connected to a `ddspec lsp` process of its own."""

import asyncio
import sys

from lsprotocol import types as lsp
from pygls.lsp.client import BaseLanguageClient

PATIENCE = 60  # seconds for one answer, on a busy machine


class Editor:
    """Opens, changes and closes documents, and asks questions; places are marked by `|`."""

    def __init__(self, root, encoding="utf-16"):
        self.root, self.loop = root, asyncio.new_event_loop()
        self.client = BaseLanguageClient("editor", "1")
        self.news, self.told, self.versions, self.shown = asyncio.Event(), {}, {}, []

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def told(params):
            self.told[params.uri, params.version] = list(params.diagnostics)
            self.news.set()

        @self.client.feature(lsp.WINDOW_SHOW_MESSAGE)
        def shown(params):
            self.shown.append(params.message)

        self.run(self.client.start_io(sys.executable, "-m", "ddspec", "lsp", cwd=root))
        general = lsp.GeneralClientCapabilities(position_encodings=[encoding])
        capabilities = lsp.ClientCapabilities(general=general)
        params = lsp.InitializeParams(capabilities, root_uri=root.as_uri())
        self.can = self.run(self.client.initialize_async(params)).capabilities
        self.client.initialized(lsp.InitializedParams())

    def run(self, awaited):
        return self.loop.run_until_complete(asyncio.wait_for(awaited, PATIENCE))

    def stop(self):
        """Shut the server down; its exit code."""
        self.run(self.client.shutdown_async(None))
        self.client.exit(None)
        server = self.client._server
        code = self.run(server.wait())
        self.run(self.client.stop())
        self.loop.close()
        return code

    def uri(self, name):
        return (self.root / name).as_uri()

    def open(self, text, name="x.dd"):
        """The document has this text; what the server finds wrong with it."""
        uri = self.uri(name)
        version = self.versions.get(uri, 0) + 1
        if version == 1:
            item = lsp.TextDocumentItem(uri, "dd", version, text)
            self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        else:
            document = lsp.VersionedTextDocumentIdentifier(version, uri)
            change = lsp.TextDocumentContentChangeWholeDocument(text)
            params = lsp.DidChangeTextDocumentParams(document, [change])
            self.client.text_document_did_change(params)
        self.versions[uri] = version
        return self.wait(uri, version)

    def wait(self, uri, version):
        async def there():
            while (uri, version) not in self.told:
                self.news.clear()
                await self.news.wait()
            return self.told[uri, version]

        return self.run(there())

    def close(self, name="x.dd"):
        document = lsp.TextDocumentIdentifier(self.uri(name))
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(document))

    def ask(self, question, params):
        return self.run(getattr(self.client, f"{question}_async")(params))

    def at(self, question, text, params, name="x.dd", **more):
        """Ask about the place of `|` in a text, which the document then has."""
        self.open(text.replace("|", "", 1), name)
        before = text[: text.index("|")]
        position = lsp.Position(before.count("\n"), len(before.rpartition("\n")[2]))
        document = lsp.TextDocumentIdentifier(self.uri(name))
        asked = params(text_document=document, position=position, **more)
        return self.ask(f"text_document_{question}", asked)

    def about(self, question, text, params, *more, name="x.dd"):
        """Ask about a whole text."""
        self.open(text, name)
        document = lsp.TextDocumentIdentifier(self.uri(name))
        return self.ask(f"text_document_{question}", params(document, *more))

    def labels(self, text):
        """What is offered at `|`, best first."""
        return [item.label for item in self.at("completion", text, lsp.CompletionParams).items]


def edited(text, edits):
    """A text after edits of it."""
    lines = text.split("\n")

    def offset(place):
        return sum(len(line) + 1 for line in lines[: place.line]) + place.character

    for edit in sorted(edits, key=lambda each: -offset(each.range.start)):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text
