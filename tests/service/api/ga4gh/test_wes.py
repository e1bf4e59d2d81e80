"""WES 1.1.0 of a project: each operation against GA4GH's own document, bad requests, and whose things are whose."""

import json
import re
import uuid
from datetime import timedelta

import pytest

from hetero2.service.db import runs
from hetero2.service.domain.permissions import Action
from hetero2.service.domain.states import State
from tests.service.api.ga4gh.places import FORM, KNOWN, LIBRARY, multipart

pytestmark = pytest.mark.service
SCREEN = FORM | {"workflow_url": "hetero2://screen/1"}
STAGE = {"name": "decoys of small", "done": 3, "total": 20, "status": {"OK": 2, "SKIP": 1, "ERROR": 0}}
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def refused(answer, status):
    """The message of an error, in WES' own shape."""
    assert answer.headers["content-type"] == "application/json", answer.text
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"msg", "status_code"}
    assert body["status_code"] == status
    assert body["msg"]
    return body["msg"]


def with_stages(place, *stages):
    """A run that is at work on these stages, and how it can be completed."""
    run_id = place.site.queued()
    lease, now = place.site.begun(run_id), place.site.service.now()
    with place.site.service.writing(place.site.scope) as session:
        held = runs.heartbeat(session, lease, now, timedelta(minutes=5), {"stages": list(stages)})
    assert held is State.RUNNING
    return run_id


def test_every_answer_is_as_the_official_document_says(place, official):
    with place.client() as wes:
        shown = official.check("GetServiceInfo", wes.get("/service-info"))
        assert shown["supported_wes_versions"] == ["1.1.0"]
        assert shown["type"] == {"group": "org.ga4gh", "artifact": "wes", "version": "1.1.0"}
        assert shown["default_workflow_engine_parameters"] == []
        official.conforms("State", "QUEUED")
        assert shown["system_state_counts"].keys() == {*State}
        tagged = FORM | {"tags": '{"screen": "first"}', "workflow_params": '{"name": "mine"}'}
        asked = official.check("RunWorkflow", wes.post("/runs", files=multipart(tagged)))["run_id"]
        official.check("GetRunStatus", wes.get(f"/runs/{asked}/status"))
        waiting = official.check("GetRunLog", wes.get(f"/runs/{asked}"))
        assert waiting["request"]["tags"] == {"screen": "first"}
        assert wes.get("/service-info").json()["system_state_counts"]["QUEUED"] == 1
        official.check("CancelRun", wes.post(f"/runs/{asked}/cancel"))
        with_stages(place, STAGE)
        failed = place.site.failed("the table has no column of ids")
        complete = place.site.complete({"list.csv": b"id\n", "report.html": b"<p>"})
        for run_id in (failed, complete):
            record = official.check("GetRunLog", wes.get(f"/runs/{run_id}"))
            times = [record["run_log"][name] for name in ("start_time", "end_time")]
            assert all(re.fullmatch(MOMENT, time) for time in times)
            official.check("ListTasks", wes.get(f"/runs/{run_id}/tasks"))
        assert record["outputs"].keys() == {"list.csv", "report.html"}
        working = with_stages(place, STAGE)
        (task,) = official.check("ListTasks", wes.get(f"/runs/{working}/tasks"))["task_logs"]
        assert official.check("GetTask", wes.get(f"/runs/{working}/tasks/{task['id']}")) == task
        listed = official.check("ListRuns", wes.get("/runs"))
        for summary in listed["runs"]:
            official.conforms("RunSummary", summary)
        official.check("RunWorkflow", wes.post("/runs", data=FORM | {"workflow_type": "CWL"}), 400)
        official.check("ListRuns", wes.get("/runs?page_size=0"), 400)
        official.check("GetTask", wes.get(f"/runs/{working}/tasks/none"), 404)
        for operation, path in (("GetRunLog", ""), ("GetRunStatus", "/status"), ("ListTasks", "/tasks")):
            official.check(operation, wes.get(f"/runs/{uuid.uuid4()}{path}"), 404)
        official.check("CancelRun", wes.post(f"/runs/{uuid.uuid4()}/cancel"), 404)
    with place.client(token="h2_none") as stranger:
        official.check("GetServiceInfo", stranger.get("/service-info"), 401)
    with place.client(token=place.limited(Action.READ_RUNS)) as viewer:
        official.check("RunWorkflow", viewer.post("/runs", data=FORM), 403)
    assert official.seen == official.operations


PARAMS = {"inputs": {"library": "library.csv", "known": "known.csv"}}
FILES = [("library.csv", LIBRARY), ("known.csv", KNOWN)]


def screen(**fields):
    return SCREEN | {"workflow_params": json.dumps(PARAMS)} | fields


BAD = {
    "a Snakefile": (SCREEN | {"workflow_url": "Snakefile"}, [("Snakefile", b"rule all:\n")], "workflow_url"),
    "a Snakefile beside": (FORM, [("Snakefile", b"rule all:\n")], "no input names Snakefile"),
    "an address": (SCREEN | {"workflow_url": "https://example.org/Snakefile"}, (), "workflow_url"),
    "a file of the host": (SCREEN | {"workflow_url": "file:///etc/passwd"}, (), "workflow_url"),
    "an unknown workflow": (SCREEN | {"workflow_url": "hetero2://none/1"}, (), "there is no none"),
    "another version": (SCREEN | {"workflow_url": "hetero2://screen/2"}, (), "of version 2"),
    "no workflow": ({name: FORM[name] for name in ("workflow_type", "workflow_type_version")}, (), "workflow_url"),
    "CWL": (FORM | {"workflow_type": "CWL"}, (), "workflow_type: is not SMK"),
    "another Snakemake": (FORM | {"workflow_type_version": "1.0.0"}, (), "workflow_type_version"),
    "no type": ({"workflow_url": "hetero2://demo/1"}, (), "workflow_type"),
    "another engine": (FORM | {"workflow_engine": "toil"}, (), "workflow_engine: is not snakemake"),
    "an engine's version alone": (FORM | {"workflow_engine_version": "1"}, (), "workflow_engine_version"),
    "engine parameters": (FORM | {"workflow_engine_parameters": '{"--cores": "9"}'}, (), "none are taken"),
    "no JSON": (FORM | {"workflow_params": "{"}, (), "is no JSON"),
    "too deep": (FORM | {"workflow_params": "[" * 200_000}, (), "is no JSON"),
    "a list": (FORM | {"workflow_params": "[]"}, (), "is no JSON object"),
    "a name twice": (FORM | {"workflow_params": '{"name": "a", "name": "b"}'}, (), "stands there twice"),
    "NaN": (screen(workflow_params='{"parameters": {"hit_at": NaN}}'), FILES, "NaN is no number"),
    "half a character": (FORM | {"tags": r'{"a": "\ud800"}'}, (), "surrogate"),
    "an unknown key": (FORM | {"workflow_params": '{"profile": "slurm"}'}, (), "workflow_params.profile"),
    "an unknown parameter": (screen(workflow_params=json.dumps(PARAMS | {"parameters": {"no": 1}})), FILES, "no"),
    "a bad name": (FORM | {"workflow_params": '{"name": "../x"}'}, (), "workflow_params.name"),
    "no file of a role": (SCREEN, (), "screen needs library"),
    "a role that there is not": (FORM | {"workflow_params": '{"inputs": {"snake": "a.csv"}}'}, [FILES[0]], "a"),
    "a file of another kind": (
        screen(workflow_params=json.dumps({"inputs": {"library": "x.exe", "known": "known.csv"}})),
        [("x.exe", b"MZ"), FILES[1]],
        "does not end in",
    ),
    "a file that was not attached": (screen(), [FILES[0]], "known.csv is no file"),
    "two files of one name": (screen(), [*FILES, FILES[0]], "two files are called library.csv"),
    "a file above": (screen(), [*FILES, ("../evil.csv", LIBRARY)], "no name that can be used"),
    "a file of the root": (screen(), [*FILES, ("/etc/evil.csv", LIBRARY)], "no name that can be used"),
    "a file of Windows": (screen(), [*FILES, ("..\\evil.csv", LIBRARY)], "no name that can be used"),
    "another service": (
        screen(workflow_params=json.dumps({"inputs": {"library": f"drs://example.org/{uuid.UUID(int=1)}"}})),
        (),
        "another service",
    ),
    "many tags": (FORM | {"tags": json.dumps({str(n): "" for n in range(51)})}, (), "tags: too large"),
    "a long tag": (FORM | {"tags": json.dumps({"a": "b" * 1001})}, (), "tags: too large"),
    "a tag that is no text": (FORM | {"tags": '{"a": 1}'}, (), "each value is a text"),
    "a field that there is not": (FORM | {"profile": "slurm"}, (), "there is no such field"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_asked_for_is_refused_and_queues_nothing(place, name):
    form, files, said = BAD[name]
    before = place.counts()
    with place.client() as wes:
        assert said in refused(wes.post("/runs", files=multipart(form, files)), 400)
    n_runs, n_uploads = place.counts()
    assert n_runs == before[0]
    if name not in ("no file of a role", "a role that there is not", "a file of another kind"):
        assert n_uploads == before[1] + (name == "a file that was not attached")


def test_a_field_that_stands_there_twice_or_is_of_the_wrong_kind_is_refused(place):
    with place.client() as wes:
        twice = [*multipart(FORM), ("tags", (None, "{}")), ("tags", (None, "{}"))]
        assert "tags: stands there twice" in refused(wes.post("/runs", files=twice), 400)
        as_file = [*multipart(FORM), ("tags", ("tags.json", b"{}"))]
        assert "tags: is a file" in refused(wes.post("/runs", files=as_file), 400)
        as_text = [*multipart(FORM), ("workflow_attachment", (None, "rule all:"))]
        assert "has no file name" in refused(wes.post("/runs", files=as_text), 400)
        many = multipart(FORM, [(f"{n}.csv", b"") for n in range(21)])
        assert "Too many files" in refused(wes.post("/runs", files=many), 400)
        assert "workflow_type" in refused(wes.post("/runs", json=FORM), 400)


def test_what_is_larger_than_the_limit_is_refused_while_it_comes(place):
    with place.client() as wes:
        large = b"a" * 2_500_000
        said = refused(wes.post("/runs", files=multipart(screen(), [("library.csv", large), FILES[1]])), 413)
        assert "2000000" in said
        refused(wes.post("/runs", files=multipart(screen(), [("library.csv", large * 2)])), 413)
        refused(wes.post(f"/runs/{uuid.uuid4()}/cancel", content=large), 413)


def test_inputs_are_attached_files_uploads_and_drs_addresses(place):
    published = place.site.complete({"known.csv": KNOWN})
    host = place.site.url.removeprefix("http://").partition(":")[0]
    known = place.artifact_ids(published)["known.csv"]
    upload = place.put("library.csv", LIBRARY)
    with place.client() as wes:
        for library, files in (
            (upload, ()),
            (f"drs://{host}/{upload}", ()),
            ("sub/lib.csv", [("sub/lib.csv", LIBRARY)]),
        ):
            params = {"inputs": {"library": library, "known": f"drs://{host}/{known}"}, "parameters": {"seed": 7}}
            form = SCREEN | {"workflow_params": json.dumps(params)}
            before = place.acts().count("run.create")
            answer = wes.post("/runs", files=multipart(form, files))
            assert answer.status_code == 200, answer.text
            assert place.acts().count("run.create") == before + 1
            again = wes.get(f"/runs/{answer.json()['run_id']}").json()["request"]
            assert again["workflow_params"]["parameters"] == {"seed": 7}
            assert again["workflow_url"] == "hetero2://screen/1"
            # What is shown of a request is one that can be made again.
            texts = {name: again[name] for name in FORM} | {"workflow_params": json.dumps(again["workflow_params"])}
            repeated = wes.post("/runs", data=texts).json()["run_id"]
            assert wes.get(f"/runs/{repeated}").json()["request"] == again


def test_files_of_others_answer_as_files_that_there_are_not(place, other):
    theirs = other.put("library.csv", LIBRARY)
    published = other.artifact_ids(other.site.complete({"list.csv": LIBRARY}))["list.csv"]
    host = place.site.url.removeprefix("http://").partition(":")[0]

    def said(text, file_id):
        form = SCREEN | {"workflow_params": json.dumps({"inputs": {"library": text.format(file_id)}})}
        with place.client() as wes:
            return refused(wes.post("/runs", files=multipart(form)), 400).replace(file_id, "ID")

    for text in ("{}", f"drs://{host}/{{}}"):
        nothing = said(text, str(uuid.uuid4()))
        assert said(text, theirs) == nothing
        assert said(text, published) == nothing


def test_a_project_of_others_answers_as_one_that_there_is_not(place, other):
    run_id = place.site.queued()
    names = ("none/none", f"{place.org}/none", f"none/{place.project}", f"{other.org}/{other.project}")
    paths = [("GET", path) for path in ("/service-info", "/runs", f"/runs/{run_id}", f"/runs/{run_id}/status")]
    paths += [("GET", f"/runs/{run_id}/tasks"), ("GET", f"/runs/{run_id}/tasks/a")]
    paths += [("POST", "/runs"), ("POST", f"/runs/{run_id}/cancel")]
    for method, path in paths:
        answers = set()
        for below in names:
            with place.client(names=below) as wes:
                answers.add(refused(wes.request(method, path), 404))
        assert len(answers) == 1, path
    # Runs of others, in one's own project.
    with other.client() as wes:
        for method, path in paths[2:]:
            if path != "/runs":
                theirs = refused(wes.request(method, path), 404).replace(str(run_id), "ID")
                nothing = str(uuid.uuid4())
                answer = wes.request(method, path.replace(str(run_id), nothing))
                assert refused(answer, 404).replace(nothing, "ID") == theirs
        listed = {run["run_id"] for run in wes.get("/runs?page_size=200").json()["runs"]}
        assert str(run_id) not in listed
    with place.client() as wes:
        assert wes.get(f"/runs/{run_id}/status").json()["state"] == "QUEUED"


def test_a_token_does_what_its_actions_say(place):
    run_id = place.ask()
    with place.client(token=place.limited(Action.READ_RUNS)) as viewer:
        assert viewer.get(f"/runs/{run_id}").status_code == 200
        assert "runs:write" in refused(viewer.post("/runs", data=FORM), 403)
        assert "runs:write" in refused(viewer.post(f"/runs/{run_id}/cancel"), 403)
    with place.client(token=place.limited(Action.WRITE_RUNS)) as writer:
        for path in ("/service-info", "/runs", f"/runs/{run_id}", f"/runs/{run_id}/status", f"/runs/{run_id}/tasks"):
            assert "runs:read" in refused(writer.get(path), 403)
        assert "runs:read" in refused(writer.get(f"/runs/{run_id}/tasks/a"), 403)
        assert writer.post(f"/runs/{run_id}/cancel").json() == {"run_id": run_id}
    with place.client(token="") as nobody:
        for answer in (nobody.get("/service-info"), nobody.get("/runs"), nobody.post("/runs", data=FORM)):
            refused(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_list_over_pages(place):
    asked = [place.ask(tags=json.dumps({"n": str(n)})) for n in range(5)]
    seen, token = [], None
    with place.client() as wes:
        while token != "":
            query = {"page_size": 2} | ({"page_token": token} if token else {})
            page = wes.get("/runs", params=query).json()
            assert len(page["runs"]) <= 2
            seen += page["runs"]
            token = page["next_page_token"]
            place.ask()  # newer than all that is still to come
            if len(seen) > 8:
                break
        numbers = {run["run_id"]: run["tags"].get("n") for run in seen}
        assert [numbers[run_id] for run_id in asked] == list("01234")
        assert [run["run_id"] for run in seen[:5]] == asked[::-1]
        assert len(wes.get("/runs?page_size=9999999999").json()["runs"]) >= 5
        for query in ("page_token=forged", "page_token=WyIxIiwgMl0=", "page_size=0", "page_size=-1", "page_size=x"):
            refused(wes.get(f"/runs?{query}"), 400)


def test_a_cancel_is_one_act_and_one_of_a_run_that_has_ended_says_so(place):
    run_id = place.ask()
    before = place.acts().count("run.cancel")
    with place.client() as wes:
        assert wes.post(f"/runs/{run_id}/cancel").json() == {"run_id": run_id}
        assert wes.get(f"/runs/{run_id}/status").json() == {"run_id": run_id, "state": "CANCELED"}
        assert "has ended already" in refused(wes.post(f"/runs/{run_id}/cancel"), 409)
    assert place.acts().count("run.cancel") == before + 1


def test_tasks_are_the_stages_that_have_begun(place):
    names = ["prepare of small", "decoys of small", "report of small"]
    run_id = with_stages(place, *(STAGE | {"name": name} for name in names))
    seen, token = [], None
    with place.client() as wes:
        while token != "":
            query = {"page_size": 2} | ({"page_token": token} if token else {})
            page = wes.get(f"/runs/{run_id}/tasks", params=query).json()
            seen, token = seen + page["task_logs"], page["next_page_token"]
        assert [task["name"] for task in seen] == names
        assert seen[1]["system_logs"] == ["3 of 20 done: 2 OK, 1 SKIP"]
        assert [wes.get(f"/runs/{run_id}/tasks/{task['id']}").json() for task in seen] == seen
        refused(wes.get(f"/runs/{run_id}/tasks?page_token=forged"), 400)
        refused(wes.get("/runs/none/tasks"), 404)
        assert wes.get(f"/runs/{place.ask()}/tasks").json() == {"task_logs": [], "next_page_token": ""}
