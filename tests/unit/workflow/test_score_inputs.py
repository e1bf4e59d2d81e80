"""What the rules ask about scores and labels of a run."""

import pytest

from hetero2.workflow.plan import Plan

RUN = "my"


@pytest.mark.parametrize(
    ("sections", "inputs"),
    [
        ({"truth": {"path": "t.csv"}}, {"truth": "results/my/truth/truth.csv"}),
        ({"truth": {"source": "none", "path": None}}, {}),
        (
            {"truth": {"source": "none", "path": None}, "scores": {"path": "s.csv", "train": "train.csv"}},
            {"train": "train.csv"},
        ),
        (
            {
                "truth": {"source": "none", "path": None},
                "scores": {"source": "reference:morgan_rf", "path": None, "train": "train.csv"},
            },
            {"train": "train.csv", "cross_validation": "results/my/controls/cross_validation.json"},
        ),
    ],
)
def test_labels_of_the_diagnosis_are_truth_else_training_set_else_none(sections, inputs):
    user = {"run_name": RUN, "input": {"path": "l.csv"}, "scores": {"source": "external", "path": "s.csv"}} | sections
    plan = Plan(user, ["value_utility_realtruth"])
    assert plan.diagnosis_inputs(RUN) == inputs
    words = [f"--{name.replace('_', '-')}={path}" for name, path in inputs.items()]
    assert plan.diagnosis_arguments(RUN) == " ".join(words)


@pytest.mark.parametrize(
    ("scores", "refits", "words"),
    [
        ({"source": "external", "path": "s.csv"}, 19, ""),
        ({"source": "external", "path": "s.csv", "train": "train.csv"}, 19, ""),
        ({"source": "reference:morgan_rf", "path": None, "train": "train.csv"}, 19, "--decoys-as-queries"),
        ({"source": "reference:morgan_rf", "path": None, "train": "train.csv"}, 0, ""),
    ],
)
def test_decoys_get_decoys_of_their_own_only_where_refits_audit_them(scores, refits, words):
    truth = {"source": "none", "path": None}
    user = {"run_name": RUN, "input": {"path": "l.csv"}, "scores": scores, "truth": truth, "audit": {"refits": refits}}
    plan = Plan(user, ["value_utility_realtruth"])
    assert plan.query_arguments(RUN) == words
    assert bool(plan.control_inputs(RUN)["refits"]) == bool(words)
