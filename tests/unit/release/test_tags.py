"""Release tags: what they name, and every reason to refuse one."""

import datetime

import pytest

from hetero2.config import overlays
from hetero2.errors import ConfigError
from tools.release.tags import check_date, command, inputs_layer, layer_of, parse, prefixes

SHA256, OWN = "ab" * 32, parse("value-utility-realtruth-2026-11-22-r1")


@pytest.mark.parametrize(
    ("text", "target", "revision"),
    [
        ("value-utility-realtruth-2026-11-22-r1", "value_utility_realtruth", 1),
        ("value-utility-realtruth-2026-11-22", "value_utility_realtruth", None),
        ("value-known-bad-good-2024-02-29-r0", "value_known_bad_good", 0),
        ("stress-10k-2026-11-22-r12", "stress", 12),
    ],
)
def test_a_tag_names_its_target(text, target, revision):
    tag = parse(text)
    assert (tag.target, tag.revision, tag.is_local) == (target, revision, revision == 0)
    assert parse(tag.next()).revision == (revision or 0) + 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a release tag"),
        ("v1.0", "not a release tag"),
        ("value-utility-realtruth", "not a release tag"),
        ("value-utility-realtruth-2026-11-22-r01", "not a release tag"),
        ("value-utility-realtruth-2026-11-22-1", "not a release tag"),
        ("value_utility_realtruth-2026-11-22", "not a release tag"),
        ("value-utility-realtruth-2026-11-22-r1\n", "not a release tag"),
        ("value-utility-realtruth-2026-11-22-r1; rm", "not a release tag"),
        ("--help-2026-11-22", "not a release tag"),
        ("value-utility-wonder-2026-11-22-r1", "no prefix 'value-utility-wonder'"),
        ("stress-2026-11-22", "no prefix 'stress'"),
        ("value-ring-suite-2026-02-30-r1", "there is no 2026-02-30"),
        ("value-ring-suite-2026-13-01", "there is no 2026-13-01"),
        ("value-ring-suite-0000-01-01", "there is no 0000-01-01"),
    ],
)
def test_a_wrong_tag_is_refused_with_the_reason(text, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        parse(text)
    assert "value-known-bad-good" in caught.value.hint  # what a tag looks like, and which there are


def test_a_date_to_come_is_refused_but_not_that_of_another_time_zone():
    today = datetime.date(2026, 11, 22)
    check_date(parse("value-ring-suite-2026-11-23-r1"), today)
    with pytest.raises(ConfigError, match="2026-11-24 is in the future"):
        check_date(parse("value-ring-suite-2026-11-24-r1"), today)


def test_every_prefix_builds_a_target_and_every_value_target_has_one():
    found = {one["target"] for one in prefixes().values()}
    assert found <= set(overlays.targets())
    assert {name for name in overlays.targets() if name.startswith("value_")} <= found
    for prefix in prefixes():
        assert layer_of(parse(f"{prefix}-2026-11-22"), {}) == prefixes()[prefix].get("layer", {})


def test_assets_are_the_packs_of_the_target():
    assert parse("value-ring-suite-2026-11-22").assets() == ["value_ring_suite_evidence_pack.zip"]
    several = parse("value-known-bad-good-2026-11-22")
    assert several.assets() == [
        f"value_known_bad_good_{name}_evidence_pack.zip" for name in ("BAD-constant", "BAD-random", "GOOD-synthetic")
    ]
    assert several.further() == ["separation.json", "separation.html"]
    assert len(several.files()) == 11


def test_inputs_of_a_release_become_a_layer_and_empty_ones_are_not_given():
    assert inputs_layer(OWN, {"truth_url": "", "truth_sha256": "", "scores_url": None, "selection_k": ""}) == {}
    given = {"truth_url": "https://example.org/t.csv", "truth_sha256": SHA256, "selection_k": "20"}
    layer = layer_of(OWN, inputs_layer(OWN, given))
    assert layer["truth"] == {"source": "external", "url": given["truth_url"], "sha256": SHA256}
    assert layer["selection"] == {"k": 20}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"truth_url": "https://example.org/t.csv"}, "--truth-sha256 is missing"),
        ({"scores_sha256": SHA256}, "--scores-url is missing"),
        ({"selection_k": "-1"}, "--selection-k: '-1' is not a whole number"),
        ({"selection_k": "1e3"}, "is not a whole number"),
        ({"scores_url": "http://example.org/s.csv", "scores_sha256": SHA256}, "--scores-url: http://.* is not https"),
        ({"truth_url": "file:///folder/t.csv", "truth_sha256": SHA256}, "is not https"),
        ({"truth_url": "https://[", "truth_sha256": SHA256}, "truth.url"),
        ({"selection_k": "²"}, "is not a whole number"),
        ({"truth_url": "https://example.org/t.csv", "truth_sha256": "ab"}, "truth.sha256"),
        ({"selection_k": "0"}, "selection.k"),
    ],
)
def test_wrong_inputs_are_refused(given, reason):
    with pytest.raises(ConfigError, match=reason):
        layer_of(OWN, inputs_layer(OWN, given))


def test_only_some_prefixes_take_inputs():
    with pytest.raises(ConfigError, match="takes no inputs of its own, found selection_k"):
        inputs_layer(parse("value-ring-suite-2026-11-22-r1"), {"selection_k": "5"})


def test_the_command_shows_no_secret_of_an_address():
    given = {"truth_url": "https://example.org/t.csv?signature=secret", "truth_sha256": SHA256}
    text = command(OWN, layer_of(OWN, inputs_layer(OWN, given)))
    assert "https://example.org/t.csv" in text
    assert "secret" not in text
