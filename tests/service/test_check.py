"""What is understood before a run, by the API and by the page: the same, and nothing starts."""

import html

import pytest

from tests.service import sites
from tests.service.browsing import Browser

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with sites.served(tmp_path_factory.mktemp("site")) as served:
        yield served


@pytest.fixture
def client(site):
    with Browser(base_url=site.url, timeout=120, headers={"Authorization": f"Bearer {site.token}"}) as opened:
        opened.sign_in(token=site.token)
        yield opened


def _upload(client, name, text):
    return client.put("/api/v1/uploads", params={"name": name}, content=text.encode()).json()["id"]


def test_the_page_and_the_api_say_the_same(client, tmp_path):
    library, _ = sites.screen_files(tmp_path)
    train = "id,smiles,label\n" + "".join(f"t{n},{smiles},{n % 2}\n" for n, smiles in enumerate(sites.SMILES))
    inputs = {
        "library": _upload(client, "library.csv", library.read_text()),
        "train": _upload(client, "train.csv", train),
    }
    asked = {"workflow": "reference_scorer", "inputs": inputs, "parameters": {"top_k": 5}}
    answer = client.post("/api/v1/runs:check", json=asked)
    assert answer.status_code == 200, answer.text
    lines = answer.json()["lines"]
    assert any("20 molecules" in line for line in lines)
    kept = {f"kept-{role}": upload for role, upload in inputs.items()}
    page = client.form("/new/reference_scorer", kept, files={"p-top_k": (None, "5")})
    for line in lines:
        assert html.escape(line.partition(" (--")[0]) in page.text
    assert client.get("/api/v1/runs").json()["runs"] == []


def test_what_cannot_be_run_is_refused_as_a_run_would_be(client):
    bad = _upload(client, "bad.csv", "name,what\na,b\n")
    for asked, said in (
        ({"workflow": "nothing"}, "there is no nothing"),
        ({"workflow": "reference_scorer"}, "needs library"),
        ({"workflow": "screen", "parameters": {"trust": 7}}, "parameters.trust"),
        ({"workflow": "reference_scorer", "inputs": {"library": bad, "train": bad}}, "bad.csv: no column"),
    ):
        answer = client.post("/api/v1/runs:check", json=asked)
        assert answer.status_code == 422
        assert said in answer.json()["detail"]
    assert client.post("/api/v1/runs:check", json={"workflow": "demo"}).json() == {"lines": []}
