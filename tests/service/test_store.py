"""What every store of files does, in a local folder and in a bucket of SeaweedFS alike."""

import contextlib
import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import pytest

from hetero2.errors import ConfigError
from hetero2.service import core
from hetero2.service.commands import serve
from hetero2.service.settings import BUCKET_LARGEST, Settings
from hetero2.service.store import s3
from hetero2.service.store.base import (
    CHUNK,
    LONGEST_URL,
    ExistsError,
    FullError,
    MissingError,
    StoreError,
    TooLargeError,
)
from hetero2.service.store.local import LocalStore
from tests.service import seaweed, test_migrations
from tests.service.in_thread import serving

pytestmark = pytest.mark.service
BIG = 60 * CHUNK
HOSTILE = [
    "", ".", "..", "../a", "a/../b", "a//b", "/etc/passwd", "a/", "/", "a/./b", "a\0b", "a\nb", "a\x7f", "a b",
    ".hidden", ".arriving/a", "a/.b", "-a", "a\\b", "a%2f..", "é", "a?b", "a#b", "x" * 600,
    "/".join(["a" * 100] * 6), "y" * 256,
]  # fmt: skip


@pytest.fixture(params=["local", "s3"])
def store(request, tmp_path):
    if request.param == "local":
        return LocalStore(tmp_path / "files", b"s" * 32)
    return s3.open_store(request.getfixturevalue("bucket_url"))


def everything(store) -> list[str]:
    """What is there, also what no key names."""
    if isinstance(store, LocalStore):
        return sorted(path.relative_to(store._folder).as_posix() for path in store._folder.rglob("*") if path.is_file())
    import obstore

    return sorted(entry["path"] for entries in obstore.list(store._bucket) for entry in entries)


def content(store, key: str, *place: int | None) -> bytes:
    return b"".join(store.read(key, *place))


def numbered(n_bytes: int):
    """Chunks that differ."""
    for number in range(n_bytes // CHUNK):
        yield number.to_bytes(4, "big") * (CHUNK // 4)


def test_a_file_is_as_it_was_put(store):
    stored = store.put("org/project/a.txt", iter([b"one ", b"", b"two"]))
    assert (stored.key, stored.size, stored.sha256) == (
        "org/project/a.txt", 7, hashlib.sha256(b"one two").hexdigest(),
    )  # fmt: skip
    assert content(store, stored.key) == b"one two"
    assert store.size(stored.key) == 7
    assert everything(store) == [stored.key]


def test_an_empty_file(store):
    assert store.put("a", []).size == 0
    assert (content(store, "a"), content(store, "a", 0, 5), content(store, "a", 3)) == (b"", b"", b"")


@pytest.mark.parametrize("n_bytes", [3, 9 * CHUNK])
def test_a_key_is_written_once(store, n_bytes):
    store.put("a/b", [b"x" * n_bytes])
    with pytest.raises(ExistsError):
        store.put("a/b", [b"y" * n_bytes])
    assert content(store, "a/b") == b"x" * n_bytes
    store.delete("a/b")
    store.delete("a/b")
    with pytest.raises(MissingError):
        store.read("a/b")
    store.put("a/b", [b"z"])
    assert content(store, "a/b") == b"z"
    assert everything(store) == ["a/b"]


@pytest.mark.parametrize("n_bytes", [CHUNK, *[9 * CHUNK] * 4])
def test_of_writers_at_the_same_time_one_wins(store, n_bytes):
    """All have begun, and none has found the key taken, before any ends. Large files: as often as shows a fault."""
    barrier, outcomes = threading.Barrier(4), {}

    def write(number: int) -> None:
        def chunks():
            barrier.wait(20)
            for _ in range(n_bytes // CHUNK):
                yield bytes([number]) * CHUNK

        try:
            outcomes[number] = store.put("raced", chunks()).sha256
        except ExistsError:
            outcomes[number] = None

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    winners = [number for number, sha256 in outcomes.items() if sha256]
    assert len(outcomes) == 4
    assert len(winners) == 1
    assert hashlib.sha256(content(store, "raced")).hexdigest() == outcomes[winners[0]]
    assert everything(store) == ["raced"]


@pytest.mark.parametrize("n_chunks", [0, 2, 20])
def test_a_writer_that_fails_leaves_nothing(store, n_chunks):
    def chunks():
        yield from [b"x" * CHUNK] * n_chunks
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.put("a/b", chunks())
    assert everything(store) == []
    assert list(store.keys("a")) == []
    assert store.put("a/b", [b"x"]).size == 1


def test_what_a_killed_writer_left_is_taken_away_when_it_is_old(store):
    if isinstance(store, LocalStore):
        (store._folder / ".arriving/killed").write_bytes(b"x")
    else:
        import obstore

        obstore.put(store._bucket, ".arriving/killed", b"x")
    store.put("a", [b"kept"])
    store.clean(timedelta(hours=1))
    assert everything(store) == [".arriving/killed", "a"]
    time.sleep(1.1)  # a bucket tells seconds
    store.clean(timedelta(0))
    assert everything(store) == ["a"]


def test_a_writer_that_was_killed_in_its_copy_holds_others_up_until_that_is_old(bucket_url, monkeypatch):
    store = s3.open_store(bucket_url)
    monkeypatch.setattr(s3, "_LONGEST_COPY", 0.3)
    claim = store._claim("raced")
    claim.__enter__()
    with pytest.raises(StoreError, match="raced: another writer of it has not ended"):
        store.put("raced", numbered(9 * CHUNK))
    assert list(store.keys("raced")) == []
    time.sleep(1.1)  # a bucket tells seconds
    store.clean(timedelta(0))
    assert store.put("raced", numbered(9 * CHUNK)).size == 9 * CHUNK
    assert everything(store) == ["raced"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((0, None), b"0123456789"), ((0, 1), b"0"), ((0, 10), b"0123456789"), ((9, 10), b"9"), ((9, None), b"9"),
        ((3, 6), b"345"), ((0, 99), b"0123456789"), ((8, 99), b"89"), ((10, None), b""), ((10, 20), b""),
        ((50, 60), b""), ((4, 4), b""), ((0, 0), b""),
    ],
)  # fmt: skip
def test_ranges(store, place, expected):
    store.put("digits", [b"01234", b"56789"])
    assert content(store, "digits", *place) == expected


def test_a_range_across_the_chunks_of_a_large_file(store):
    store.put("large", numbered(12 * CHUNK))
    assert (
        content(store, "large", 3 * CHUNK - 2, 3 * CHUNK + 2) == b"\0\2\0\0"
        or content(store, "large", 3 * CHUNK - 4, 3 * CHUNK + 4) == b"\0\0\0\2\0\0\0\3"
    )
    assert content(store, "large", 12 * CHUNK - 4) == b"\0\0\0\x0b"


@pytest.mark.parametrize("key", ["nothing", "a/nothing", "a/b/below-a-file"])
def test_what_is_not_there(store, key):
    store.put("a/b", [b"x"])
    with pytest.raises(MissingError):
        store.read(key)
    with pytest.raises(MissingError):
        store.read(key, 1, 2)
    with pytest.raises(MissingError):
        store.size(key)


def test_keys_below_a_prefix_in_order(store):
    for key in ("p/b", "p/a/z", "p/a-b", "pq/a", "q"):
        store.put(key, [b"x"])
    found = list(store.keys("p/"))
    assert found == sorted(found) == list(store.keys("p"))
    assert set(found) >= {"p/b", "p/a/z", "p/a-b"}
    assert not {"pq/a", "q"} & set(found)
    assert list(store.keys("none/")) == []


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys(store, key):
    for act in (
        lambda: store.put(key, [b"x"]), lambda: store.read(key), lambda: store.size(key), lambda: store.delete(key),
        lambda: store.signed_url(key, "GET"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="is no key"):
            act()
    assert everything(store) == []


def test_the_longest_key(store):
    key = "/".join(["k" * 99] * 5)
    assert len(key) == 499
    store.put(key, [b"x"])
    assert list(store.keys("k" * 99)) == [key]
    assert content(store, key) == b"x"


def test_sixty_megabytes_pass_without_being_held(store, capsys):
    """In memory is a part or three of a file, not all of it; measured by what this process has resident at its most."""
    store.put("warm", numbered(9 * CHUNK))  # what libraries keep for the next time
    process, most, stopped = psutil.Process(), [0], threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        while not stopped.wait(0.005):
            most[0] = max(most[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    stored = store.put("big", numbered(BIG))
    middle = time.monotonic()
    digest = hashlib.sha256()
    for chunk in store.read("big"):
        assert len(chunk) <= 16 * CHUNK
        digest.update(chunk)
    ended = time.monotonic()
    stopped.set()
    watcher.join()
    grown = (most[0] - before) / CHUNK
    with capsys.disabled():
        print(f"\n{type(store).__name__}: 60 MB in {middle - began:.1f} s, out {ended - middle:.1f} s, +{grown:.0f} MB")
    assert stored.size == BIG
    assert digest.hexdigest() == stored.sha256
    assert grown < 45


@pytest.fixture
def ask(store, tmp_path):
    """What asks an address: of the service's own where the store is local, of the bucket otherwise."""
    with contextlib.ExitStack() as stack:
        base = ""
        if isinstance(store, LocalStore):
            service = core.open_service(Settings(folder=tmp_path / "service", port=0))
            base = stack.enter_context(serving(replace(service, store=store)))

        def status(method: str, url: str, **headers: str) -> tuple[int, bytes]:
            answer = httpx.request(method, base + url, headers=headers)
            return answer.status_code, answer.content

        yield status


def test_a_signed_address(store, ask):
    store.put("o/a", [b"0123456789"])
    store.put("o/b", [b"not yours"])
    url = store.signed_url("o/a", "GET")
    assert ask("GET", url) == (200, b"0123456789")
    assert ask("GET", url, Range="bytes=2-4") == (206, b"234")
    assert ask("HEAD", store.signed_url("o/a", "HEAD")) == (200, b"")
    refused = (400, 403, 404, 405, 422)
    assert ask("GET", url.replace("o/a?", "o/b?"))[0] in refused, "another key"
    for method in ("PUT", "DELETE", "POST", "HEAD"):
        assert ask(method, url)[0] in refused, "another method"
    assert ask("GET", store.signed_url("o/a", "HEAD"))[0] in refused
    last = "0" if url[-1] != "0" else "1"
    assert ask("GET", url[:-1] + last)[0] in refused, "tampered with"
    assert ask("GET", url.split("?")[0])[0] in refused, "not signed"
    longer = re.sub(r"(X-Amz-Expires=|expires=)", r"\g<1>1", url)
    assert longer != url
    assert ask("GET", longer)[0] in refused, "made to hold longer"
    short = store.signed_url("o/a", "GET", timedelta(seconds=2))
    assert ask("GET", short)[0] == 200
    time.sleep(3.1)
    assert ask("GET", short)[0] in refused, "expired"
    assert content(store, "o/a") == b"0123456789"
    assert content(store, "o/b") == b"not yours"


@pytest.mark.parametrize("seconds", [301, 3600, 10**9, 0, -5])
def test_an_address_holds_for_five_minutes_at_most(store, seconds):
    with pytest.raises(ValueError, match="at most"):
        store.signed_url("a", "GET", timedelta(seconds=seconds))
    assert timedelta(minutes=5) == LONGEST_URL
    assert store.signed_url("a", "GET", LONGEST_URL)


def test_a_full_disk_leaves_nothing(tmp_path):
    """A disk of 4 MB, mounted for this."""
    if os.getuid() != 0:
        pytest.skip("only root mounts")
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        store = LocalStore(place / "files", b"s" * 32)
        store.put("fits", [b"x" * CHUNK])
        with pytest.raises(FullError):
            store.put("a/large", numbered(8 * CHUNK))
        assert everything(store) == ["fits"]
        store.put("a/small", [b"x" * CHUNK])
        assert content(store, "fits") == b"x" * CHUNK
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_limit_of_the_size_of_files_leaves_nothing(tmp_path):
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from hetero2.service.store.local import LocalStore; from hetero2.service.store.base import FullError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))\n"
        "store = LocalStore(Path(sys.argv[1]), b's' * 32)\n"
        "try: store.put('a', [b'x' * 10**5] * 20)\n"
        "except FullError: print('full')\n"
    )
    said = subprocess.run([sys.executable, "-c", code, tmp_path / "f"], capture_output=True, text=True, check=True)
    assert said.stdout == "full\n"
    assert [path for path in (tmp_path / "f").rglob("*") if path.is_file()] == []


def test_a_bucket_takes_no_file_that_it_could_not_copy(bucket_url, monkeypatch):
    store = s3.open_store(bucket_url)
    monkeypatch.setattr(s3, "BUCKET_LARGEST", 9 * CHUNK)
    with pytest.raises(TooLargeError):
        store.put("a", numbered(20 * CHUNK))
    assert everything(store) == []
    with pytest.raises(ValueError, match="at most"):
        Settings(store=bucket_url, max_artifact=BUCKET_LARGEST + 1)
    assert Settings(store=bucket_url).max_artifact == BUCKET_LARGEST


@pytest.mark.usefixtures("bucket_url")
def test_a_bucket_that_is_away(tmp_path):
    """One error that names no secret, of the store and of the API."""
    from obstore.store import S3Store as Bucket

    gone = s3.S3Store(
        Bucket(
            seaweed.BUCKET, endpoint="http://127.0.0.1:9", client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )
    )  # fmt: skip
    for act in (
        lambda: gone.put("a", [b"x"]),
        lambda: gone.read("a"),
        lambda: gone.delete("a"),
        lambda: list(gone.keys("a")),
    ):
        with pytest.raises(StoreError) as raised:
            act()
        assert seaweed.SECRET_KEY not in str(raised.value)
        assert seaweed.ACCESS_KEY not in str(raised.value)
    service = core.open_service(Settings(folder=tmp_path / "service", port=0))
    headers = {"Authorization": f"Bearer {core.first_start(service)}"}
    with serving(replace(service, store=gone)) as url:
        answer = httpx.put(f"{url}/api/v1/uploads?name=a.csv", content=b"x", headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "unavailable", "5")
    with service.reading(None) as session:
        from hetero2.service.db.models import Upload

        assert session.query(Upload).count() == 0


@pytest.mark.parametrize(
    ("changes", "bucket", "said"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, None, "credentials"),
        ({"AWS_ACCESS_KEY_ID": "AKIAWRONG"}, None, "credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, None, "does not answer"),
        ({}, "s3://no-such-bucket/a", "bucket"),
    ],
)
def test_a_bucket_that_cannot_be_opened_is_one_error(bucket_url, monkeypatch, tmp_path, changes, bucket, said):
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=said) as raised:
        core.open_service(Settings(folder=tmp_path / "service", store=bucket or bucket_url))
    shown = f"{raised.value} {raised.value.hint}"
    for secret in (seaweed.SECRET_KEY, seaweed.ACCESS_KEY, "wrong", "WRONG"):
        assert secret not in shown


@pytest.mark.parametrize(
    "store", ["s3://", "s3:bucket", "https://bucket", "s3://b/../c", "s3://key:secret@bucket/a", "/x"]
)
def test_what_is_no_bucket(store, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with pytest.raises(ConfigError, match="is no s3://bucket/prefix") as raised:
        serve.settings_of(_args(tmp_path, store))
    assert "key:secret" not in str(raised.value)


def test_a_bucket_without_credentials(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    with pytest.raises(ConfigError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        serve.settings_of(_args(tmp_path, "s3://bucket/prefix"))


def _args(folder: Path, store: str):
    import argparse

    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    return parser.parse_args([f"--folder={folder}", f"--store={store}"])


@pytest.mark.parametrize("kind", ["local", "s3"])
def test_the_api_signs_and_serves_what_a_run_published(kind, tmp_path, request):
    bucket = request.getfixturevalue("bucket_url") if kind == "s3" else ""
    service = core.open_service(Settings(folder=tmp_path / "service", store=bucket, port=0))
    headers = {"Authorization": f"Bearer {core.first_start(service)}"}
    with serving(service) as url:
        test_migrations.fill(service)
        run = httpx.get(f"{url}/api/v1/runs", headers=headers).json()["runs"][0]["id"]
        place = f"{url}/api/v1/runs/{run}/artifacts/pack.zip"
        whole = httpx.get(place, headers=headers)
        assert (whole.status_code, len(whole.content)) == (200, 1_500_000)
        part = httpx.get(place, headers=headers | {"Range": "bytes=1499990-"})
        assert (part.status_code, part.content) == (206, whole.content[-10:])
        signed = httpx.post(f"{place}:sign", headers=headers).json()["url"]
        assert signed.startswith("/api/v1/files/") if kind == "local" else signed.startswith("http://127.0.0.1:")
        assert seaweed.SECRET_KEY not in signed
        answer = httpx.get(url + signed if kind == "local" else signed)
        assert (answer.status_code, answer.content) == (200, whole.content)
        assert "attachment" in answer.headers["Content-Disposition"]
        if kind == "s3":  # the service's own address of files is for local ones
            key = next(key for key in test_migrations.checksums(service) if key.endswith("pack.zip"))
            assert httpx.get(f"{url}/api/v1/files/{key}?expires=1&signature=a").status_code == 403
