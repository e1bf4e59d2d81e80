"""A pack as a Workflow Run Crate and as a data package: consistent with its manifest, read by code that is not ours."""

import json
import random

import pytest
from frictionless import validate
from rocrate.rocrate import ROCrate

from hetero2.io.files import pretty_json, read_json, write_text
from hetero2.pack import manifest
from hetero2.pack.descriptions import crate, datapackage
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.layout import CHECKSUMS, CRATE, DATAPACKAGE, DESCRIPTIONS, MANIFEST, NOT_PAYLOAD
from tests.packs import edit, relist


def entities(pack):
    return {entity["@id"]: entity for entity in read_json(pack / CRATE)["@graph"]}


def test_the_crate_says_what_the_manifest_says(pack):
    facts, by_id = read_json(pack / MANIFEST), entities(pack)
    for entry in facts["files"]:
        if entry["path"] not in DESCRIPTIONS:
            entity = by_id[entry["path"]]
            assert (entity["sha256"], entity["contentSize"]) == (entry["sha256"], str(entry["size_bytes"]))
    for entry in facts["inputs"]:
        assert by_id[f"urn:hash:sha256:{entry['sha256']}"]["name"] == entry["name"]
    for name in (MANIFEST, CHECKSUMS, DATAPACKAGE, CRATE):
        assert "sha256" not in by_id[name], "a digest of a list, or of each other, could not be written"
    action = by_id[f"urn:hetero2:run:{facts['run_id']}"]
    values = {by_id[part["@id"]]["name"]: by_id[part["@id"]].get("value") for part in action["object"]}
    assert values["decoys.k"] == facts["config"]["decoys"]["k"]
    assert values["input.path"] == "library.csv"
    assert {part["@id"] for part in action["result"]} >= {"summary.csv", "metrics.json", "report.html"}
    assert action["endTime"] == by_id["./"]["datePublished"] == "1980-01-01T00:00:00+00:00"


def test_the_crate_is_one_for_the_library_of_others(pack):
    """The parts that Workflow Run Crate 0.5 requires, found through rocrate."""
    read = ROCrate(pack)
    workflow = read.mainEntity
    assert set(workflow.type) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    assert workflow["programmingLanguage"]["name"] == "Snakemake"
    assert {profile.id for profile in read.root_dataset["conformsTo"]} == {
        "https://w3id.org/ro/wfrun/process/0.5",
        "https://w3id.org/ro/wfrun/workflow/0.5",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
    }
    (action,) = [entity for entity in read.get_entities() if entity.type == "CreateAction"]
    assert action["instrument"].id == workflow.id
    assert read.root_dataset["mentions"].id == action.id
    ids = {entity.id for entity in read.get_entities()}
    for key in ("input", "output"):
        for parameter in workflow[key]:
            assert parameter.type == "FormalParameter"
            examples = parameter["workExample"]
            for example in examples if isinstance(examples, list) else [examples]:
                assert example.id in ids
                assert example["exampleOfWork"].id == parameter.id
    missing = [e.id for e in read.data_entities if ":" not in e.id and not (pack / e.id).exists()]
    assert missing == []
    references = {value["@id"] for value in _references(read_json(pack / CRATE)["@graph"])}
    outside = {name for name in references if name not in entities(pack)}
    assert all(name.startswith(("https://", "http://schema.org/")) for name in outside), outside


def _references(value):
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_a_file_that_went_in_twice_is_one_entity_with_both_roles(pack):
    facts = read_json(pack / MANIFEST)
    library = next(entry for entry in facts["inputs"] if entry["role"] == "library")
    facts["inputs"].append(library | {"role": "training set", "name": "again.csv"})
    by_id = {entity["@id"]: entity for entity in crate.document(facts)["@graph"]}
    entity = by_id[f"urn:hash:sha256:{library['sha256']}"]
    assert (entity["name"], entity["description"]) == ("library.csv, again.csv", "library, training set")
    assert entity["exampleOfWork"] == [{"@id": "#input-library"}, {"@id": "#input-training-set"}]
    assert by_id["#input-training-set"]["workExample"] == {"@id": entity["@id"]}


def test_a_release_dates_the_descriptions(pack):
    facts = read_json(pack / MANIFEST) | {"timestamp_utc": "2026-11-22T10:00:00Z"}
    by_id = {entity["@id"]: entity for entity in crate.document(facts)["@graph"]}
    assert by_id["./"]["datePublished"] == "2026-11-22T10:00:00+00:00"
    package = datapackage.document(pack, facts, facts["files"])
    assert package["created"] == "2026-11-22T10:00:00+00:00"


def test_the_same_manifest_gives_the_same_bytes_in_whatever_order_its_keys_are(pack):
    facts = read_json(pack / MANIFEST)
    keys = list(facts)
    random.Random(0).shuffle(keys)
    shuffled = {key: facts[key] for key in keys}
    assert pretty_json(crate.document(shuffled)) == (pack / CRATE).read_text()
    files = [entry for entry in facts["files"] if entry["path"] not in DESCRIPTIONS]
    assert pretty_json(datapackage.document(pack, shuffled, files)) == (pack / DATAPACKAGE).read_text()


def test_the_data_package_holds_for_frictionless(pack):
    """Every table is read with its types and limits, and every file hashed, by code that is not ours."""
    report = validate(str(pack / DATAPACKAGE))
    assert report.valid, [error.message for task in report.tasks for error in task.errors]
    facts = read_json(pack / MANIFEST)
    results = {
        entry["path"]
        for entry in facts["files"]
        if entry["path"] not in NOT_PAYLOAD and not entry["path"].startswith("workflow/")
    }
    assert {task.place for task in report.tasks} == results


@pytest.mark.parametrize("name", ["summary.csv", "metrics.json"])
def test_frictionless_sees_a_file_that_was_changed(pack, name):
    with (pack / name).open("ab") as stream:
        stream.write(b" ")
    report = validate(str(pack / DATAPACKAGE))
    assert {task.place for task in report.tasks if not task.valid} == {name}


def test_frictionless_sees_a_cell_of_another_type(pack):
    path = pack / "hit_curve.csv"
    header, first, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join([header, "many," + first.partition(",")[2], *rest]))
    relist(pack)
    report = validate(str(pack / DATAPACKAGE))
    assert [task.place for task in report.tasks if not task.valid] == ["hit_curve.csv"]


def relist_only(pack):
    """Make both lists agree with the files, and leave the descriptions as they are."""
    files = manifest.list_files(pack)
    text = pretty_json(manifest.with_files(read_json(pack / MANIFEST), files))
    write_text(pack / MANIFEST, text)
    write_text(pack / CHECKSUMS, manifest.checksums(files, text))


def replaced(pack, name, change):
    """The problems of a pack with another description, whose lists agree with it, as a forger would make them."""
    edit(pack / name, change)
    relist_only(pack)
    return [str(problem) for problem in verify(pack)]


def with_entity(name, /, **changes):
    def change(document):
        next(entity for entity in document["@graph"] if entity["@id"] == name).update(changes)
        return document

    return change


def with_resource(name, **changes):
    def change(document):
        next(resource for resource in document["resources"] if resource["path"] == name).update(changes)
        return document

    return change


def without_resource(document):
    return document | {"resources": document["resources"][1:]}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (CRATE, with_entity("summary.csv", sha256="0" * 64), "sha256 of summary.csv is '000"),
        (CRATE, with_entity("metrics.json", contentSize="1"), "contentSize of metrics.json is '1'"),
        (CRATE, with_entity("./", identifier="urn:hash:sha256:0"), "identifier of ./ is"),
        (CRATE, with_entity(MANIFEST, sha256="0" * 64), "sha256 of manifest.json is '000"),
        (CRATE, lambda document: document | {"@graph": []}, "has no list of objects under '@graph'"),
        (DATAPACKAGE, with_resource("summary.csv", hash="sha256:0"), "hash of summary.csv is 'sha256:0'"),
        (DATAPACKAGE, with_resource("summary.csv", bytes=1), "bytes of summary.csv is 1"),
        (DATAPACKAGE, without_resource, "card_decoys.csv is not described"),
        (DATAPACKAGE, with_resource("summary.csv", path="other.csv"), "other.csv is described, but"),
    ],
)
def test_verify_sees_a_description_that_contradicts_the_pack(pack, name, change, message):
    problems = replaced(pack, name, change)
    assert any(problem.startswith(f"{name}: ") and message in problem for problem in problems), problems


def text_places(value):
    """(container, key) of every text in a document, but the ids and paths that tell its parts apart."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        if isinstance(value[key], dict | list):
            yield from text_places(value[key])
        elif isinstance(value[key], str) and key not in ("@id", "path"):
            yield value, key


@pytest.mark.parametrize(("name", "least"), [(CRATE, 900), (DATAPACKAGE, 300)])
def test_verify_sees_every_text_of_a_description_that_was_edited(pack, name, least):
    """All texts at once, each with a mark of its own: each is named, up to the most problems that verify prints."""
    marks = []

    def marked(document):
        for number, (container, key) in enumerate(text_places(document)):
            marks.append(f"edited-{number}-{key}")
            container[key] = marks[-1]
        return document

    problems = replaced(pack, name, marked)
    assert len(marks) >= least
    assert len([mark for mark in marks if any(repr(mark) in problem for problem in problems)]) >= min(len(marks), 990)


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_verify_sees_a_description_with_the_same_values_in_another_text(pack, name):
    """Other spaces, and another order of the parts."""
    text = (pack / name).read_text()
    key = "@graph" if name == CRATE else "resources"
    turned = json.loads(text)
    turned[key].reverse()
    for other in (json.dumps(json.loads(text)), pretty_json(turned)):
        write_text(pack / name, other)
        relist_only(pack)
        problems = [str(problem) for problem in verify(pack)]
        assert problems == [f"{name}: not in canonical form (order of {key}, sorted keys, two spaces, final newline)"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_entity("./", license={"@id": "https://example.org"}), "license.@id of ./ is 'https://example.org'"),
        (with_entity("#hetero2", name="somebody else"), "name of #hetero2 is 'somebody else', "),
        (with_entity("#value-decoys.k", value=5000), "value of #value-decoys.k is 5000, "),
        (with_entity("workflow/Snakefile", version="9"), "version of workflow/Snakefile is '9', "),
        (lambda document: document | {"@context": []}, "@context is [], "),
        (
            lambda document: document | {"author": "somebody"},
            "author is 'somebody', manifest.json and the files give no",
        ),
        (lambda document: document | {"@graph": document["@graph"] * 2}, "./ is described twice"),
        (lambda document: document | {"@graph": document["@graph"][:9]}, "describes 9 entities, fewer than"),
        (lambda document: document | {"@graph": [*document["@graph"], {"@id": "#more"}]}, "#more is described, but"),
        (lambda document: document | {"@graph": [*document["@graph"], 7]}, "has no @id"),
    ],
)
def test_verify_names_what_was_edited_in_a_crate(pack, change, message):
    problems = replaced(pack, CRATE, change)
    assert any(problem.startswith(f"{CRATE}: ") and message in problem for problem in problems), problems


def test_a_manifest_of_endless_settings_costs_no_memory(pack):
    """A short crate beside a configuration that would take one of gigabytes."""
    facts = read_json(pack / MANIFEST)
    facts["config"]["x" * 5000] = dict.fromkeys(map(str, range(50)), 1)
    write_text(pack / MANIFEST, pretty_json(facts))
    relist_only(pack)
    assert any("the configuration has a key of 50" in problem for problem in verify(pack))


def test_verify_sees_an_input_that_a_description_hides(pack):
    """The crate without the library that the run read."""
    digest = read_json(pack / MANIFEST)["inputs"][0]["sha256"]

    def without(document):
        name = f"urn:hash:sha256:{digest}"
        return document | {"@graph": [entity for entity in document["@graph"] if entity["@id"] != name]}

    assert any(f"urn:hash:sha256:{digest} is not described" in problem for problem in replaced(pack, CRATE, without))


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_pack_has_both_descriptions_or_an_old_one_neither(pack, name):
    (pack / name).unlink()
    relist(pack)
    assert f"{name}: required, but missing" in [str(problem) for problem in verify(pack)]


def test_a_description_that_is_no_json_object_is_a_problem(pack):
    problems = replaced(pack, CRATE, lambda _: [])
    assert f"{CRATE}: has no list of objects under '@graph'" in problems
    assert json.loads((pack / CRATE).read_text()) == []
