"""The evidence pack of a campaign: the same bytes every time, and no file of it can be changed unseen."""

import hashlib
import json
import zipfile

import pytest

from hetero2 import cli
from hetero2.campaign.evidence.pack import NAME, verify_pack
from hetero2.io.contracts import first_problem
from hetero2.io.files import sha256_file
from tests.campaigns import call, results, start, tell


@pytest.fixture
def campaign(tmp_path):
    folder = start(tmp_path, "--price-per-measurement", 10)
    for number in (1, 2):
        call("next", folder)
        tell(folder, results(folder, number))
    call("report", folder)
    return folder


def contents(path):
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_manifest_names_every_file_and_the_parent_of_every_round(campaign):
    files = contents(campaign / "report" / NAME)
    manifest = json.loads(files.pop("manifest.json"))
    assert first_problem(manifest, "campaign_manifest.v1") is None
    assert {entry["path"]: entry["sha256"] for entry in manifest["files"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items()
    }
    assert set(files) == {
        "campaign.json",
        *(f"measurements/000{number}.{suffix}" for number in (1, 2, 3) for suffix in ("csv", "json")),
        *(f"rounds/0{number}/{name}" for number in (1, 2) for name in ("batch.csv", "round.json")),
        "report/report.json",
        "report/report.html",
    }
    first, second = (sha256_file(campaign / f"rounds/0{number}/round.json") for number in (1, 2))
    assert manifest["rounds"] == [
        {"round": 1, "sha256": first, "parent_sha256": None},
        {"round": 2, "sha256": second, "parent_sha256": first},
    ]
    digest, name = (campaign / f"report/{NAME}.sha256").read_text().split()
    assert (digest, name) == (sha256_file(campaign / "report" / NAME), NAME)


def test_the_same_campaign_gives_the_same_bytes_anywhere(campaign, tmp_path):
    before = (campaign / "report" / NAME).read_bytes()
    call("report", campaign, "--out", tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / NAME).read_bytes() == before
    call("report", campaign)  # a report that is there is no part of the next one
    assert (campaign / "report" / NAME).read_bytes() == before


def test_a_pack_in_order_is_ok_and_no_change_goes_unseen(campaign, tmp_path):
    path = campaign / "report" / NAME
    assert verify_pack(path) == []
    files = contents(path)
    for name in files:
        if name == "manifest.json":
            continue
        changed = tmp_path / "changed.zip"
        for data in (None, files[name] + b" "):
            with zipfile.ZipFile(changed, "w") as opened:
                for other, whole in files.items():
                    if other != name:
                        opened.writestr(other, whole)
                    elif data is not None:
                        opened.writestr(other, data)
            assert verify_pack(changed), (name, data is None)


def resealed(files, path):
    """A pack whose manifest was made to agree with its files, chain and all but what the rounds say themselves."""
    manifest = json.loads(files["manifest.json"])
    for entry in manifest["files"]:
        entry |= {
            "sha256": hashlib.sha256(files[entry["path"]]).hexdigest(),
            "size_bytes": len(files[entry["path"]]),
        }
    for link in manifest["rounds"]:
        document = files[f"rounds/{link['round']:02d}/round.json"]
        link |= {
            "sha256": hashlib.sha256(document).hexdigest(),
            "parent_sha256": json.loads(document)["previous_sha256"],
        }
    with zipfile.ZipFile(path, "w") as opened:
        for name, data in (files | {"manifest.json": json.dumps(manifest).encode()}).items():
            opened.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("rounds/01/round.json", b'"new"', b'"today"', "round 2: does not follow from the round before"),
        ("campaign.json", b'"seed": 0', b'"seed": 1', "rounds/01/round.json: campaign_sha256 is not that"),
        ("measurements/0002.csv", b"ok", b"failed", "measurements/0002.json: sha256 is not that of its table"),
        ("measurements/0002.json", b'"new": 8', b'"new": 7', "measurements/0003.json: previous_sha256 is not that"),
    ],
)
def test_a_pack_sealed_again_after_a_change_breaks_the_chain(campaign, tmp_path, name, old, new, problem):
    files = contents(campaign / "report" / NAME)
    assert verify_pack(resealed(files, tmp_path / "same.zip")) == []
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)
    problems = verify_pack(resealed(files, tmp_path / "changed.zip"))
    assert any(text.startswith(problem) for text in problems), problems


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"no zip at all"])
def test_what_is_no_pack_is_one_error(tmp_path, capsys, data):
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert cli.main(["campaign", "verify", "--pack", str(path)]) == 1
    printed = capsys.readouterr()
    assert printed.err.count("error: ") == 1
    assert str(path) in printed.err


def test_verify_prints_what_it_finds(campaign, tmp_path, capsys):
    path = campaign / "report" / NAME
    capsys.readouterr()
    assert cli.main(["campaign", "verify", "--pack", str(path)]) == 0
    assert capsys.readouterr().out == "Is the pack in order? Yes: every file and the chain of rounds are in order.\n"
    files = contents(path)
    files["campaign.json"] += b"\n"
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as opened:
        for name, whole in files.items():
            opened.writestr(name, whole)
    assert cli.main(["campaign", "verify", "--pack", str(tmp_path / "x.zip")]) == 1
    assert "PROBLEM campaign.json: its sha256 is not that of the manifest\n" in capsys.readouterr().out
