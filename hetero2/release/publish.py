"""Publish a built release: every asset once, never over another, each downloaded again and compared.

Every step looks first at what is there, so the same command after a network error or a crash goes on from where it was.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hetero2.errors import ConfigError, HeteroError
from hetero2.fetch import download
from hetero2.files import sha256_file, write_text
from hetero2.release import build, chain, records, registry
from hetero2.release.api import Api, RefusedError, check_green
from hetero2.release.tags import Tag
from hetero2.schemas import write_json

Facts = dict[str, Any]
Tell = Callable[[str], None]


def files(root: Path, tag: Tag) -> dict[str, Path]:
    """What is published, by name: packs, their sums, statements."""
    folder = build.folder_of(root, tag)
    names = [name for pack in tag.assets() for name in (pack, f"{pack}.sha256")] + tag.extras()
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise HeteroError(f"{folder}: {missing[0]} is missing", f"remove {folder} and build {tag.text} again")
    return {name: folder / name for name in names}


def run_url(environment: Mapping[str, str]) -> str | None:
    """Address of the job that this is, where it is one."""
    server, repository, run = (environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def _release(api: Api, tag: Tag, row: Facts, notes: str, prerelease: bool, tell: Tell) -> Facts:
    """The release of the tag: the one that is there, else a new draft; of two drafts made at once the older one."""
    found = sorted((one for one in api.pages("releases") if one["tag_name"] == tag.text), key=lambda one: one["id"])
    if not found:
        document = {"tag_name": tag.text, "target_commitish": row["source_commit"], "name": tag.text, "body": notes}
        made = api.post("releases", {**document, "draft": True, "prerelease": prerelease})
        tell(f"release {tag.text}: drafted")
        found = sorted((one for one in api.pages("releases") if one["tag_name"] == tag.text), key=lambda one: one["id"])
        for twin in found[1:]:
            if twin["id"] == made["id"]:
                api.send("DELETE", api.url(f"releases/{twin['id']}"))
        found = found or [made]
    return found[0]


def _same(api: Api, asset: Facts, sha256: str) -> bool:
    """Whether an uploaded asset has this sha256: as the service says, else as it is downloaded."""
    said = asset.get("digest") or ""
    if said.startswith("sha256:"):
        return bool(said.removeprefix("sha256:") == sha256)
    try:
        _download(api, asset, sha256)
    except HeteroError as error:
        if "has sha256" not in error.message:
            raise
        return False
    return True


def _download(api: Api, asset: Facts, sha256: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        download(asset["url"], sha256, Path(folder) / "asset", api.limits())


def _upload(api: Api, release: Facts, name: str, path: Path, tell: Tell) -> None:
    url = release["upload_url"].partition("{")[0] + "?" + urlencode({"name": name})
    with path.open("rb") as body:
        size = {"Content-Length": str(path.stat().st_size), "Content-Type": "application/octet-stream"}
        try:
            api.send("POST", url, body=body, headers=size)
        except RefusedError as error:
            if error.status != 422:  # somebody else was first: what is there is compared below
                raise
    tell(f"{name}: uploaded")


def _assets(api: Api, release: Facts) -> dict[str, Facts]:
    return {asset["name"]: asset for asset in api.pages(f"releases/{release['id']}/assets")}


def _complete(api: Api, tag: Tag, release: Facts, local: Mapping[str, Path], tell: Tell) -> dict[str, Facts]:
    """Upload what is missing; raises HeteroError where something else has a name of ours, or we do not know it."""
    there = _assets(api, release)
    for name, path in local.items():
        asset = there.get(name)
        if asset is not None and asset["state"] != "uploaded":  # an upload that broke: nothing was ever there
            api.send("DELETE", api.url(f"releases/assets/{asset['id']}"), missing=(404,))
            asset = None
        if asset is None:
            _upload(api, release, name, path, tell)
    there = _assets(api, release)
    unknown = sorted(set(there) - set(local))
    if unknown:
        raise HeteroError(
            f"release {tag.text}: holds {unknown[0]}, which is not of this build", "look where it came from"
        )
    for name, path in local.items():
        if name not in there or there[name]["state"] != "uploaded":
            raise HeteroError(f"release {tag.text}: {name} did not arrive", "the same command again goes on from here")
        if not _same(api, there[name], sha256_file(path)):
            raise HeteroError(
                f"release {tag.text}: {name} is there with another sha256; an asset is never overwritten",
                f"if that release is wrong, take a new tag ({tag.next()}); hetero2 registry supersede marks this one",
            )
    return there


def publish(
    root: Path, tag: Tag, api: Api, prerelease: bool, environment: Mapping[str, str], tell: Tell
) -> dict[str, str]:
    """Publish what `release build` made; addresses of the assets. Raises HeteroError."""
    if tag.is_local:
        raise ConfigError(f"tag {tag.text}: -r0 is a build that is never published", f"build {tag.next()}")
    with build.alone(root, tag):
        row, local = build.built(root, tag), files(root, tag)
        commit, folder = row["source_commit"], build.folder_of(root, tag)
        contexts = api.contexts(commit)
        check_green(contexts, commit)
        tagged = api.commit(tag.text)
        if tagged not in (None, commit):
            raise HeteroError(f"tag {tag.text}: the remote repository has it at {tagged}, built was {commit}")
        release = _release(api, tag, row, (folder / build.NOTES).read_text(encoding="utf-8"), prerelease, tell)
        there = _complete(api, tag, release, local, tell)
        if release["draft"]:
            document = {"draft": False, "tag_name": tag.text, "target_commitish": commit}
            api.send("PATCH", api.url(f"releases/{release['id']}"), document)
            tell(f"release {tag.text}: published")
        tagged = api.commit(tag.text)
        if tagged != commit:
            raise HeteroError(f"tag {tag.text}: the remote repository has it at {tagged}, built was {commit}")
        there = _assets(api, release)
        for name, path in local.items():
            _download(api, there[name], sha256_file(path))
            tell(f"{name}: downloaded again, same sha256")
        urls = {name: asset["browser_download_url"] for name, asset in there.items()}
        if row["status"] == "built":
            row = records.published(row, urls, contexts, run_url(environment))
            lines = records.lineage(row, registry.rows(root))
            write_text(folder / build.LINES, "".join(map(chain.render, lines)))
            write_json(folder / build.ROW, row, "registry_row.v1")
    return urls
