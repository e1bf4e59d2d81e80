import pytest

from hetero2.errors import InputError
from hetero2.inputs.truth import read_truth

HEAD = "molecule_id,expensive_label,truth_source,truth_version\n"
GOOD = "a,PASS,external,customer_truth.v1\n"


def read(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text)
    return read_truth(path)


def test_labels_by_id_and_further_columns_are_ignored(tmp_path):
    text = HEAD.strip() + ",x\n" + GOOD.strip() + ",1\n" + "b,FAIL,external,customer_truth.v1,2\n"
    assert read(tmp_path, text) == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "no row after the header"),
        ("molecule_id,expensive_label,truth_source\na,PASS,external\n", "no column 'truth_version'"),
        (HEAD + GOOD + GOOD, "line 3: molecule_id 'a' occurs twice"),
        (HEAD + GOOD.replace("PASS", "pass"), "line 2: expensive_label is 'pass'"),
        (HEAD + GOOD.replace("v1", "v2"), "line 2: truth_version is 'customer_truth.v2'"),
        (HEAD + GOOD.replace("external", ""), "line 2: truth_source is ''"),
        (HEAD + GOOD.replace("external", "proxy_rule_v1"), "truth_source is 'proxy_rule_v1', expected 'external'"),
        (HEAD + GOOD.replace("a,", ",", 1), "line 2: molecule_id is empty"),
    ],
)
def test_every_breach_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)
