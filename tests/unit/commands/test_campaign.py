"""hetero2 campaign: the loop of start, next, tell and status, as a person goes through it."""

import contextlib
import csv
import json
import shutil

import pytest
from rdkit import Chem

from hetero2.campaign.actions import read_state
from hetero2.campaign.layout import Layout
from hetero2.campaign.ledger import read_ledger
from hetero2.io.contracts import first_problem
from hetero2.io.files import sha256_file
from tests.campaigns import IDS, KNOWN, SMILES, TODAY, VALUES, batch, call, results, start, tell, write


def record(campaign, number=1):
    return json.loads((campaign / f"rounds/{number:02d}/round.json").read_text())


def test_a_campaign_round_by_round(tmp_path, capsys):
    campaign = start(tmp_path)
    assert "60 molecules may be bought" in capsys.readouterr().out
    bought = []
    for number in range(1, 5):
        call("next", campaign)
        rows = batch(campaign, number)
        assert len(rows) == 8
        assert [row["arm"] for row in rows].count("today") == 4
        assert {row["id"] for row in rows}.isdisjoint(bought)
        bought += [row["id"] for row in rows]
        tell(campaign, results(campaign, number))
        assert "recorded: 8 new results, 0 changed" in capsys.readouterr().out
    call("status", campaign)
    printed = capsys.readouterr().out
    assert "28 molecules may be bought; 38 measured, 0 of them failed" in printed
    assert printed.count("today 4 picks, 4 measured") == 4
    by_arm = dict.fromkeys(("today", "new"), 0)
    for number in range(1, 5):
        for row, (_, value) in zip(batch(campaign, number), results(campaign, number), strict=True):
            by_arm[row["arm"]] += value >= 7
    assert by_arm["new"] > by_arm["today"], "the screen finds the ring that the value follows from"


def test_a_round_names_all_that_it_rests_on(tmp_path):
    campaign = start(tmp_path)
    call("next", campaign)
    tell(campaign, results(campaign))
    call("next", campaign)
    first, second = record(campaign), record(campaign, 2)
    assert first["previous_sha256"] is None
    assert second["previous_sha256"] == sha256_file(campaign / "rounds/01/round.json")
    assert second["campaign_sha256"] == sha256_file(campaign / "campaign.json")
    assert second["batch_sha256"] == sha256_file(campaign / "rounds/02/batch.csv")
    names = ["0001.csv", "0002.csv"]
    assert [file["name"] for file in second["measurements"]] == names
    assert [file["sha256"] for file in second["measurements"]] == [
        sha256_file(campaign / "measurements" / name) for name in names
    ]
    assert first_problem(second, "campaign_round.v1") is None
    assert (first["labels"], second["labels"], second["method"]) == (6, 14, "screen")


@pytest.mark.parametrize("name", ["rounds/01/round.json", "library.parquet", "features.parquet", "campaign.json"])
def test_a_file_that_was_changed_stops_the_campaign(tmp_path, capsys, name):
    campaign = start(tmp_path)
    call("next", campaign)
    tell(campaign, results(campaign))
    call("next", campaign)
    path = campaign / name
    path.write_bytes(path.read_bytes() + b"\n")
    capsys.readouterr()
    call("status", campaign, code=1)
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ")
    assert "changed" in printed.err
    assert printed.out == ""


def test_copies_among_the_rounds_are_ignored(tmp_path):
    campaign = start(tmp_path)
    call("next", campaign)
    for name in ("01 (copy)", "1", "002"):
        shutil.copytree(campaign / "rounds/01", campaign / "rounds" / name)
    (campaign / "rounds/01.zip").write_bytes(b"")
    tell(campaign, results(campaign))
    call("next", campaign)
    assert len(read_state(campaign).rounds) == 2


@pytest.mark.parametrize(
    ("part", "edited", "problem"),
    [
        ("picks", [{"id": "nobody", "arm": "new", "in_both": False}], "'nobody' is not in the library: it was changed"),
        ("passed_over", ["nobody"], "'nobody' is not in the library: it was changed"),
        ("round", 7, "says that it is round 7: it was changed"),
        (None, None, "round.json: is missing"),
    ],
)
def test_a_last_round_that_was_edited_is_one_error(tmp_path, capsys, part, edited, problem):
    campaign = start(tmp_path)
    call("next", campaign)
    path = campaign / "rounds/01/round.json"
    if part is None:
        path.unlink()
    else:
        path.write_text(json.dumps(record(campaign) | {part: edited}))
    for action in ("next", "status", "report"):
        capsys.readouterr()
        call(action, campaign, code=1)
        printed = capsys.readouterr().err
        assert problem in printed
        assert printed.count("error: ") == 1


def test_what_a_killed_tell_left_is_noted_until_its_results_are_told_again(tmp_path, capsys):
    campaign = start(tmp_path)
    call("next", campaign)
    tell(campaign, results(campaign))
    (campaign / "measurements/0002.csv").unlink()
    capsys.readouterr()
    for action in ("status", "report"):
        call(action, campaign)
        assert capsys.readouterr().out.count("note: 0002.json is there without 0002.csv: ") == 1
    tell(campaign, results(campaign))
    assert "note: 0002.json is there without 0002.csv: " in capsys.readouterr().out
    call("status", campaign)
    assert "0002.json is there" not in capsys.readouterr().out


def test_results_may_be_written_into_the_batch_itself(tmp_path, capsys):
    campaign = start(tmp_path)
    call("next", campaign)
    path, values = campaign / "rounds/01/batch.csv", dict(results(campaign))
    write(path, "id,arm,value", [(row["id"], row["arm"], values[row["id"]]) for row in batch(campaign)])
    call("tell", campaign, "--measured", path)
    assert capsys.readouterr().out.endswith("every pick has a result\n")
    call("status", campaign)
    assert f"note: {path} was changed since; the campaign goes by round.json beside it" in capsys.readouterr().out
    call("next", campaign)


def test_a_round_that_was_killed_while_it_was_written_never_was(tmp_path):
    campaign = start(tmp_path)
    (campaign / "rounds/.01.part").mkdir()
    (campaign / "rounds/.01.part/batch.csv").write_text("id,smi")
    assert read_state(campaign).rounds == []
    call("next", campaign)
    assert [path.name for path in (campaign / "rounds").iterdir()] == ["01"]


def test_results_are_recorded_even_where_another_file_of_the_campaign_is_damaged(tmp_path, capsys):
    campaign = start(tmp_path)
    call("next", campaign)
    (campaign / "features.parquet").write_bytes(b"")
    tell(campaign, results(campaign), code=1)
    printed = capsys.readouterr()
    assert "recorded: 8 new results" in printed.out
    assert printed.err.startswith(f"error: {campaign / 'features.parquet'}: was changed after")
    assert len(read_ledger(Layout(campaign)).entries) == 2


def test_bytes_depend_on_neither_workers_nor_order_of_arrival(tmp_path):
    for folder, workers in (("a", 1), ("b", 3)):
        (tmp_path / folder).mkdir()
        campaign = start(tmp_path / folder, "--workers", workers)
        call("next", campaign, "--workers", workers)
        tell(campaign, results(campaign))
        call("next", campaign, "--workers", workers)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a/c").rglob("*") if path.is_file())
    assert len(files) == 13
    for path in files:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), path


def test_without_known_molecules_both_arms_follow_todays_score(tmp_path):
    campaign = start(tmp_path, known=None)
    call("next", campaign)
    assert record(campaign)["method"] == "today"
    assert record(campaign)["counts"]["picks_in_both"] == 8
    best = sorted(range(60), key=lambda row: TODAY[row])[:3]
    assert [row["id"] for row in batch(campaign)][:3] == [IDS[row] for row in best]


def test_today_may_be_size_or_the_order_of_the_list(tmp_path):
    for order in ("size", "listed"):
        (tmp_path / order).mkdir()
        campaign = start(tmp_path / order, "--today-order", order, "--per-framework", 60, known=None)
        call("next", campaign)
    assert [row["id"] for row in batch(tmp_path / "listed/c")] == IDS[:8]
    largest = sorted((Chem.MolFromSmiles(text).GetNumHeavyAtoms() for text in SMILES), reverse=True)
    assert [float(row["today"]) for row in batch(tmp_path / "size/c")] == largest[:8]


def test_picks_without_a_result_stay_pending_and_are_not_bought_again(tmp_path, capsys):
    campaign = start(tmp_path)
    call("next", campaign)
    first = [row["id"] for row in batch(campaign)]
    tell(campaign, results(campaign)[:3])
    assert "5 picks have no result yet" in capsys.readouterr().out
    call("next", campaign)
    assert "note: 5 picks of earlier rounds have no result yet, and are not bought again" in capsys.readouterr().out
    assert {row["id"] for row in batch(campaign, 2)}.isdisjoint(first)
    assert record(campaign, 2)["counts"]["pending"] == 5
    assert read_state(campaign).pending() == first[3:] + [row["id"] for row in batch(campaign, 2)]


def test_next_twice_is_one_round_until_something_is_told(tmp_path, capsys):
    campaign = start(tmp_path)
    call("next", campaign)
    call("next", campaign)
    assert "round 1: nothing was told since it was chosen, so it stands" in capsys.readouterr().out
    assert not (campaign / "rounds/02").exists()
    call("next", campaign, "--without-new-measurements")
    assert {row["id"] for row in batch(campaign, 2)}.isdisjoint(row["id"] for row in batch(campaign))


def test_a_failed_measurement_is_kept_never_offered_and_not_learned_from(tmp_path, capsys):
    campaign = start(tmp_path)
    call("next", campaign)
    failed = batch(campaign)[0]["id"]
    rows = [(name, "" if name == failed else value, "failed" * (name == failed)) for name, value in results(campaign)]
    tell(campaign, rows, "id,value,status")
    assert "every pick has a result" in capsys.readouterr().out
    while len(read_state(campaign).eligible()):
        call("next", campaign, "--batch", 60)
        number = len(list((campaign / "rounds").iterdir()))
        assert failed not in {row["id"] for row in batch(campaign, number)}
        assert record(campaign, number)["labels"] == 6 + 7
        assert record(campaign, number)["counts"]["failed"] == 1


def test_the_same_again_and_another_value(tmp_path, capsys):
    campaign = start(tmp_path)
    call("next", campaign)
    tell(campaign, results(campaign))
    files = sorted(path.name for path in (campaign / "measurements").iterdir())
    capsys.readouterr()
    tell(campaign, results(campaign))
    assert "nothing new: all 8 results were told before" in capsys.readouterr().out
    assert sorted(path.name for path in (campaign / "measurements").iterdir()) == files
    name, value = results(campaign)[0]
    tell(campaign, [(name, 1.25)])
    assert f"changed: {name}: was value {value:g}, is now value 1.25" in capsys.readouterr().out
    call("status", campaign)
    assert f"0003.csv: changed: {name}: was value {value:g}, is now value 1.25" in capsys.readouterr().out
    assert read_state(campaign).latest()[name].value == 1.25


def test_an_unknown_id_is_one_error_and_nothing_is_written(tmp_path, capsys):
    campaign = start(tmp_path)
    call("next", campaign)
    before = {path: path.read_bytes() for path in campaign.rglob("*") if path.is_file()}
    capsys.readouterr()
    tell(campaign, [*results(campaign), ("nobody", 3)], code=1)
    printed = capsys.readouterr()
    assert "line 10: the id 'nobody' is not in the library" in printed.err
    assert printed.err.count("error: ") == 1
    assert {path: path.read_bytes() for path in campaign.rglob("*") if path.is_file()} == before


def test_a_molecule_from_elsewhere_is_learned_from(tmp_path):
    campaign = start(tmp_path)
    call("next", campaign)
    tell(campaign, [("x", "c1ccc2[nH]ccc2c1CC", 9.0)], "id,smiles,value")
    call("next", campaign)
    assert record(campaign, 2)["labels"] == 7


def test_library_molecules_that_are_known_are_kept_out_of_batches(tmp_path, capsys):
    known = [*KNOWN, ("their-name", SMILES[20], VALUES[20]), ("m21", "", VALUES[21])]
    campaign = start(tmp_path, known=known)
    assert "note: 2 of them are in the library: they are kept out of batches" in capsys.readouterr().out
    call("next", campaign, "--batch", 100)
    assert len(batch(campaign)) == 58
    assert {"m20", "m21"}.isdisjoint(row["id"] for row in batch(campaign))
    assert "58 molecules are left, fewer than the 100 of a batch" in " ".join(record(campaign)["notes"])
    call("next", campaign, "--without-new-measurements", code=1)
    assert "error: nothing is left to buy: all 60 molecules" in capsys.readouterr().err


def test_a_structure_is_bought_once(tmp_path, capsys):
    library = [*zip(IDS, SMILES, strict=True), ("twin", SMILES[3]), ("bad", "C1CC"), ("m0", "C"), ("salt", "C.C")]
    campaign = start(tmp_path, library=library)
    printed = capsys.readouterr().out
    assert "note: 3 of 64 rows have no usable id or structure, and are never bought" in printed
    assert "note: 1 molecules have the structure of an earlier one: only the first may be bought" in printed
    call("next", campaign, "--batch", 100)
    assert sorted(row["id"] for row in batch(campaign)) == sorted(IDS)
    tell(campaign, [("twin", 9.0), ("m4", 2.0)])
    results_by_id = {outcome.id: outcome.result for outcome in read_state(campaign).outcomes()}
    assert (results_by_id["m3"], results_by_id["m4"], results_by_id["m5"]) == ("hit", "miss", "pending")


def test_what_a_small_control_arm_passed_over_it_returns_to_last(tmp_path):
    campaign = start(tmp_path, "--control-share", 0.25, "--per-framework", 60)
    passed_over = set()
    for number in range(1, 5):
        call("next", campaign)
        assert passed_over.isdisjoint(row["id"] for row in batch(campaign, number) if row["arm"] == "today")
        passed_over |= set(record(campaign, number)["passed_over"])
        tell(campaign, results(campaign, number))
    assert len(passed_over) >= 8


def test_a_cap_by_framework(tmp_path):
    campaign = start(tmp_path, "--per-framework", 1)
    call("next", campaign, "--batch", 4)
    library = read_state(campaign).library
    frameworks = [library.frameworks[IDS.index(row["id"])] for row in batch(campaign)]
    assert len(set(frameworks)) == 4


@pytest.mark.parametrize(
    ("known", "note"),
    [
        (KNOWN[:3], "3 labels: fewer than 5, so the order is today's"),
        ([(*row[:2], 3.0) for row in KNOWN], "no hit among the 6 labels"),
        ([(*row[:2], 9.0) for row in KNOWN], "all 6 labels are hits"),
    ],
)
def test_what_is_known_may_be_little(tmp_path, known, note):
    campaign = start(tmp_path, known=known)
    call("next", campaign)
    assert note in " ".join(record(campaign)["notes"])
    assert record(campaign)["method"] == ("today" if len(known) == 3 else "screen")


def test_values_from_elsewhere_take_no_verdict_from_a_campaign_on_labels(tmp_path):
    write(tmp_path / "library.csv", "id,smiles", zip(IDS, SMILES, strict=True))
    write(tmp_path / "today.csv", "id,score", zip(IDS, TODAY, strict=True))
    campaign = tmp_path / "c"
    call("start", campaign, "--batch", 8, folder=tmp_path)
    call("next", campaign)
    tell(campaign, [(name, int(value >= 7)) for name, value in results(campaign)[:7]], "id,label")
    tell(campaign, [(name, smiles, value) for name, smiles, value in KNOWN[:2]], "id,smiles,value")
    call("report", campaign)
    document = json.loads((campaign / "report" / "report.json").read_text())
    assert (document["hits_are_fixed"], len(document["looks"])) == (True, 1)
    tell(campaign, results(campaign)[7:])  # from now on a pick is judged by its value
    call("report", campaign)
    document = json.loads((campaign / "report" / "report.json").read_text())
    assert (document["hits_are_fixed"], document["reason"]) == (False, "hits_are_not_fixed")


def test_equal_values_say_nothing_without_a_threshold(tmp_path):
    write(tmp_path / "library.csv", "id,smiles", zip(IDS, SMILES, strict=True))
    write(tmp_path / "today.csv", "id,score", zip(IDS, TODAY, strict=True))
    path = write(tmp_path / "known.csv", "id,smiles,value", [(*row[:2], 5.0) for row in KNOWN])
    call("start", tmp_path / "c", "--known", path, "--batch", 8, folder=tmp_path)
    call("next", tmp_path / "c")
    assert record(tmp_path / "c")["method"] == "today"
    assert "all 6 values known at the start are equal" in record(tmp_path / "c")["notes"][0]


def test_an_order_from_elsewhere_takes_the_place_of_the_screen(tmp_path):
    campaign = start(tmp_path)
    scores = write(tmp_path / "mine.csv", "id,score", [(f"m{row}", row) for row in range(50)])
    call("next", campaign, "--scores", scores, "--batch", 60)
    first = record(campaign)
    assert (first["method"], first["scores"]["sha256"]) == ("scores", sha256_file(scores))
    assert "10 molecules have no score in the table, and come last in the new order" in first["notes"]
    by_rank = {int(row["rank_new"]): row["id"] for row in batch(campaign)}
    assert [by_rank[rank] for rank in range(1, 51)] == [f"m{row}" for row in range(49, -1, -1)]
    nothing = write(tmp_path / "nothing.csv", "id,score", [("x", 1)])
    tell(campaign, results(campaign)[:1])
    call("next", campaign, "--scores", nothing, code=1)


def test_scores_that_look_like_energies_take_no_place(tmp_path, capsys):
    campaign = start(tmp_path)
    call(
        "next", campaign, "--scores", write(tmp_path / "docking.csv", "id,score", zip(IDS, TODAY, strict=True)), code=2
    )
    printed = capsys.readouterr().err
    assert "60 of 60 scores are negative, as energies are, but larger must be better" in printed
    assert printed.count("error: ") == 1
    assert not list((campaign / "rounds").iterdir())


def test_a_round_that_stands_is_not_taken_for_another(tmp_path, capsys):
    campaign = start(tmp_path)
    scores = write(tmp_path / "mine.csv", "id,score", [(name, row) for row, name in enumerate(IDS)])
    call("next", campaign, "--scores", scores, "--batch", 10)
    call("next", campaign, "--scores", scores, "--batch", 10)
    call("next", campaign)
    assert capsys.readouterr().out.count("so it stands") == 2
    call("next", campaign, "--scores", tmp_path / "nothing.csv", code=1)
    assert "nothing.csv: no such file" in capsys.readouterr().err
    reversed_scores = write(tmp_path / "reversed.csv", "id,score", [(name, -row) for row, name in enumerate(IDS, -9)])
    for words in (["--batch", 9], ["--scores", reversed_scores], ["--batch", 9, "--scores", reversed_scores]):
        call("next", campaign, *words, code=2)
        options = " and ".join(str(word) for word in words if str(word).startswith("--"))
        assert (
            f"round 1 stands, since nothing was told after it was chosen, and was chosen without this {options}\n"
            in (capsys.readouterr().err)
        )
    assert [path.name for path in (campaign / "rounds").iterdir()] == ["01"]
    call("next", campaign, "--batch", 9, "--without-new-measurements")
    assert len(batch(campaign, 2)) == 9


def test_todays_score_of_known_molecules_elsewhere_tells_how_far_to_trust_it(tmp_path):
    known = [(f"k{row}", f"C1CC{'N' * (row % 2)}CC1{'C' * row}", float(row)) for row in range(1, 13)]
    supported = []
    for folder, sign in (("right", -1), ("wrong", 1)):
        (tmp_path / folder).mkdir()
        scores = [(name, -7.5 + sign * value / 5) for name, _, value in known]
        campaign = start(tmp_path / folder, known=known, today=[*zip(IDS, TODAY, strict=True), *scores])
        call("next", campaign)
        supported.append(record(campaign)["today_supported"])
    assert supported[0] > supported[1] + 0.1


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["--control-share", "1.5"], 2, "'1.5' is not a share from 0 to 1"),
        (["--batch", "0"], 2, "'0' is not a whole number from 1"),
        (["--hit-at", "seven"], 2, "'seven' is not a finite number"),
        (["--price-per-measurement", "-1"], 2, "'-1' is less than 0"),
        (["--today-column", "docking"], 1, "there is no column 'docking'"),
        (["--known", "nothing.csv"], 1, "nothing.csv: no such file"),
        (["--max-atoms", "3"], 1, "none of the 60 rows has a usable structure: 60 too_many_atoms"),
    ],
)
def test_a_start_that_cannot_be_is_one_error_and_leaves_nothing(tmp_path, capsys, words, code, problem):
    write(tmp_path / "library.csv", "id,smiles", zip(IDS, SMILES, strict=True))
    write(tmp_path / "today.csv", "id,score", zip(IDS, TODAY, strict=True))
    before = sorted(tmp_path.iterdir())
    usual = [] if "--batch" in words else ["--batch", 8]
    with pytest.raises(SystemExit, match="2") if code == 2 else contextlib.nullcontext():
        call("start", tmp_path / "c", *usual, *words, folder=tmp_path, code=code)
    printed = capsys.readouterr().err
    assert problem in printed
    assert printed.count("error: ") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_is_there_is_left_alone(tmp_path, capsys):
    campaign = start(tmp_path)
    before = sorted(campaign.rglob("*"))
    call("start", campaign, "--batch", 8, folder=tmp_path, code=2)
    assert "already exists" in capsys.readouterr().err
    assert sorted(campaign.rglob("*")) == before


@pytest.mark.parametrize("action", ["next", "tell", "status"])
def test_a_folder_that_is_no_campaign(tmp_path, capsys, action):
    words = ["--measured", write(tmp_path / "r.csv", "id,value", [("a", 1)])] if action == "tell" else []
    call(action, tmp_path, *words, code=1)
    assert "is no campaign: there is no campaign.json in it" in capsys.readouterr().err


def test_a_campaign_can_be_copied_and_goes_on(tmp_path):
    campaign = start(tmp_path)
    call("next", campaign)
    shutil.copytree(campaign, tmp_path / "copy")
    tell(tmp_path / "copy", results(campaign))
    call("next", tmp_path / "copy")
    assert len(batch(tmp_path / "copy", 2)) == 8


def test_a_batch_is_readable_and_says_why(tmp_path):
    campaign = start(tmp_path)
    call("next", campaign)
    with (campaign / "rounds/01/batch.csv").open(newline="") as handle:
        header = next(csv.reader(handle))
    assert header[:4] == ["id", "smiles", "arm", "why"]
    for row in batch(campaign):
        assert row["smiles"] == SMILES[IDS.index(row["id"])]
        assert "by today's score (" in row["why"] or "by the screen; nearest measured: k" in row["why"]
        assert float(row["today"]) == TODAY[IDS.index(row["id"])]
