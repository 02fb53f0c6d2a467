"""The server: which question of an editor is answered by what, over standard input and output."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from ddspec import __version__
from ddspec.errors import DdspecError
from ddspec.server import completion, diagnostics, naming, outline
from ddspec.server.calls import call_at
from ddspec.server.colors import LEGEND, colors
from ddspec.server.explaining import SCHEME, page_at
from ddspec.server.hints import hints
from ddspec.server.hover import hover
from ddspec.server.layout import layout
from ddspec.server.paths import path_of
from ddspec.server.project import Project

PAUSE = 0.005  # seconds without a change before a check: changes that wait are checked as one
REFUSED = -32803  # the protocol's code of a request that cannot be met
Answer = Callable[[Project, str, Any], Any]


class Server(LanguageServer):
    """A server and the documents open in it; it reads files, writes none and opens no connection.

    A document is checked when it changed; of changes that came during a check only the last is.
    """

    def __init__(self) -> None:
        # whole texts: they are short, and no two programs need agree on what ends a line
        super().__init__("ddspec", __version__, lsp.TextDocumentSyncKind.Full)
        self.project = Project()
        self._found: dict[str, dict[str, list[lsp.Diagnostic]]] = {}
        self._changed: dict[str, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def put(self, uri: str, text: str) -> None:
        """A document has this text; what is wrong with it is told soon."""
        path = path_of(uri)
        self.project.uris[path] = uri
        self.project.put(path, text)
        self.check_soon(*self.project.affected(path))

    def close(self, uri: str) -> None:
        """A document is closed: nothing is wrong with it any longer."""
        path = path_of(uri)
        affected = self.project.affected(path)
        self.project.close(path)
        self._changed.pop(path, None)
        self._publish(path, {})
        self.check_soon(*(each for each in affected if each != path))

    def check_all(self) -> None:
        """Files may have changed on disk."""
        self.project.forget()
        self.check_soon(*self.project.open)

    def check_soon(self, *paths: str) -> None:
        """Check documents at the next pause."""
        self._changed |= dict.fromkeys(paths)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(PAUSE, self._check)

    def _check(self) -> None:
        changed, self._changed = self._changed, {}
        for path in changed:
            self._publish(path, diagnostics.by_file(self.project, path))

    def _publish(self, root: str, found: dict[str, list[lsp.Diagnostic]]) -> None:
        """Tell what the check of a document found, in every file it found something in."""
        before = self._found.pop(root, {})
        if found:
            self._found[root] = found
        for path in before | found:
            every = [each for by_file in self._found.values() for each in by_file.get(path, [])]
            unique = [each for n, each in enumerate(every) if each not in every[:n]]
            uri = self.project.uri(path)
            document = self.workspace.text_documents.get(uri)
            self.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(uri, unique, document and document.version)
            )


def _at(answer: Callable[[Project, str, int], Any]) -> Answer:
    """An answer about a place of a document."""

    def answered(project: Project, path: str, params: Any) -> Any:
        return answer(project, path, project.places(path).offset(params.position))

    return answered


def _completions(project: Project, path: str, offset: int) -> lsp.CompletionList:
    found = completion.complete(project.places(path), offset, project.index)
    return lsp.CompletionList(is_incomplete=False, items=found)


def _hints(project: Project, path: str, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    places, asked = project.places(path), params.range
    return hints(project, path, places.offset(asked.start), places.offset(asked.end))


def _actions(project: Project, path: str, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    return diagnostics.actions(project, path, params.range, params.context.only)


def _references(project: Project, path: str, params: lsp.ReferenceParams) -> list[lsp.Location]:
    offset = project.places(path).offset(params.position)
    return naming.references(project, path, offset, declared=params.context.include_declaration)


def _rename(project: Project, path: str, params: lsp.RenameParams) -> lsp.WorkspaceEdit:
    return naming.rename(
        project, path, project.places(path).offset(params.position), params.new_name
    )


def _renamable(project: Project, path: str, offset: int) -> lsp.Range:
    return project.places(path).range(naming.renamable(project, path, offset).span)


ANSWERS: dict[str, tuple[Answer, Any]] = {
    lsp.TEXT_DOCUMENT_COMPLETION: (
        _at(_completions),
        lsp.CompletionOptions(trigger_characters=list(" :(,.{["), resolve_provider=True),
    ),
    lsp.TEXT_DOCUMENT_SIGNATURE_HELP: (
        _at(lambda project, path, at: call_at(project.places(path), at, project.index)),
        lsp.SignatureHelpOptions(trigger_characters=["(", ","]),
    ),
    lsp.TEXT_DOCUMENT_HOVER: (_at(hover), None),
    lsp.TEXT_DOCUMENT_DEFINITION: (_at(naming.definitions), None),
    lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (_at(naming.highlights), None),
    lsp.TEXT_DOCUMENT_REFERENCES: (_references, None),
    lsp.TEXT_DOCUMENT_PREPARE_RENAME: (_at(_renamable), None),
    lsp.TEXT_DOCUMENT_RENAME: (_rename, lsp.RenameOptions(prepare_provider=True)),
    lsp.TEXT_DOCUMENT_FORMATTING: (lambda project, path, _: layout(project.places(path)), None),
    lsp.TEXT_DOCUMENT_INLAY_HINT: (_hints, None),
    lsp.TEXT_DOCUMENT_CODE_ACTION: (
        _actions,
        lsp.CodeActionOptions(
            code_action_kinds=[lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.SourceFixAll]
        ),
    ),
    lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (
        lambda project, path, _: lsp.SemanticTokens(
            colors(project.places(path), project.index.sites.get(path, []))
        ),
        LEGEND,
    ),
    lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (
        lambda project, path, _: outline.outline(project.places(path), project.tree(path)),
        None,
    ),
    lsp.TEXT_DOCUMENT_FOLDING_RANGE: (
        lambda project, path, _: outline.folds(project.places(path), project.tree(path)),
        None,
    ),
}


def make_server() -> Server:
    """A server with every answer, not yet connected."""
    server = Server()
    for feature, (answer, options) in ANSWERS.items():
        server.feature(feature, options)(_answering(server, answer))
    _follow_documents(server)

    @server.feature(lsp.COMPLETION_ITEM_RESOLVE)
    def explain(item: lsp.CompletionItem) -> lsp.CompletionItem:
        return completion.explained(item)

    options = lsp.TextDocumentContentOptions(schemes=[SCHEME])

    @server.feature(lsp.WORKSPACE_TEXT_DOCUMENT_CONTENT, options)
    def page(params: lsp.TextDocumentContentParams) -> lsp.TextDocumentContentResult:
        return lsp.TextDocumentContentResult(page_at(params.uri))

    return server


def _answering(server: Server, answer: Answer) -> Callable[[Any], Any]:
    """An answer about one document; a refusal is an error of the request, with what to do."""

    def answered(params: Any) -> Any:
        path = path_of(params.text_document.uri)
        if path not in server.project.open:
            return None
        try:
            return answer(server.project, path, params)
        except DdspecError as error:
            raise JsonRpcException("; ".join([str(error), *error.help]), REFUSED) from None

    return answered


def _follow_documents(server: Server) -> None:
    @server.feature(lsp.INITIALIZED)
    def begin(_: lsp.InitializedParams) -> None:
        encoding = server.server_capabilities.position_encoding or "utf-16"
        server.project.encoding = str(getattr(encoding, "value", encoding))

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.put(params.text_document.uri, params.text_document.text)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.put(uri, server.workspace.get_text_document(uri).source)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(_: lsp.DidSaveTextDocumentParams) -> None:
        server.check_all()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def moved(_: lsp.DidChangeWatchedFilesParams) -> None:
        server.check_all()


def serve() -> None:
    """Answer the editor on standard input and output until it goes away."""
    make_server().start_io()
