"""A campaign as one file: it goes on elsewhere as it would have here, and nothing else passes for one."""

import zipfile

import pytest

from tests.campaigns import batch, call, results, start, tell


@pytest.fixture
def campaign(tmp_path):
    folder = start(tmp_path)
    call("next", folder)
    return folder


@pytest.fixture
def saved(campaign, tmp_path):
    call("save", campaign, "--out", tmp_path / "campaign.zip")
    return tmp_path / "campaign.zip"


def restore(saved, out, code=0):
    from hetero2 import cli

    assert cli.main(["campaign", "restore", "--saved", str(saved), "--out", str(out)]) == code


def damaged(saved):
    """The zip with the first bytes of its compressed library changed, at which zlib stops."""
    content = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as opened:
        member = opened.getinfo("library.parquet")
    begin = member.header_offset + 30 + len(member.filename)
    content[begin : begin + 8] = b"\xff" * 8
    return bytes(content)


def changed(saved, out, change):
    """The zip with its files changed: `change` takes and returns {name: content}."""
    with zipfile.ZipFile(saved) as opened:
        files = change({name: opened.read(name) for name in opened.namelist()})
    with zipfile.ZipFile(out, "w") as written:
        for name, content in files.items():
            written.writestr(name, content)
    return out


def test_a_restored_campaign_goes_on_to_the_same_bytes(campaign, saved, tmp_path):
    restore(saved, tmp_path / "there/c")
    for folder in (campaign, tmp_path / "there/c"):
        tell(folder, results(folder))
        call("next", folder, "--copy-to", folder.parent / "next_batch.csv")
        call("save", folder, "--out", folder.parent / "after.zip")
    assert (tmp_path / "after.zip").read_bytes() == (tmp_path / "there/after.zip").read_bytes()
    assert (tmp_path / "next_batch.csv").read_bytes() == (campaign / "rounds/02/batch.csv").read_bytes()
    assert len(batch(tmp_path / "there/c", 2)) == 8


def test_a_campaign_before_its_first_round_is_saved_too(tmp_path):
    folder = start(tmp_path, known=None)
    call("save", folder, "--out", tmp_path / "campaign.zip")
    restore(tmp_path / "campaign.zip", tmp_path / "there")
    call("next", tmp_path / "there")
    assert len(batch(tmp_path / "there")) == 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda files: files | {"../evil": b""}, "it has the file '../evil'"),
        (lambda files: files | {"/etc/evil": b""}, "it has the file '/etc/evil'"),
        (lambda files: files | {"rounds/01/evil.csv": b""}, "it has the file 'rounds/01/evil.csv'"),
        (lambda files: {n: c for n, c in files.items() if n != "library.parquet"}, "there is no library.parquet"),
        (lambda files: {n: c for n, c in files.items() if n != "campaign.json"}, "there is no campaign.json"),
        (lambda files: files | {"library.parquet": b"other"}, "library.parquet: was changed"),
        (lambda files: files | {"features.parquet": b"other"}, "features.parquet: was changed"),
        (lambda files: files | {"today_elsewhere.csv": b"id,score\nx,1\n"}, "today_elsewhere.csv: was changed"),
        (lambda files: files | {"measurements/0001.csv": b"id\n"}, "measurements/0001.csv: was changed"),
        (lambda files: files | {"rounds/01/round.json": b"{}"}, "rounds/01/round.json"),
        (lambda files: files | {"campaign.json": b"[" * 100_000}, "campaign.json"),
        (lambda _files: {}, "there is no features.parquet"),
    ],
)
def test_nothing_else_passes_for_a_campaign(saved, tmp_path, capsys, change, said):
    other = changed(saved, tmp_path / "other.zip", change)
    restore(other, tmp_path / "there", code=1)
    printed = capsys.readouterr().err
    assert said in printed
    assert "other.zip" in printed
    assert ".part" not in printed
    assert not (tmp_path / "there").exists()
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("content", [b"", b"PK", b"id,smiles\n", "half", "damaged"])
def test_what_is_no_zip_is_said_to_be_none(saved, tmp_path, capsys, content):
    content = saved.read_bytes()[:2000] if content == "half" else content
    content = damaged(saved) if content == "damaged" else content
    (tmp_path / "other.zip").write_bytes(content)
    restore(tmp_path / "other.zip", tmp_path / "there", code=1)
    assert "other.zip" in capsys.readouterr().err
    assert not (tmp_path / "there").exists()


def test_a_folder_that_is_there_is_not_written_into(campaign, saved, capsys):
    restore(saved, campaign, code=2)
    assert "already exists" in capsys.readouterr().err


def test_a_changed_campaign_is_not_saved(campaign, tmp_path, capsys):
    (campaign / "features.parquet").write_bytes(b"other")
    call("save", campaign, "--out", tmp_path / "campaign.zip", code=1)
    assert "was changed" in capsys.readouterr().err
    assert not (tmp_path / "campaign.zip").exists()
