"""The targets of a campaign do what its verbs do, to the byte."""

import shutil

import pytest

from tests.campaigns import call, results, start, tell
from tests.conftest import snakemake


def test_batch_and_report_are_those_of_the_verbs(tmp_path):
    verbs = start(tmp_path)
    shutil.copytree(verbs, tmp_path / "w/c")
    for number in (1, 2):
        call("next", verbs)
        snakemake(tmp_path, "campaign_batch", "--cores", 1, "--config", "campaign=w/c")
        for name in ("batch.csv", "round.json"):
            of_round = f"rounds/0{number}/{name}"
            assert (tmp_path / "w/c" / of_round).read_bytes() == (verbs / of_round).read_bytes()
        batch = (verbs / f"rounds/0{number}/batch.csv").read_bytes()
        assert (tmp_path / "results/campaign_c/next_batch.csv").read_bytes() == batch
        for folder in (verbs, tmp_path / "w/c"):
            tell(folder, results(verbs, number))
    call("report", verbs)
    snakemake(tmp_path, "campaign_report", "--cores", 1, "--config", "campaign=w/c")
    names = [path.name for path in (verbs / "report").iterdir()]
    assert len(names) == 4
    for name in names:
        assert (tmp_path / "results/campaign_c" / name).read_bytes() == (verbs / "report" / name).read_bytes()
    assert not (tmp_path / "w/c/rounds/03").exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "campaign_report needs a campaign"),
        (("--config", "campaign=nothing"), "nothing: is no campaign: there is no campaign.json in it"),
    ],
)
def test_no_campaign_is_one_error(tmp_path, words, problem):
    done = snakemake(tmp_path, "campaign_report", "--cores", 1, *words, check=False)
    assert done.returncode in (1, 2)
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
