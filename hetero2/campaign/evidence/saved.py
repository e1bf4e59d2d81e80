"""A campaign as one file, to go on with elsewhere: all that is in its folder, which names the sha256 of all of it.

The same campaign gives the same bytes. What comes back is taken for a stranger's: names alone that a campaign has, no
larger than allowed, and nothing that its chain does not name.
"""

import re
import shutil
from pathlib import Path

from hetero2.campaign import actions
from hetero2.campaign.evidence.pack import reading
from hetero2.campaign.layout import Layout, check_new, whole
from hetero2.errors import HeteroError, InputError
from hetero2.io.files import atomic_path
from hetero2.pack import archive

_NAME = re.compile(
    r"campaign\.json|library\.parquet|features\.parquet|today_elsewhere\.csv"
    r"|measurements/\d{4,9}\.(csv|json)|rounds/\d{2,9}/(batch\.csv|round\.json)",
    re.ASCII,
)
_MAX_FILES = 20_000
_MAX_BYTES = 16 << 30  # of all files: features of 10 million molecules
_BLOCK = 1 << 20


def save(folder: Path, out: Path) -> None:
    """Write the campaign in `folder` to the file `out`; raises GateError where a file of it was changed."""
    layout = Layout(folder)
    with layout.held():
        actions.read_state(folder)
        files = layout.evidence() | {path.name: path for path in layout.computed}
        with atomic_path(out) as temporary:
            archive.write_zip(files.items(), temporary, compress=True)


def restore(saved: Path, out: Path) -> None:
    """Make the folder `out` of the campaign in a file that `save` wrote; it is there whole, or not at all.

    Raises ConfigError where the folder is not new, InputError where the file is no campaign, GateError where it was
    changed.
    """
    check_new(out, "name a new folder")
    with whole(out) as folder:
        _unpack(saved, folder)
        layout = Layout(folder)
        layout.measurements.mkdir(exist_ok=True)
        layout.rounds.mkdir(exist_ok=True)
        _check(saved, layout)


def _unpack(saved: Path, folder: Path) -> None:
    with reading(saved) as opened:
        members = opened.infolist()
        names = [member.filename for member in members]
        if unknown := [name for name in names if not _NAME.fullmatch(name)]:
            raise InputError(
                f"{saved}: is no saved campaign: it has the file {unknown[0][:100]!r}",
                "bring the campaign.zip of the round before",
            )
        if len(set(names)) < len(names):
            raise InputError(f"{saved}: a file is in the zip twice")
        if len(names) > _MAX_FILES or sum(member.file_size for member in members) > _MAX_BYTES:
            raise InputError(f"{saved}: claims to unpack to more than {_MAX_BYTES >> 30} GB")
        for member in members:
            path = folder / member.filename
            path.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(member) as source, path.open("xb") as target:
                shutil.copyfileobj(source, target, _BLOCK)


def _check(saved: Path, layout: Layout) -> None:
    """Raise what is wrong with what was unpacked, with the name of the file that it came from."""
    if missing := sorted(path.name for path in layout.computed if not path.is_file()):
        raise InputError(f"{saved}: is no saved campaign: there is no {missing[0]} in it")
    try:
        actions.read_state(layout.folder)
    except HeteroError as error:
        message = error.message.replace(f"{layout.folder}/", f"{saved}: ").replace(str(layout.folder), str(saved))
        raise type(error)(message, "bring the file as it was saved") from None
