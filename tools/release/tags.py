"""Release tags: what one names, and what building it will make."""

import datetime
import functools
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hetero2.config.load import load_yaml
from hetero2.config.overlays import variants
from hetero2.config.resolve import merge, resolve
from hetero2.errors import ConfigError
from hetero2.io.url_policy import shown_safely
from hetero2.paths import ROOT

RELEASES = "config/releases.yaml"
VERIFIER = "verify.py"  # the program of one file that verifies the packs, of the same commit
_TAG = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)-(\d{4}-\d{2}-\d{2})(?:-r(0|[1-9]\d{0,3}))?", re.ASCII)
Facts = dict[str, Any]


@dataclass(frozen=True)
class Tag:
    """A release tag, taken apart; `revision` is None without -rN."""

    text: str
    prefix: str
    date: str
    revision: int | None
    target: str
    layer: Mapping[str, Any]
    takes_inputs: bool

    @property
    def is_local(self) -> bool:
        """Whether the tag says that it is never published."""
        return self.revision == 0

    def next(self) -> str:
        """The tag of the next revision."""
        return f"{self.prefix}-{self.date}-r{(self.revision or 0) + 1}"

    def runs(self) -> list[str]:
        """Names of the runs that the target makes."""
        return [f"{self.target}_{name}" for name in variants(self.target)] or [self.target]

    def assets(self) -> list[str]:
        """Names of the evidence packs."""
        return [f"{run}_evidence_pack.zip" for run in self.runs()]

    def variants(self) -> list[tuple[str, str | None]]:
        """(name, variant) of each pack."""
        names: list[str] | list[None] = variants(self.target) or [None]
        return list(zip(self.assets(), names, strict=True))

    def further(self) -> list[str]:
        """Names of the files that the target makes beside its packs."""
        return ["separation.json", "separation.html"] if variants(self.target) else []

    def statements(self) -> list[str]:
        """Names of the statements: how it was built, which gates it passed."""
        return [f"{self.text}.{kind}.intoto.json" for kind in ("provenance", "gates")]

    def files(self) -> list[str]:
        """Names of all that is published."""
        sums = [name for pack in self.assets() for name in (pack, f"{pack}.sha256")]
        return [*sums, *self.further(), VERIFIER, *self.statements()]


def prefix_of(text: str) -> str | None:
    """The prefix of what has the form of a tag, whether we know it or not."""
    match = _TAG.fullmatch(text)
    return match and match[1]


@functools.cache
def prefixes(root: Path = ROOT) -> dict[str, Facts]:
    """What each prefix builds."""
    return load_yaml(root / RELEASES)


def parse(text: str, root: Path = ROOT) -> Tag:
    """Take a tag apart; raises ConfigError with the reason where it is none."""
    by_prefix = prefixes(root)
    form = f"a tag is <prefix>-YYYY-MM-DD or <prefix>-YYYY-MM-DD-rN; prefixes are {', '.join(by_prefix)} ({RELEASES})"
    match = _TAG.fullmatch(text)
    if not match:
        raise ConfigError(f"tag {text!r}: not a release tag", form)
    prefix, date, revision = match.groups()
    if prefix not in by_prefix:
        raise ConfigError(f"tag {text}: unknown target: {RELEASES} has no prefix {prefix!r}", form)
    try:
        datetime.date.fromisoformat(date)
    except ValueError:
        raise ConfigError(f"tag {text}: there is no {date} in the calendar", form) from None
    number = None if revision is None else int(revision)
    builds = by_prefix[prefix]
    return Tag(text, prefix, date, number, builds["target"], builds.get("layer", {}), builds.get("takes_inputs", False))


def check_date(tag: Tag, today: datetime.date | None = None) -> None:
    """Raise ConfigError for a date that has come nowhere on earth yet, `today` (default: of the clock, in UTC)."""
    today = today or datetime.datetime.now(datetime.UTC).date()
    if datetime.date.fromisoformat(tag.date) > today + datetime.timedelta(days=1):
        raise ConfigError(f"tag {tag.text}: {tag.date} is in the future", f"today is {today} (UTC)")


def inputs_layer(tag: Tag, options: Mapping[str, str | None]) -> Facts:
    """The layer of inputs that came with a release: truth and scores by URL and sha256, K. Empty ones are not given."""
    inputs = {key: value for key, value in options.items() if value}
    if inputs and not tag.takes_inputs:
        raise ConfigError(f"tag {tag.text}: takes no inputs of its own, found {', '.join(inputs)}", f"see {RELEASES}")
    layer: Facts = {}
    for section in ("truth", "scores"):
        url, sha256 = inputs.get(f"{section}_url"), inputs.get(f"{section}_sha256")
        if (url is None) != (sha256 is None):
            missing = "sha256" if sha256 is None else "url"
            raise ConfigError(f"--{section}-{missing} is missing", "a file that comes by URL is known by its sha256")
        if url is not None:
            if not url.startswith("https://"):
                raise ConfigError(
                    f"--{section}-url: {shown_safely(url)[:80]}: is not https", "others must be able to fetch it"
                )
            layer[section] = {"source": "external", "url": url, "sha256": sha256}
    if "selection_k" in inputs:
        if not (inputs["selection_k"].isascii() and inputs["selection_k"].isdecimal()):
            raise ConfigError(f"--selection-k: {inputs['selection_k']!r} is not a whole number")
        layer["selection"] = {"k": int(inputs["selection_k"][:20])}
    return layer


def layer_of(tag: Tag, inputs: Mapping[str, Any], commit: Mapping[str, str] | None = None) -> Facts:
    """The whole layer of a release over its target, checked; raises ConfigError. `commit`: the section release."""
    layer = merge(merge(dict(tag.layer), inputs), {"release": commit} if commit else {})
    names: list[str] | list[None] = variants(tag.target) or [None]
    for name in names:
        resolve(tag.target, layer, name)
    return layer


def command(tag: Tag, layer: Mapping[str, Any]) -> str:
    """What gives the same bytes at the source commit; of a URL only what may be shown."""
    words = []
    for section, value in sorted(layer.items()):
        if isinstance(value, Mapping) and "url" in value:
            value = {**value, "url": shown_safely(value["url"])}
        words.append(f"{section}={json.dumps(value, sort_keys=True)}")
    config = ["--config", *words] if words else []
    return shlex.join(["snakemake", "--cores", "2", tag.target, *config])
