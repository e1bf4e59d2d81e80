"""Publish a built release: every asset once, never over another, each downloaded again and compared.

Every step looks first at what is there, so the same command after a network error or a crash goes on from where it was.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hetero2.errors import ConfigError, HeteroError
from hetero2.io.contracts import write_json
from hetero2.io.download import download
from hetero2.io.files import sha256_file, write_text
from tools.release import build, chain, records
from tools.release.api import AGAIN, Api, RefusedError, check_green
from tools.release.checks import rows
from tools.release.milestones import of_release
from tools.release.tags import Tag

Facts = dict[str, Any]
Tell = Callable[[str], None]


def files(root: Path, tag: Tag) -> dict[str, Path]:
    """What is published, by name: packs, their sums, statements."""
    folder = build.folder_of(root, tag)
    names = tag.files()
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise HeteroError(f"{folder}: {missing[0]} is missing", f"remove {folder} and build {tag.text} again")
    return {name: folder / name for name in names}


def run_url(environment: Mapping[str, str]) -> str | None:
    """Address of the job that this is, where it is one."""
    server, repository, run = (environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def _found(api: Api, tag: Tag) -> list[Facts]:
    """Releases of the tag: public ones first, then by age. Raises HeteroError for two public ones."""
    found = [one for one in api.pages("releases") if one["tag_name"] == tag.text]
    found.sort(key=lambda one: (one["draft"], one["id"]))
    if sum(not one["draft"] for one in found) > 1:
        raise HeteroError(f"release {tag.text}: is there twice, and public", "look where the other came from")
    return found


def _release(api: Api, tag: Tag, row: Facts, notes: str, prerelease: bool, tell: Tell) -> Facts:
    """The release of the tag: the one that is there, else a new draft; of two drafts made at once the older one."""
    found = _found(api, tag)
    if not found:
        document = {"tag_name": tag.text, "target_commitish": row["source_commit"], "name": tag.text, "body": notes}
        made = api.post("releases", {**document, "draft": True, "prerelease": prerelease})
        tell(f"release {tag.text}: drafted")
        found = _found(api, tag)
        if found and made["id"] in [twin["id"] for twin in found[1:]]:
            api.send("DELETE", api.url(f"releases/{made['id']}"))
        found = found or [made]
    return found[0]


def _same(api: Api, asset: Facts, sha256: str) -> bool:
    """Whether an uploaded asset has this sha256: as the service says, else as it is downloaded."""
    said = asset.get("digest") or ""
    if said.startswith("sha256:"):
        return bool(said.removeprefix("sha256:") == sha256)
    try:
        _download(api, asset["url"], sha256, with_token=True)
    except HeteroError as error:
        if "has sha256" not in error.message:
            raise
        return False
    return True


def _download(api: Api, url: str, sha256: str, with_token: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        download(url, sha256, Path(folder) / "asset", api.limits(with_token))


def _upload(api: Api, release: Facts, name: str, path: Path, tell: Tell) -> None:
    url = release["upload_url"].partition("{")[0] + "?" + urlencode({"name": name})
    with path.open("rb") as body:
        size = {"Content-Length": str(path.stat().st_size), "Content-Type": "application/octet-stream"}
        try:
            api.send("POST", url, body=body, headers=size)
        except RefusedError as error:
            if error.status != 422:
                raise
            tell(f"{name}: is there already")  # somebody else was first: it is compared below
        else:
            tell(f"{name}: uploaded")


def _assets(api: Api, release: Facts) -> dict[str, Facts]:
    return {asset["name"]: asset for asset in api.pages(f"releases/{release['id']}/assets")}


def _differing(api: Api, there: Mapping[str, Facts], local: Mapping[str, Path]) -> list[str]:
    """Names of assets that are not those here; an upload that broke is none."""
    whole = [name for name, asset in there.items() if asset["state"] == "uploaded" and name in local]
    return [name for name in whole if not _same(api, there[name], sha256_file(local[name]))]


def _complete(api: Api, tag: Tag, release: Facts, local: Mapping[str, Path], tell: Tell) -> None:
    """Upload what is missing. Raises HeteroError, before anything is uploaded, for an asset that we do not know, and
    for one of our names with other bytes, unless it is of a draft that nobody has seen: then it is uploaded again."""
    there = _assets(api, release)
    unknown, differing = sorted(set(there) - set(local)), _differing(api, there, local)
    if unknown:
        raise HeteroError(
            f"release {tag.text}: holds {unknown[0]}, which is not of this build", "look where it is from"
        )
    if differing and not release["draft"]:
        raise HeteroError(
            f"release {tag.text}: {differing[0]} is there with another sha256; an asset is never overwritten",
            f"if that release is wrong, take a new tag ({tag.next()}), and mark this one: "
            "python -m tools.release registry supersede",
        )
    for name, path in local.items():
        asset = there.get(name)
        if asset is not None and (asset["state"] != "uploaded" or name in differing):  # it was never public
            if name in differing and not api.get(f"releases/{release['id']}")["draft"]:
                raise HeteroError(f"release {tag.text}: was published by another meanwhile", AGAIN)
            api.send("DELETE", api.url(f"releases/assets/{asset['id']}"), missing=(404,))
            asset = None
        if asset is None:
            _upload(api, release, name, path, tell)
    there = _assets(api, release)
    wrong = [name for name in local if name not in there or there[name]["state"] != "uploaded"]
    wrong += _differing(api, there, local)
    if wrong:
        raise HeteroError(f"release {tag.text}: {wrong[0]} did not arrive as it was sent", AGAIN)


def _urls(api: Api, release: Facts, local: Mapping[str, Path], tell: Tell) -> dict[str, str]:
    """Addresses of the assets, each downloaded as anybody would, and compared."""
    there, private = _assets(api, release), api.is_private()
    urls: dict[str, str] = {}
    for name, path in local.items():
        asset = there.get(name) or {}
        url = asset.get("browser_download_url") or ""
        if not url.startswith("https://"):
            raise HeteroError(
                f"release {release['tag_name']}: {name} has no address that one could download from", AGAIN
            )
        _download(api, asset["url"] if private else url, sha256_file(path), with_token=private)
        tell(f"{name}: downloaded again, same sha256")
        urls[name] = url
    return urls


def confirm(api: Api, tag: Tag, row: Facts, local: Mapping[str, Path]) -> None:
    """Raise HeteroError unless the service says of a published release what its row says."""
    found = [one for one in _found(api, tag) if not one["draft"]]
    if not found or api.tagged(tag.text) != row["source_commit"]:
        raise HeteroError(
            f"{tag.text}: is not published at {row['source_commit']}",
            f"python -m tools.release release publish {tag.text}",
        )
    there = _assets(api, found[0])
    wrong = sorted(set(there) ^ set(local)) + _differing(api, there, local)
    wrong += [name for name, asset in there.items() if asset["state"] != "uploaded"]
    addresses = {name: asset["browser_download_url"] for name, asset in there.items()}
    wrong += [one["name"] for one in row["assets"] if one["url"] != addresses.get(one["name"])]
    contexts = api.contexts(row["source_commit"])
    wrong += [] if contexts == row["ci"] else [f"checks are {contexts}"]
    wrong += [] if found[0]["prerelease"] == row["prerelease"] else ["prerelease"]
    if wrong:
        raise HeteroError(
            f"{tag.text}: its row does not say what is published: {', '.join(dict.fromkeys(wrong))}",
            f"python -m tools.release release publish {tag.text} writes it anew",
        )


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
        tagged = api.tagged(tag.text)
        if tagged not in (None, commit):
            raise HeteroError(f"tag {tag.text}: the remote repository has it at {tagged}, built was {commit}")
        notes = (folder / build.NOTES).read_bytes().decode("utf-8", "replace")
        release = _release(api, tag, row, notes, prerelease, tell)
        if not release["draft"] and release["prerelease"] != prerelease:
            kind = "a prerelease" if release["prerelease"] else "no prerelease"
            raise HeteroError(f"release {tag.text}: is public as {kind}", "ask for it as it is, or take a new tag")
        _complete(api, tag, release, local, tell)
        if release["draft"]:
            document = {"draft": False, "tag_name": tag.text, "target_commitish": commit, "prerelease": prerelease}
            api.send("PATCH", api.url(f"releases/{release['id']}"), document)
            tell(f"release {tag.text}: published")
        tagged = api.tagged(tag.text)
        if tagged != commit:
            raise HeteroError(f"tag {tag.text}: the remote repository has it at {tagged}, built was {commit}")
        urls = _urls(api, release, local, tell)
        job = row["publish_run_url"] or run_url(environment)
        told = records.published(row, urls, contexts, job, prerelease)
        told["milestone"] = of_release(told, root)
        if told != row:
            write_text(folder / build.LINES, "".join(map(chain.render, records.lineage(told, rows(root)))))
            write_json(folder / build.ROW, told, "registry_row.v1")
    return urls
