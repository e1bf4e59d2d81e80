"""The leaks are those that comparing all structures with all by all keys gives, though few keys are computed."""

import random
from functools import cache

import pytest

from hetero2.chem.molecules import canonical, fixed_point, parse, structure_hash
from hetero2.chem.structures.same_compound import DEAR_KINDS, flattened, keys, skeleton
from hetero2.inputs import compound_forms
from hetero2.runtime import isolated
from hetero2.stages.leakage import find_leaks
from tests.unit.chem.structures.test_same_compound import FAR_APART, FORMS, MOVABLE, OTHERS, forms, public_molecules
from tests.unit.stages.test_leakage import written

SALTS = ["CCC(=O)[O-].[Na+]", "CCC(=O)O.[Na+]", "CCN.Cl", "CC[NH3+].[Cl-]", "CC(=O)O[Hg]C", "C[Hg+].CC(=O)[O-]"]
NOT_ALIKE = [
    "O=C(NCC1CC=CCC1)c1ccccc1",
    "O=C(NCC1C=CCCC1)c1ccccc1",
    "O=C(NCc1ccccc1)C1CC=CCC1",
]  # of one whole skeleton


def stable(smiles):
    """The canonical SMILES that reads and writes as itself."""
    return fixed_point(canonical(parse(smiles)))[0]


def varied():
    """Canonical SMILES in groups: forms of a compound, or compounds that look alike."""
    yield from (list(pair) for pair in (*FORMS.values(), *OTHERS.values()))
    yield from (SALTS, list(FAR_APART), NOT_ALIKE)
    for smiles in [*MOVABLE, *public_molecules(40)]:
        texts = {canonical(form) for form in forms(smiles)}
        yield [smiles, *sorted(text for text in texts if parse(text) is not None)[:8]]


@cache
def slow_names(smiles):
    """What a structure shares with all that are the same compound as it."""
    flat, number = flattened(smiles)[0], skeleton(parse(smiles))
    return {(number, name) for name in {flat} | keys(flat)}


def first_same(smiles, others):
    """The first (id, SMILES) of others that is the same compound."""
    return next((name for name, text in others if not slow_names(smiles).isdisjoint(slow_names(text))), None)


def slow_leaks(library, decoys_of, train):
    """(kind, id, hash, id of the other, match) of every leak, by comparing every structure with every other one."""
    firsts, trained = {}, {}
    for side, structures in ((firsts, library), (trained, train)):
        for name, text in structures:
            side.setdefault(text, name)
    in_library, in_training = ([(name, text) for text, name in side.items()] for side in (firsts, trained))

    def training(kind, name, text):
        same = (trained[text], "structure") if text in trained else (first_same(text, in_training), "compound")
        return [] if same[0] is None else [(kind, name, structure_hash(text), *same)]

    seen, leaks = set(), []
    for name, text in library:
        same = (firsts[text], "structure") if text in seen else (first_same(text, in_library), "compound")
        seen.add(text)
        leaks += [("duplicate_in_library", name, structure_hash(text), *same)] if same[0] != name else []
        leaks += training("molecule_in_training", name, text)
    for row, texts in decoys_of.items():
        for text in texts:
            same = (firsts[text], "structure") if text in firsts else (first_same(text, in_library), "compound")
            named = (library[row][0], structure_hash(text), *same)
            leaks += [("decoy_in_library", *named)] if same[0] is not None else []
            leaks += training("decoy_in_training", library[row][0], text)
    return leaks


def found_leaks(folder, train):
    trained = {}
    for name, text in train:
        trained.setdefault(structure_hash(text), (name, text))
    leaks = find_leaks([folder / "m.parquet"], [folder / "d.parquet"], trained, 1.0)
    fields = ("kind", "id", "structure_hash", "other_id", "match")
    return [tuple(getattr(leak, field) for field in fields) for leak in leaks if leak.kind != "molecule_near_training"]


@pytest.mark.parametrize("with_training", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_leaks_are_those_of_comparing_all_with_all(tmp_path, seed, with_training):
    rng = random.Random(seed)
    sides = [], [], []
    for group in varied():
        for text in {stable(smiles): None for smiles in group}:
            for side in rng.sample(sides, rng.choice((1, 1, 1, 2, 3))):
                side.append(text)
    for side in sides:
        rng.shuffle(side)
    library = [(f"m{number}", text) for number, text in enumerate([*sides[0], *sides[0][:5]])]
    train = [(f"t{number}", text) for number, text in enumerate(sides[2])] if with_training else []
    decoys_of = {row: sides[1][row::50] for row in range(50)}
    expected = slow_leaks(library, decoys_of, train)
    kinds = {(kind, match) for kind, *_, match in expected}
    assert len(kinds) == (8 if with_training else 4)
    assert found_leaks(written(tmp_path, library, decoys_of, train), train) == expected


def test_dear_keys_are_computed_where_cheap_ones_do_not_tell_which_is_the_first_of_the_same(tmp_path, monkeypatch):
    asked = {}

    plain = isolated.each

    def each(function, texts, limits):
        asked.setdefault(function.keywords["kinds"], set()).update(texts)
        return plain(function, texts, limits)

    def dear(*smiles):
        """SMILES whose dear keys were computed for a library of these."""
        asked.clear()
        library = [(f"m{number}", stable(text)) for number, text in enumerate(smiles)]
        assert found_leaks(written(tmp_path, library, {}, []), []) == slow_leaks(library, {}, [])
        return asked.get(DEAR_KINDS, set())

    monkeypatch.setattr(compound_forms.isolated, "each", each)
    cheap, hydrogen_of_carbon = FORMS["benzimidazole"], FORMS["imine and enamine"]
    assert dear(*cheap) == set()
    assert dear(*FAR_APART) == set()
    assert dear(*NOT_ALIKE[:2]) == {stable(smiles) for smiles in NOT_ALIKE[:2]}
    assert dear(*hydrogen_of_carbon, *cheap) <= {stable(smiles) for smiles in hydrogen_of_carbon}
