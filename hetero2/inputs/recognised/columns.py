"""Which column of a table is which, by the names that columns usually have; where two could be meant, it is asked."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hetero2.errors import ConfigError, InputError
from hetero2.io.tables import shown_names


class Role(NamedTuple):
    """What a column is for: its name in the contract, the option that names it, and its usual names, letters only."""

    name: str
    option: str
    usual: frozenset[str]


def _role(name: str, option: str, usual: str) -> Role:
    return Role(name, option, frozenset(usual.split()))


ID = _role(
    "id",
    "--id-column",
    "id ids identifier name names title molid molname moleculeid moleculename compoundid compoundname compound "
    "cmpdid cmpdname cmpd cid molecule moleculechemblid chemblid zincid catalogid catalogueid catalognumber sampleid "
    "substanceid supplierid structureid ligand ligandid ligandname",
)
SMILES = _role(
    "smiles",
    "--smiles-column",
    "smiles smi canonicalsmiles isomericsmiles cansmiles canonsmiles rdkitsmiles smilesstring structure "
    "structuresmiles moleculesmiles compoundsmiles ligandsmiles",
)
SCORE = _role(
    "score",
    "--score-column",
    "score scores prediction predictions predicted pred yhat ypred dockingscore dockscore vinascore gscore glidescore "
    "affinity bindingaffinity probability prob predictedvalue predictedactivity",
)
LABEL = _role(
    "label",
    "--label-column",
    "label labels expensivelabel class active activity activityclass isactive hit ishit outcome result y value "
    "measurement measured pactivity pic pki pkd pec pchembl pchemblvalue potency",
)


def letters(name: str) -> str:
    """The letters of a name in lower case: what is left of `Canonical_SMILES (new)` is `canonicalsmilesnew`."""
    return re.sub(r"[^a-z]", "", name.lower())


def find(path: Path, header: Sequence[str], role: Role, asked: str | None) -> str | None:
    """The column of a table that has a role, `asked` being the one that the user named; None where there is none.

    A name holds for the files that have such a column: the ids of the library may be called otherwise than those of the
    truth. Raises ConfigError where the table has neither it nor a column with a usual name, or two could be meant.
    """
    if asked is not None and asked in header:
        return asked
    if asked is not None and role.name == SCORE.name:  # one file alone has scores, so it is this one that was meant
        raise InputError(
            f"{path}: there is no column {asked!r}; found {shown_names(list(header))}", f"{role.option} names it"
        )
    if role.name in header:
        return role.name
    usual = [name for name in header if letters(name) in role.usual]
    if role.name == ID.name:  # an export has a column of names beside that of ids, mostly empty
        usual = [name for name in usual if letters(name).endswith(("id", "ids", "identifier"))] or usual
    if len(usual) > 1:
        which = " or ".join(map(repr, usual[:4]))
        raise ConfigError(f"{path}: which column is the {role.name}, {which}?", f"say {role.option} {usual[0]!r}")
    if asked is not None and not usual:
        raise ConfigError(
            f"{path}: there is no column {asked!r}; found {shown_names(list(header))}", f"{role.option} names it"
        )
    return usual[0] if usual else None


def needed(path: Path, header: Sequence[str], role: Role, asked: str | None) -> str:
    """As `find`; raises ConfigError where there is none."""
    name = find(path, header, role, asked)
    if name is None:
        raise ConfigError(
            f"{path}: no column has a name that is usual for the {role.name}; found {shown_names(list(header))}",
            f"the first line must name the columns; if it does, say {role.option} NAME",
        )
    return name
