"""Downloads from a server on this machine that behaves, stalls, breaks off, lies or refuses."""

import hashlib
import http.server
import threading
import time

import pytest

from keras_cnn_course.datasets.download import download_file, file_sha256
from keras_cnn_course.datasets.registry import DatasetFile, data_home, download_path, find_file, keras_cache
from keras_cnn_course.errors import DatasetError

CONTENT = bytes(range(256)) * 2000


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        getattr(self, f"send_{self.path.split('/')[-1].split('.')[0]}")()

    def send_body(self, content, declared=None):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content) if declared is None else declared))
        self.end_headers()
        self.wfile.write(content)

    def send_good(self):
        self.send_body(CONTENT)

    def send_wrong(self):
        self.send_body(bytes(len(CONTENT)))

    def send_long(self):
        self.send_body(CONTENT * 4)

    def send_cut(self):
        self.send_body(CONTENT[:1000], declared=len(CONTENT))

    def send_missing(self):
        self.send_error(404)

    def send_busy(self):
        if len(self.server.requests) < 3:
            self.send_error(503)
        else:
            self.send_good()

    def send_stalled(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:100])
        self.wfile.flush()
        self.server.released.wait(10)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests, server.released = [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def make_file(server):
    """A function: what the server does -> the file to download."""

    def make(behaviour):
        url = f"http://127.0.0.1:{server.server_port}/{behaviour}.bin"
        return DatasetFile("set/file.bin", "keras/file.bin", url, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())

    return make


def left_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_arrives_whole_in_its_place(make_file, empty_home):
    file, seen = make_file("good"), []
    assert find_file(file) is None
    path = download_file(file, progress=seen.append)
    assert path == empty_home / "set" / "file.bin" == find_file(file)
    assert path.read_bytes() == CONTENT
    assert file_sha256(path) == file.sha256
    assert seen == sorted(seen)
    assert seen[-1] == len(CONTENT)
    assert left_in(empty_home) == [path]


def test_without_a_data_home_it_goes_where_keras_looks(make_file, monkeypatch, tmp_path):
    monkeypatch.delenv("KCNN_DATA_HOME")
    assert data_home() is None
    path = download_file(make_file("good"))
    assert path == tmp_path / "keras" / "datasets" / "keras" / "file.bin"
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path / "empty"))
    assert find_file(make_file("good")) == path


def test_keras_cache_is_in_the_users_home_by_default(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert keras_cache() == tmp_path / ".keras" / "datasets"


@pytest.mark.parametrize("behaviour", ["wrong", "long"])
def test_other_bytes_are_refused_at_once(make_file, server, empty_home, behaviour):
    with pytest.raises(DatasetError, match="SHA-256 differs"):
        download_file(make_file(behaviour), pause=0)
    assert len(server.requests) == 1
    assert left_in(empty_home) == []


def test_a_stalled_server_ends_in_a_time_out(make_file, server, empty_home):
    start = time.perf_counter()
    with pytest.raises(DatasetError, match=r"no answer within 0\.2 seconds, in 2 attempts"):
        download_file(make_file("stalled"), timeout=0.2, attempts=2, pause=0)
    assert time.perf_counter() - start < 5
    assert len(server.requests) == 2
    assert left_in(empty_home) == []


def test_a_broken_connection_is_tried_again_and_then_named(make_file, server):
    with pytest.raises(DatasetError, match="it sent only 1,000 of 512,000 bytes, in 3 attempts"):
        download_file(make_file("cut"), pause=0)
    assert len(server.requests) == 3


def test_a_busy_server_is_asked_again(make_file, server):
    assert download_file(make_file("busy"), pause=0).read_bytes() == CONTENT
    assert len(server.requests) == 3


def test_a_missing_page_is_not_asked_for_twice(make_file, server):
    with pytest.raises(DatasetError, match="404 Not Found"):
        download_file(make_file("missing"), pause=0)
    assert len(server.requests) == 1


def test_offline_the_error_says_where_to_put_the_file(make_file, server, empty_home):
    file = make_file("good")
    server.shutdown()
    server.server_close()
    with pytest.raises(DatasetError) as caught:
        download_file(file)
    assert "are you offline?" in str(caught.value)
    assert f"save it as {empty_home / 'set' / 'file.bin'}" in str(caught.value)


def test_a_folder_that_cannot_be_made(make_file, empty_home):
    empty_home.write_text("a file, not a folder")
    with pytest.raises(DatasetError, match="Set KCNN_DATA_HOME"):
        download_file(make_file("good"))


def test_an_existing_file_survives_a_failure(make_file):
    file = make_file("wrong")
    target = download_path(file)
    target.parent.mkdir(parents=True)
    target.write_text("precious")
    with pytest.raises(DatasetError):
        download_file(file)
    assert target.read_text() == "precious"
