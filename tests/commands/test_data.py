"""`ddspec data`: what is there, what is not, and downloads with a network, another file, none."""

import gc
import hashlib
import http.server
import io
import json
import tarfile
import threading

import attrs
import pytest

from ddspec.errors import DdspecError
from ddspec.vocabulary import downloads
from ddspec.vocabulary.corpus import Corpus, Download, corpora_of, look, spelled_any
from ddspec.vocabulary.datasets.mnist import Mnist
from ddspec.vocabulary.datasets.timit import Timit
from ddspec.vocabulary.glossary import words_of
from tests.vocabulary.layouts import write_digits

EVERY = [corpus for word in words_of("dataset") for corpus in corpora_of(word)]


def entries(call, *words):
    return {
        each["name"]: each for each in json.loads(call("data", *words, "--json").stdout)["datasets"]
    }


def test_every_corpus_is_listed_with_where_it_is_looked_for(call, folder):
    text = call("data", "--data", str(folder)).stdout
    assert text.startswith(f"data folder: {folder}\n")
    for corpus in EVERY:
        assert f"    {corpus.title}\n" in text
        if corpus.files:
            assert f"    looked for in: {', '.join(corpus.places)}\n" in text
            assert corpus.license in text
            assert corpus.source in text


def test_words_that_read_files_have_a_corpus_and_others_have_none():
    assert {corpus.name for corpus in EVERY} == {
        *("mnist", "fashion_mnist", "cifar10", "cifar100", "timit", "spoken_digits"),
        *("multi30k", "iwslt14", "wmt14", "plain_text", "csv", "npz", "netcdf"),
    }


def test_what_is_there_is_told(call, folder):
    write_digits(folder / "MNIST" / "raw")
    found = entries(call, "--data", str(folder))
    assert found["mnist"]["state"] == "complete"
    assert len(found["mnist"]["present"]) == 4
    assert found["fashion_mnist"]["state"] == "missing"
    assert found["csv"]["state"] == "yours"
    (folder / "MNIST/raw/t10k-labels-idx1-ubyte").unlink()
    found = entries(call, "--data", str(folder))["mnist"]
    assert (found["state"], found["missing"]) == ("partly", ["t10k-labels-idx1-ubyte"])
    text = call("data", "--data", str(folder)).stdout
    assert "mnist: in parts\n" in text
    assert "    needs: t10k-labels-idx1-ubyte\n    to get it: ddspec data get mnist\n" in text


def test_without_a_folder_nothing_is_looked_for(call):
    result = call("data")
    assert result.stdout.startswith("no data folder: name it with --data DIR")
    assert {each["state"] for each in entries(call).values()} == {"unknown", "yours"}


def test_a_folder_that_is_not_there_is_said_to_be_missing(call, folder):
    assert "(there is no such folder)" in call("data", "--data", str(folder / "no")).stdout


def test_patterns_are_told_in_capitals_and_found_in_either(tmp_path):
    (corpus,) = Timit.corpora
    assert spelled_any("a.B") == "[Aa].[Bb]"
    assert look(corpus, tmp_path).missing[0] == "TRAIN/DR*/*/*.WAV"
    (tmp_path / "timit/train/dr1/fcjf0").mkdir(parents=True)
    (tmp_path / "timit/train/dr1/fcjf0/sx37.wav").touch()
    assert look(corpus, tmp_path).state == "partly"


def test_what_is_there_already_is_not_downloaded(call, folder):
    write_digits(folder / "MNIST" / "raw")
    result = call("data", "get", "mnist", "--data", str(folder))
    assert result.stdout == f"mnist was there already in {folder}/MNIST/raw\n"


@pytest.mark.parametrize("name", ["timit", "iwslt14", "wmt14"])
def test_what_may_not_be_downloaded_is_told_where_to_get(call, folder, name):
    result = call("data", "get", name, "--data", str(folder))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {name} cannot be downloaded freely\n  = help: ")
    assert "the publisher's page is https://" in result.stderr


def test_a_name_nobody_knows_is_answered_with_the_nearest(call, folder):
    result = call("data", "get", "minst", "--data", str(folder))
    assert result.exit_code == 1
    assert "no dataset `minst` reads files; did you mean `mnist`" in result.stderr


def test_a_download_needs_a_folder(call):
    assert "no data folder is set" in call("data", "get", "mnist").stderr


def test_several_failures_are_one_error(call, folder):
    result = call("data", "get", "timit", "csv", "--data", str(folder))
    assert result.stderr.startswith("error: 2 datasets could not be downloaded\n")
    assert "timit cannot be downloaded freely" in result.stderr
    assert "csv reads a table of yours" in result.stderr


# --- downloads, from a server of our own ------------------------------------------------------


@pytest.fixture
def serve(tmp_path):
    """Serve files of a folder; gives the folder and the address."""
    root = tmp_path / "served"
    root.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(root))

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield root, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def packed(names):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = 3
            archive.addfile(entry, io.BytesIO(b"abc"))
    return made.getvalue()


def corpus_of(content, url, *, archive=False, digest=None):
    found = digest or f"sha256:{hashlib.sha256(content).hexdigest()}"
    download = Download(url, found, "." if archive else "here", "us", archive=archive)
    return Corpus("ours", "ours", ("here",), (("a.txt",),), "ours", "our page", (download,))


def test_a_file_is_downloaded_into_its_place(serve, tmp_path):
    root, address = serve
    (root / "a.txt").write_bytes(b"hello")
    corpus = corpus_of(b"hello", f"{address}/a.txt")
    assert downloads.fetch(corpus, tmp_path / "data")
    assert (tmp_path / "data/here/a.txt").read_bytes() == b"hello"
    assert not downloads.fetch(corpus, tmp_path / "data")


def test_an_archive_is_unpacked_and_not_kept(serve, tmp_path):
    root, address = serve
    content = packed(["here/a.txt", "here/b.txt"])
    (root / "a.tar.gz").write_bytes(content)
    downloads.fetch(corpus_of(content, f"{address}/a.tar.gz", archive=True), tmp_path / "data")
    assert sorted(path.name for path in (tmp_path / "data").rglob("*")) == [
        "a.txt",
        "b.txt",
        "here",
    ]


def test_an_archive_cannot_write_elsewhere(serve, tmp_path):
    root, address = serve
    content = packed(["../../proof.txt"])
    (root / "a.tar.gz").write_bytes(content)
    with pytest.raises(DdspecError, match="could not be downloaded"):
        downloads.fetch(corpus_of(content, f"{address}/a.tar.gz", archive=True), tmp_path / "data")
    assert not (tmp_path / "proof.txt").exists()


def test_another_file_than_the_known_one_is_refused(serve, tmp_path):
    root, address = serve
    (root / "a.txt").write_bytes(b"other")
    corpus = corpus_of(b"hello", f"{address}/a.txt")
    with pytest.raises(DdspecError, match="hash"):
        downloads.fetch(corpus, tmp_path / "data")
    assert not (tmp_path / "data/here/a.txt").exists()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_file_that_the_server_lacks_is_told_with_what_to_do(serve, tmp_path):
    _, address = serve
    with pytest.raises(DdspecError, match="404") as caught:
        downloads.fetch(corpus_of(b"", f"{address}/a.txt"), tmp_path)
    assert caught.value.help == (
        "get these files",
        f"{address}/a.txt",
        f"put the files into {tmp_path}/here",
        "the publisher's page is our page",
    )
    del caught
    gc.collect()  # pooch leaves the connection of a refused request open


def test_offline_it_says_what_to_put_where(call, folder, monkeypatch):
    (corpus,) = Mnist.corpora
    nowhere = [
        attrs.evolve(each, url=f"http://127.0.0.1:9/{each.name}") for each in corpus.downloads
    ]
    changed = (attrs.evolve(corpus, downloads=tuple(nowhere)),)
    monkeypatch.setattr(Mnist, "corpora", changed)
    result = call("data", "get", "mnist", "--data", str(folder / "data"))
    assert result.exit_code == 1
    assert "the server cannot be reached\n" in result.stderr
    assert f"put the files into {folder}/data/MNIST/raw\n" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_download_has_a_digest_of_full_length():
    for download in (each for corpus in EVERY for each in corpus.downloads):
        algorithm, digest = download.digest.split(":")
        assert len(bytes.fromhex(digest)) == {"md5": 16, "sha256": 32}[algorithm]
        assert download.url.startswith(("https://", "http://"))
