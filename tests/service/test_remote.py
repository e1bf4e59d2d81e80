"""`hetero2 remote` against a running service: what it does, how it exits, and that each error is one clear message."""

import hashlib
import json
import stat
import threading
import time

import pytest

from hetero2 import cli
from hetero2.service.client import connection as connections
from hetero2.service.db import runs
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import State
from tests.service import sites

pytestmark = pytest.mark.service
NOBODY = "00000000-0000-0000-0000-000000000000"
LIST = b"id,score\n" + b"m1,0.5\n" * 1000


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """A folder of settings that is nobody's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in (connections.URL, connections.TOKEN):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config/hetero2/remote.json"


@pytest.fixture
def remote(capsys):
    """(exit code, stdout, stderr) of a call."""

    def call(*words):
        capsys.readouterr()
        code = cli.main(["remote", *map(str, words)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert "internal error" not in said.err
        return code, said.out, said.err

    return call


@pytest.fixture
def use(monkeypatch):
    """Makes calls go to a site, as the environment says."""

    def to(site):
        monkeypatch.setenv(connections.URL, site.url)
        monkeypatch.setenv(connections.TOKEN, site.token)
        return site

    return to


def test_login_keeps_the_token_for_its_owner_alone(still, remote, config, tmp_path):
    (tmp_path / "token").write_text(f"{still.token}\n")
    code, out, _ = remote("login", f"{still.url}/", "--token-file", tmp_path / "token")
    assert (code, out) == (0, f"kept in {config}\n")
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert json.loads(config.read_text()) == {"url": still.url, "token": still.token}
    assert remote("status")[0] == 0
    config.chmod(0o644)
    code, _, err = remote("status")
    assert code == 2
    assert "others may read the token" in err
    remote("login", still.url, "--token-file", tmp_path / "token")
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    config.write_text("[]")
    config.chmod(0o600)
    assert "is not as login writes it" in remote("status")[2]


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"h2_wrong", 2, "the service does not know this token"),
        (b"", 2, "the token is none"),
        (b"\xff\xfe", 2, "the token is none"),
        (b"one\ntwo", 2, "the token is none"),
        (None, 1, "No such file"),
    ],
)
def test_a_wrong_token_is_not_kept(still, remote, config, tmp_path, content, code, said):
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    answer = remote("login", still.url, "--token-file", tmp_path / "token")
    assert answer[0] == code
    assert said in answer[2]
    assert not config.exists()


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("ftp://x", 2, "is no address of a service"),
        ("http://", 2, "is no address of a service"),
        ("http://[", 2, "is no address of a service"),
        ("http://x:99999", 2, "is no address of a service"),
        ("http://127.0.0.1:1", 1, "no answer"),
    ],
)
def test_a_service_that_is_not_there(remote, tmp_path, still, url, code, said):
    (tmp_path / "token").write_text(still.token)
    answer = remote("login", url, "--token-file", tmp_path / "token")
    assert answer[0] == code
    assert said in answer[2]


def test_another_site_is_no_service(still, remote, monkeypatch):
    monkeypatch.setenv(connections.TOKEN, "h2_x")
    for path, said in (("/static", "answered 404"), ("/login", "answered 404")):
        monkeypatch.setenv(connections.URL, still.url + path)
        code, _, err = remote("status")
        assert code == 1
        assert said in err
    monkeypatch.delenv(connections.URL)
    code, _, err = remote("status")
    assert code == 2
    assert "no service is named" in err


def test_a_run_from_its_files_to_its_files(working, use, remote, tmp_path):
    """submit --watch, status, logs, download; the same key is the same run."""
    use(working)
    library, known = sites.screen_files(tmp_path)
    words = ["submit", "screen", "--input", f"library={library}", "--input", f"known={known}", "--set", "seed=3"]
    code, out, err = remote(*words, "--key", "once", "--watch")
    assert code == 0, err
    run_id = out.strip()
    assert "running" in err
    assert err.splitlines()[-1] == "library (screen): complete"
    assert remote(*words, "--key", "once")[1].strip() == run_id
    code, _, err = remote(*words[:-1], "seed=4", "--key", "once")
    assert code == 2
    assert "Idempotency-Key" in err
    assert "library (screen): complete" in remote("status")[1]
    shown = json.loads(remote("status", run_id, "--json")[1])
    assert (shown["state"], shown["parameters"]) == ("COMPLETE", {"seed": 3})
    assert remote("watch", run_id)[0] == 0
    code, out, _ = remote("logs", run_id)
    assert code == 0
    assert out.strip()
    code, out, _ = remote("download", run_id, "--out", tmp_path / "got")
    assert code == 0
    names = {path.name for path in (tmp_path / "got").iterdir()}
    assert names == {"ranked.csv", "log.txt", "run_record.json"}
    assert len(out.splitlines()) == 3


def test_a_run_that_fails_exits_with_1(working, use, remote, tmp_path):
    use(working)
    library, known = sites.screen_files(tmp_path)
    known.write_text("name,what\na,b\n")
    code, _, err = remote("submit", "screen", "--input", f"library={library}", "--input", f"known={known}", "--watch")
    assert code == 1
    assert "failed" in err
    assert "no column has a name that is usual" in err


def test_a_download_goes_on_and_is_checked(still, use, remote, tmp_path):
    use(still)
    run_id = still.complete({"a.csv": LIST})
    part, whole = tmp_path / "a.csv.part", tmp_path / "a.csv"
    asked = []
    stream = connections.Connection.stream

    def listening(self, path, headers):
        asked.append(headers.get("Range"))
        yield from stream(self, path, headers)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections.Connection, "stream", listening)
        for left, ranges in (
            (LIST[:4000], ["bytes=4000-"]),  # gone on with
            (b"x" * 4000, ["bytes=4000-", None]),  # of something else: noticed by its sha256, and begun again
            (b"x" * len(LIST), [None]),
            (LIST + b"x", [None]),
            (LIST, []),
        ):
            part.write_bytes(left)
            whole.unlink(missing_ok=True)
            asked.clear()
            assert remote("download", run_id, "a.csv", "--out", tmp_path)[0] == 0
            assert asked == ranges
            assert whole.read_bytes() == LIST
            assert not part.exists()
        asked.clear()
        assert remote("download", run_id, "--out", tmp_path)[0] == 0
        assert asked == [], "it is here"


def test_a_download_that_comes_wrong_is_not_kept(still, use, remote, tmp_path):
    use(still)
    run_id = still.complete({"a.csv": LIST})
    with still.service.writing(None) as session:
        for artifact in runs.artifacts(session, RunKey(still.scope, run_id)):
            artifact.sha256 = hashlib.sha256(b"another").hexdigest()
    code, _, err = remote("download", run_id, "--out", tmp_path)
    assert code == 1
    assert "came with the sha256" in err
    assert list(tmp_path.glob("a.csv*")) == []


def test_cancel_and_watch_exit_codes(still, use, remote):
    use(still)
    run_id = still.queued()
    codes = []
    watching = threading.Thread(target=lambda: codes.append(cli.main(["remote", "watch", str(run_id)])))
    watching.start()
    time.sleep(1)
    code, out, _ = remote("cancel", run_id)
    assert (code, out) == (0, "demo (demo): canceled\n")
    watching.join(20)
    assert codes == [130]
    code, _, err = remote("cancel", run_id)
    assert code == 1
    assert "has ended already" in err
    assert remote("watch", still.failed("error: no"))[0] == 1
    waiting = still.queued()
    for words in (["logs", run_id], ["logs", waiting], ["download", run_id], ["download", waiting]):
        code, _, err = remote(*words)
        assert code == 1, words
        assert any(said in err for said in ("left no log", "when it has ended", "there are no files")), words


def test_a_watch_goes_on_over_a_connection_that_breaks(still, use, remote, monkeypatch):
    use(still)
    run_id = still.queued()
    with still.service.writing(None) as session:
        runs.step(session, RunKey(still.scope, run_id), [State.QUEUED], State.CANCELED, still.service.now())
    stream, broken = connections.Connection.stream, []

    def breaking(self, path, headers):
        if len(broken) < 2:
            broken.append(path)
            raise connections.UnreachableError("no answer")
        return stream(self, path, headers)

    monkeypatch.setattr(connections.Connection, "stream", breaking)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    assert remote("watch", run_id)[0] == 130
    broken[:] = []
    monkeypatch.setattr(connections.Connection, "stream", lambda *_: breaking_always())
    code, _, err = remote("watch", run_id)
    assert code == 1
    assert "no answer" in err


def breaking_always():
    raise connections.UnreachableError("no answer")


def test_calls_that_are_wrong_upload_nothing(still, use, remote, tmp_path):
    use(still)
    library, known = sites.screen_files(tmp_path)
    (tmp_path / "text.json").write_text("id,smiles\n")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "binary.json").write_bytes(b"\xff\x00")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    both = ["--input", f"library={library}", "--input", f"known={known}"]
    wrong = [
        (["nothing"], 2, "nothing: there is no such workflow\nhint: there are demo, "),
        (["screen", "--input", "library"], 2, "is not ROLE=FILE"),
        (["screen", "--input", "=x"], 2, "is not ROLE=FILE"),
        (["screen", "--input", "library=/nothing.csv"], 1, "/nothing.csv: no such file"),
        (["screen", "--input", f"library={tmp_path}"], 1, "is a folder"),
        (["screen", "--input", f"library={library}"], 2, "screen needs known"),
        (["screen", *both, "--input", f"odd={library}"], 2, "screen takes no odd"),
        (["screen", *both, "--input", f"known={library}"], 2, "there is another known"),
        (["screen", *both, "--set", "odd=1"], 2, "screen has no parameter odd"),
        (["screen", *both, "--set", "trust"], 2, "is not NAME=VALUE"),
        (["screen", *both, "--name", "a b"], 2, "--name a b: is not allowed"),
        (["screen", *both, "--key", "ä"], 2, "--key ä: is not allowed"),
        (["screen", *both, "--parameters", "/nothing.json"], 1, "/nothing.json: No such file"),
        (["screen", *both, "--parameters", tmp_path / "text.json"], 2, "is no JSON"),
        (["screen", *both, "--parameters", tmp_path / "binary.json"], 2, "is no JSON"),
        (["screen", *both, "--parameters", tmp_path / "deep.json"], 2, "is no JSON"),
        (["screen", *both, "--parameters", tmp_path / "list.json"], 2, "is no JSON object"),
    ]
    for words, expected, said in wrong:
        code, out, err = remote("submit", *words)
        assert (code, out) == (expected, ""), (words, err)
        assert said in err, words
        assert err.count("error: ") == 1, words
    with connections.connect() as connection:
        assert connection.ask("GET", "/uploads") == []
    code, _, err = remote("submit", "screen", *both, "--set", "trust=7")
    assert code == 2
    assert "trust" in err
    assert "/api/" not in err


@pytest.mark.parametrize("action", ["status", "watch", "download", "cancel", "logs"])
def test_a_run_that_is_not_there(still, use, remote, action):
    use(still)
    for name, said in (
        (NOBODY, "there is no such run"),
        ("a/../../me", "is no id of a run"),
        ("x", "is no id of a run"),
    ):
        code, _, err = remote(action, name)
        assert code == 2
        assert said in err
