"""Publish a built release: every asset once, never over another, each downloaded again and compared.

Every step first looks at what is there, so the same command goes on from where it was after a network error or a crash.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from github.GitRelease import GitRelease
from github.GitReleaseAsset import GitReleaseAsset

from hetero2.errors import ChecksumError, ConfigError, HeteroError
from hetero2.io.contracts import write_json
from hetero2.io.download import download
from hetero2.io.files import sha256_file, write_text
from tools.release import build, chain, records
from tools.release.api import AGAIN, Api, RefusedError, check_green, checked_answers
from tools.release.checks import rows
from tools.release.milestones import of_release
from tools.release.tags import Tag

Facts = dict[str, Any]
Tell = Callable[[str], None]


def files(root: Path, tag: Tag) -> dict[str, Path]:
    """What is published, by name: packs, their checksums, statements."""
    folder = build.folder_of(root, tag)
    names = tag.files()
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise HeteroError(f"{folder}: {missing[0]} is missing", f"remove {folder} and build {tag.text} again")
    return {name: folder / name for name in names}


def run_url(environment: Mapping[str, str]) -> str | None:
    """URL of the job that this process runs in, if it is one."""
    server, repository, run = (environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def _releases(api: Api, tag: Tag) -> list[GitRelease]:
    """Releases of the tag: public ones first, then by age. Raises HeteroError if two are public."""
    releases = [release for release in api.repository.get_releases() if release.tag_name == tag.text]
    releases.sort(key=lambda release: (release.draft, release.id))
    if sum(not release.draft for release in releases) > 1:
        raise HeteroError(f"release {tag.text}: there are two public ones", "find out where the other came from")
    return releases


def _release(api: Api, tag: Tag, row: Facts, notes: str, prerelease: bool, tell: Tell) -> GitRelease:
    """The release of the tag: the existing one, else a new draft; of two drafts made at once the older one."""
    releases = _releases(api, tag)
    if releases:
        return releases[0]
    draft = api.repository.create_git_release(
        tag.text,
        name=tag.text,
        message=notes,
        draft=True,
        prerelease=prerelease,
        target_commitish=row["source_commit"],
    )
    tell(f"release {tag.text}: drafted")
    releases = _releases(api, tag)
    if draft.id in [release.id for release in releases[1:]]:
        draft.delete_release()
    return releases[0] if releases else draft


def _same(api: Api, asset: GitReleaseAsset, sha256: str) -> bool:
    """Whether an uploaded asset has this sha256: as the service reports, else by downloading it."""
    digest = asset.digest or ""
    if digest.startswith("sha256:"):
        return digest.removeprefix("sha256:") == sha256
    try:
        _download(api, asset.url, sha256, with_token=True)
    except ChecksumError:
        return False
    return True


def _download(api: Api, url: str, sha256: str, with_token: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        download(url, sha256, Path(folder) / "asset", api.limits(with_token))


def _upload(release: GitRelease, name: str, path: Path, tell: Tell) -> None:
    with path.open("rb") as content:
        try:
            release.upload_asset_from_memory(content, path.stat().st_size, name, "application/octet-stream")
        except RefusedError as error:
            if error.status != 422:
                raise
            tell(f"{name}: exists already")  # somebody else was first; it is compared below
        else:
            tell(f"{name}: uploaded")


def _assets(release: GitRelease) -> dict[str, GitReleaseAsset]:
    return {asset.name: asset for asset in release.get_assets()}


def _differing(api: Api, assets: Mapping[str, GitReleaseAsset], local: Mapping[str, Path]) -> list[str]:
    """Names of whole assets that differ from the local files."""
    whole = [name for name, asset in assets.items() if asset.state == "uploaded" and name in local]
    return [name for name in whole if not _same(api, assets[name], sha256_file(local[name]))]


def _remove_unseen(api: Api, release: GitRelease, asset: GitReleaseAsset, differs: bool) -> None:
    """Delete an asset that broke, or a differing one of a draft, which nobody has seen."""
    if differs and not api.repository.get_release(release.id).draft:
        raise HeteroError(f"release {release.tag_name}: somebody else has published it meanwhile", AGAIN)
    try:
        asset.delete_asset()
    except RefusedError as error:
        if error.status != 404:
            raise


def _complete(api: Api, tag: Tag, release: GitRelease, local: Mapping[str, Path], tell: Tell) -> None:
    """Upload what is missing.

    Raises HeteroError, before anything is uploaded, for an asset that is not of this build, and for one of ours with
    other bytes in a public release; in a draft, which nobody has seen, that one is uploaded again.
    """
    assets = _assets(release)
    unknown, differing = sorted(set(assets) - set(local)), _differing(api, assets, local)
    if unknown:
        raise HeteroError(
            f"release {tag.text}: contains {unknown[0]}, which is not of this build", "find out where it came from"
        )
    if differing and not release.draft:
        raise HeteroError(
            f"release {tag.text}: {differing[0]} exists with another sha256; an asset is never overwritten",
            f"if that release is wrong, use a new tag ({tag.next()}) and mark this one: "
            "python -m tools.release registry supersede",
        )
    for name, path in local.items():
        asset = assets.get(name)
        if asset is not None and asset.state == "uploaded" and name not in differing:
            continue
        if asset is not None:
            _remove_unseen(api, release, asset, name in differing)
        _upload(release, name, path, tell)
    assets = _assets(release)
    damaged = [name for name in local if name not in assets or assets[name].state != "uploaded"]
    damaged += _differing(api, assets, local)
    if damaged:
        raise HeteroError(f"release {tag.text}: {damaged[0]} did not arrive as it was sent", AGAIN)


def _urls(api: Api, release: GitRelease, local: Mapping[str, Path], tell: Tell) -> dict[str, str]:
    """URLs of the assets, each downloaded as anybody would and compared."""
    assets, private = _assets(release), api.repository.private
    urls: dict[str, str] = {}
    for name, path in local.items():
        asset = assets.get(name)
        url = (asset.browser_download_url if asset else None) or ""
        if asset is None or not url.startswith("https://"):
            raise HeteroError(f"release {release.tag_name}: {name} has no download URL", AGAIN)
        _download(api, asset.url if private else url, sha256_file(path), with_token=private)
        tell(f"{name}: downloaded again, same sha256")
        urls[name] = url
    return urls


def confirm(api: Api, tag: Tag, row: Facts, local: Mapping[str, Path]) -> None:
    """Raise HeteroError unless the service reports of a published release what its row says."""
    public = [release for release in _releases(api, tag) if not release.draft]
    if not public or api.tagged(tag.text) != row["source_commit"]:
        raise HeteroError(
            f"{tag.text}: is not published at {row['source_commit']}", f"python -m tools.release publish {tag.text}"
        )
    assets = _assets(public[0])
    differences = sorted(set(assets) ^ set(local)) + _differing(api, assets, local)
    differences += [name for name, asset in assets.items() if asset.state != "uploaded"]
    urls = {name: asset.browser_download_url for name, asset in assets.items()}
    differences += [asset["name"] for asset in row["assets"] if asset["url"] != urls.get(asset["name"])]
    contexts = api.contexts(row["source_commit"])
    differences += [] if contexts == row["ci"] else [f"checks are {contexts}"]
    differences += [] if public[0].prerelease == row["prerelease"] else ["prerelease"]
    if differences:
        raise HeteroError(
            f"{tag.text}: its row does not match what is published: {', '.join(dict.fromkeys(differences))}",
            f"python -m tools.release publish {tag.text} writes the row again",
        )


def _check_tagged(api: Api, tag: Tag, commit: str, may_be_missing: bool = False) -> None:
    """Raise HeteroError if the tag of the remote repository is not at the commit."""
    tagged = api.tagged(tag.text)
    if tagged != commit and not (tagged is None and may_be_missing):
        raise HeteroError(f"tag {tag.text}: the remote repository has it at {tagged}, but the build is of {commit}")


def _make_public(
    api: Api, tag: Tag, row: Facts, notes: str, prerelease: bool, local: Mapping[str, Path], tell: Tell
) -> GitRelease:
    """The release with all assets, public, its tag at the source commit."""
    commit = row["source_commit"]
    _check_tagged(api, tag, commit, may_be_missing=True)
    release = _release(api, tag, row, notes, prerelease, tell)
    if not release.draft and release.prerelease != prerelease:
        kind = "a prerelease" if release.prerelease else "a full release"
        raise HeteroError(f"release {tag.text}: is public as {kind}", "publish it as that, or use a new tag")
    _complete(api, tag, release, local, tell)
    if release.draft:
        release.update_release(tag.text, notes, False, prerelease, tag.text, commit)
        tell(f"release {tag.text}: published")
    _check_tagged(api, tag, commit)
    return release


@checked_answers()
def publish(
    root: Path, tag: Tag, api: Api, prerelease: bool, environment: Mapping[str, str], tell: Tell
) -> dict[str, str]:
    """Publish what `build` made; the URLs of the assets. Raises HeteroError."""
    if tag.is_local:
        raise ConfigError(f"tag {tag.text}: -r0 is a build that is never published", f"build {tag.next()}")
    with build.alone(root, tag):
        row, local = build.built(root, tag), files(root, tag)
        commit, folder = row["source_commit"], build.folder_of(root, tag)
        contexts = api.contexts(commit)
        check_green(contexts, commit)
        notes = (folder / build.NOTES).read_bytes().decode("utf-8", "replace")
        release = _make_public(api, tag, row, notes, prerelease, local, tell)
        urls = _urls(api, release, local, tell)
        job = row["publish_run_url"] or run_url(environment)
        new_row = records.published(row, urls, contexts, job, prerelease)
        new_row["milestone"] = of_release(new_row, root)
        if new_row != row:
            write_text(folder / build.LINES, "".join(map(chain.render, records.lineage(new_row, rows(root)))))
            write_json(folder / build.ROW, new_row, "registry_row.v1")
    return urls
