"""remote: upload, run, watch and download, on a service."""

import argparse
import contextlib
import getpass
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from hetero2.errors import ConfigError, HeteroError
from hetero2.service.client import connection as connections
from hetero2.service.client import transfers
from hetero2.service.client.connection import Connection, UnreachableError
from hetero2.service.domain.states import WORDS, State

EXAMPLE = "hetero2 remote submit audit_scores --input library=library.csv --input scores=scores.csv --watch"
_CODES = {"COMPLETE": 0, "CANCELED": 130}  # exit codes of a run that has ended; 1 for what failed
_SUCH = {"--input": "--input library=library.csv", "--set": "--set top_k=50"}
_PAUSES = (1, 2, 4, 8, 16)  # seconds before a connection that broke is tried again
_ENDS = ("COMPLETE", "EXECUTOR_ERROR", "SYSTEM_ERROR", "CANCELED")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One of eight actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, text: str, do: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(do=do)
        return sub

    login = action("login", "keep the address of a service and a token", _login)
    login.add_argument("url", help="such as http://127.0.0.1:8642")
    login.add_argument("--token-file", type=Path, help="a file with the token (default: it is asked for)")
    submit = action("submit", "upload files and ask for a run", _submit)
    submit.add_argument("workflow", help="such as audit_scores; `hetero2 remote status --workflows` lists them")
    submit.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="ROLE=FILE",
        help="a file, or https://..#sha256=.. for the service to fetch; may be repeated",
    )
    submit.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter; may be repeated")
    submit.add_argument("--parameters", type=Path, help="a JSON file with parameters")
    submit.add_argument("--name", help="of its results")
    submit.add_argument("--key", help="Idempotency-Key: the same key asks for the same run, not for another")
    submit.add_argument("--watch", action="store_true", help="wait for its end, and say how far it is")
    status = action("status", "say how runs are", _status)
    status.add_argument("run", nargs="?", help="its id (default: the latest runs)")
    status.add_argument("--workflows", action="store_true", help="list what can be asked for")
    status.add_argument("--json", action="store_true", help="for a program")
    _of_run(action("watch", "wait for the end of a run", _watch))
    scores = _of_run(action("scores", "upload the scores that a paused run waits for", _scores))
    scores.add_argument("file", type=Path, help="id,score, with the ids of its score request")
    download = _of_run(action("download", "get the files of a run, or the rest of them", _download))
    download.add_argument("names", nargs="*", help="of files (default: all)")
    download.add_argument("--out", type=Path, default=Path(), help="folder (default: this one)")
    _of_run(action("cancel", "end a run", _cancel))
    _of_run(action("logs", "print the log of a run that has ended", _logs))


def run(args: argparse.Namespace) -> int:
    """Do it."""
    if getattr(args, "run", None) is not None:
        try:
            args.run = str(UUID(args.run))
        except ValueError:
            raise ConfigError(f"{args.run}: is no id of a run", "`hetero2 remote status` lists runs") from None
    with contextlib.ExitStack() as args.opened:
        code: int = args.do(args)
    return code


def _connect(args: argparse.Namespace) -> Connection:
    """The service, until the call has ended."""
    connection: Connection = args.opened.enter_context(connections.connect())
    return connection


def _of_run(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("run", help="the id of the run")
    return parser


def _login(args: argparse.Namespace) -> int:
    url = connections.checked_url(args.url)
    if args.token_file is not None:
        token = args.token_file.read_text(encoding="utf-8", errors="replace").strip()
    else:
        token = (getpass.getpass("token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if url.startswith("http://") and urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost"):
        print("warning: over http:// the token can be read on its way; use https://", file=sys.stderr)
    with Connection(url, token) as connection:
        connection.ask("GET", "/me")
    print(f"kept in {connections.store(url, token)}")
    return 0


def _submit(args: argparse.Namespace) -> int:
    connection = _connect(args)
    for option, text, pattern, what in (
        ("--name", args.name, r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "at most 64 letters, digits, - and _"),
        ("--key", args.key, r"[\x21-\x7e]{1,200}", "at most 200 ASCII characters, without spaces"),
    ):
        if text is not None and not re.fullmatch(pattern, text):
            raise ConfigError(f"{option} {text}: is not allowed", f"{option}: {what}")
    files = _inputs(args.input)
    parameters = {} if args.parameters is None else _parameters(args.parameters)
    parameters |= {name: _value(text) for name, text in (_pair(word, "--set", "NAME=VALUE") for word in args.set)}
    _check(connection, args.workflow, files, parameters)
    inputs = {role: transfers.bring(connection, file) for role, file in files.items()}
    body = {"workflow": args.workflow, "parameters": parameters, "inputs": inputs}
    body |= {} if args.name is None else {"name": args.name}
    headers = {"Idempotency-Key": args.key or uuid4().hex}  # so that it can be asked again
    asked = connection.ask("POST", "/runs", json=body, headers=headers)
    print(asked["id"], flush=True)
    return _followed(connection, asked["id"]) if args.watch else 0


def _inputs(words: list[str]) -> dict[str, Path | transfers.LinkedFile]:
    files: dict[str, Path | transfers.LinkedFile] = {}
    for role, name in (_pair(text, "--input", "ROLE=FILE") for text in words):
        if role in files:
            raise ConfigError(f"--input {role}={name}: there is another {role}", "give each once")
        if name.startswith("https://"):
            files[role] = transfers.LinkedFile.of(name)
        else:
            files[role] = path = Path(name)
            transfers.check_file(path)
    return files


def _parameters(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: is no JSON: {error}", 'such as {"top_k": 50}') from None
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: is no JSON object", 'such as {"top_k": 50}')
    return value


def _check(connection: Connection, name: str, files: Mapping[str, object], parameters: Mapping[str, Any]) -> None:
    """Raise ConfigError before anything is uploaded for a run that cannot be."""
    workflows = {entry["name"]: entry for entry in connection.ask("GET", "/workflows")}
    if name not in workflows:
        raise ConfigError(f"{name}: there is no such workflow", f"there are {', '.join(workflows)}")
    roles, there = workflows[name]["roles"], workflows[name]["parameters"].get("properties", {})
    if unknown := [parameter for parameter in parameters if parameter not in there]:
        raise ConfigError(f"{name} has no parameter {unknown[0]}", f"it has {', '.join(there) or 'none'}")
    if unknown := [role for role in files if role not in roles]:
        raise ConfigError(
            f"--input {unknown[0]}: {name} takes no {unknown[0]}", f"it takes {', '.join(roles) or 'none'}"
        )
    if missing := [role for role, what in roles.items() if what["is_required"] and role not in files]:
        raise ConfigError(f"{name} needs {missing[0]}: {roles[missing[0]]['text']}", f"--input {missing[0]}=FILE")


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise ConfigError(f"{option} {text}: is not {form}", f"such as {_SUCH[option]}")
    return name, value


def _value(text: str) -> Any:
    """A number, true, false, or a JSON object as such; anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _status(args: argparse.Namespace) -> int:
    connection = _connect(args)
    if args.workflows:
        answer = connection.ask("GET", "/workflows")
        lines = [f"{entry['name']} {entry['version']}: {entry['text']}" for entry in answer]
    elif args.run is None:
        answer = connection.ask("GET", "/runs", params={"limit": 20})["runs"]
        lines = [f"{entry['id']}  {_line(entry).splitlines()[0]}" for entry in answer] or ["no runs yet"]
    else:
        answer = connection.ask("GET", f"/runs/{args.run}")
        lines = [_line(answer)]
    print(json.dumps(answer, indent=2) if args.json else "\n".join(lines))
    return 0


def _line(entry: dict[str, Any]) -> str:
    """A run in one line: what, state, how far, why."""
    progress, eta, reason = entry["progress"], entry["eta_seconds"], (entry["reason"] or "").removeprefix("error: ")
    parts = [f"{entry['name']} ({entry['workflow']}): {WORDS[State(entry['state'])]}"]
    if entry["state"] not in _ENDS and "jobs" in progress:
        parts.append(f"{progress['jobs']['done']} of {progress['jobs']['total']} jobs")
    counts = progress.get("counts") or entry["facts"].get("counts") or {}
    if any(counts.values()):
        parts.append(f"{counts['OK']} audited, {counts['SKIP']} left out, {counts['ERROR']} failed")
    if eta:
        parts.append(f"{eta['low']:.0f} to {eta['high']:.0f} s left")
    return "; ".join([*parts, *([reason] if reason and entry["state"] != "CANCELED" else [])])


def _watch(args: argparse.Namespace) -> int:
    return _followed(_connect(args), args.run)


def _followed(connection: Connection, run_id: str) -> int:
    """Follow the events of a run to its end or pause, also over a connection that breaks; its exit code."""
    seen, last, pauses = 0, "", list(_PAUSES)
    while True:
        try:
            for number in _events(connection, run_id, seen):
                seen, pauses = number, list(_PAUSES)
                entry = connection.ask("GET", f"/runs/{run_id}")
                last = _told(entry, last)
                if entry["state"] == "PAUSED":  # nothing happens before somebody brings the scores
                    return 0
            entry = connection.ask("GET", f"/runs/{run_id}")
        except UnreachableError:
            if not pauses:
                raise
            time.sleep(pauses.pop(0))
            continue
        last = _told(entry, last)
        if entry["state"] in _ENDS:
            return _CODES.get(entry["state"], 1)


def _told(entry: dict[str, Any], last: str) -> str:
    """Say how a run is, where that is news."""
    if (line := _line(entry)) != last:
        print(line, file=sys.stderr, flush=True)
    return line


def _events(connection: Connection, run_id: str, seen: int) -> Iterator[int]:
    """The numbers of events after `seen`, as they come."""
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(seen)}
    for answer in connection.stream(f"/runs/{run_id}/events", headers):
        for line in answer.iter_lines():
            if line.startswith("id: "):
                yield int(line[4:])


def _scores(args: argparse.Namespace) -> int:
    connection = _connect(args)
    upload_id = transfers.upload(connection, args.file)
    entry = connection.ask("POST", f"/runs/{args.run}/scores", json={"upload_id": upload_id})
    print(_line(entry))
    return 0


def _download(args: argparse.Namespace) -> int:
    connection = _connect(args)
    artifacts = connection.ask("GET", f"/runs/{args.run}/artifacts")
    if not artifacts:
        state = connection.ask("GET", f"/runs/{args.run}")["state"]
        how = "the files come when it has ended" if state not in _ENDS else "there are no files"
        raise HeteroError(f"run {args.run}: is {WORDS[State(state)]}: {how}", f"hetero2 remote status {args.run}")
    names = [entry["name"] for entry in artifacts]
    if missing := [name for name in args.names if name not in names]:
        raise ConfigError(
            f"run {args.run}: has published no {missing[0]}", f"it has {', '.join(names) or 'nothing yet'}"
        )
    for entry in artifacts:
        if not args.names or entry["name"] in args.names:
            print(transfers.download(connection, args.run, entry, args.out))
    return 0


def _cancel(args: argparse.Namespace) -> int:
    print(_line(_connect(args).ask("POST", f"/runs/{args.run}:cancel")))
    return 0


def _logs(args: argparse.Namespace) -> int:
    connection = _connect(args)
    entry = connection.ask("GET", f"/runs/{args.run}")
    if all(artifact["name"] != "log.txt" for artifact in connection.ask("GET", f"/runs/{args.run}/artifacts")):
        how = "it left no log" if entry["state"] in _ENDS else "its log comes when it has ended"
        raise HeteroError(f"run {args.run}: is {WORDS[State(entry['state'])]}: {how}")
    sys.stdout.write(connection.response("GET", f"/runs/{args.run}/log").text)
    return 0
