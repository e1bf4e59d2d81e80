"""remote: upload, run, watch and download, on a service."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError
from hetero2.service.client import connection as connections
from hetero2.service.client import transfers
from hetero2.service.client.connection import Connection

EXAMPLE = (
    "hetero2 remote login http://127.0.0.1:8642\n"
    "  hetero2 remote submit audit_scores --input library=library.csv --input scores=scores.csv --watch"
)
_CODES = {"COMPLETE": 0, "CANCELED": 130}  # exit codes of a run that has ended; 1 for what failed
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
    submit.add_argument("--input", action="append", default=[], metavar="ROLE=FILE", help="a file; may be repeated")
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
    code: int = args.do(args)
    return code


def _of_run(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("run", help="the id of the run")
    return parser


def _login(args: argparse.Namespace) -> int:
    if args.token_file is not None:
        token = args.token_file.read_text(encoding="utf-8").strip()
    else:
        token = (getpass.getpass("token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not args.url.startswith(("http://", "https://")):
        raise ConfigError(f"{args.url}: is no address", "such as http://127.0.0.1:8642")
    Connection(args.url, token).ask("GET", "/me")
    print(f"kept in {connections.store(args.url, token)}")
    return 0


def _submit(args: argparse.Namespace) -> int:
    connection = connections.connect()
    files = dict(_pair(text, "--input", "ROLE=FILE") for text in args.input)
    parameters = json.loads(args.parameters.read_text(encoding="utf-8")) if args.parameters else {}
    parameters |= {name: _value(text) for name, text in (_pair(word, "--set", "NAME=VALUE") for word in args.set)}
    inputs = {role: transfers.upload(connection, Path(path)) for role, path in files.items()}
    body = {"workflow": args.workflow, "parameters": parameters, "inputs": inputs}
    body |= {} if args.name is None else {"name": args.name}
    headers = {} if args.key is None else {"Idempotency-Key": args.key}
    asked = connection.ask("POST", "/runs", json=body, headers=headers)
    print(asked["id"], flush=True)
    return _followed(connection, asked["id"]) if args.watch else 0


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ConfigError(f"{option} {text}: expected {form}", f"{option} {form}")
    return name, value


def _value(text: str) -> Any:
    """A number, true, false, or a JSON object as such; anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _status(args: argparse.Namespace) -> int:
    connection = connections.connect()
    if args.workflows:
        answer = connection.ask("GET", "/workflows")
        lines = [f"{entry['name']} {entry['version']}: {entry['text']}" for entry in answer]
    elif args.run is None:
        answer = connection.ask("GET", "/runs", params={"limit": 20})["runs"]
        lines = [f"{entry['id']}  {_line(entry)}" for entry in answer] or ["no runs yet"]
    else:
        answer = connection.ask("GET", f"/runs/{args.run}")
        lines = [_line(answer)]
    print(json.dumps(answer, indent=2) if args.json else "\n".join(lines))
    return 0


def _line(entry: dict[str, Any]) -> str:
    """A run in one line: what, state, how far, why."""
    progress, eta = entry["progress"], entry["eta_seconds"]
    parts = [f"{entry['name']} ({entry['workflow']}): {entry['state']}"]
    if entry["state"] not in _ENDS and "jobs" in progress:
        parts.append(f"{progress['jobs']['done']} of {progress['jobs']['total']} jobs")
    counts = progress.get("counts") or entry["facts"].get("counts") or {}
    if any(counts.values()):
        parts.append(", ".join(f"{name} {number}" for name, number in counts.items()))
    if eta:
        parts.append(f"{eta['low']:.0f} to {eta['high']:.0f} s left")
    return "; ".join([*parts, *([entry["reason"]] if entry["reason"] else [])])


def _watch(args: argparse.Namespace) -> int:
    return _followed(connections.connect(), args.run)


def _followed(connection: Connection, run_id: str) -> int:
    """Follow the events of a run to its end or pause, also over a connection that breaks; its exit code."""
    seen, last = 0, ""
    while True:
        for number in _events(connection, run_id, seen):
            seen = number
            entry = connection.ask("GET", f"/runs/{run_id}")
            if (line := _line(entry)) != last:
                print(line, file=sys.stderr, flush=True)
                last = line
            if entry["state"] == "PAUSED":  # nothing happens before somebody brings the scores
                return 0
        entry = connection.ask("GET", f"/runs/{run_id}")
        if entry["state"] in _ENDS:
            if (line := _line(entry)) != last:
                print(line, file=sys.stderr, flush=True)
            return _CODES.get(entry["state"], 1)


def _events(connection: Connection, run_id: str, seen: int) -> Iterator[int]:
    """The numbers of events after `seen`, as they come."""
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(seen)}
    for answer in connection.stream(f"/runs/{run_id}/events", headers):
        for line in answer.iter_lines():
            if line.startswith("id: "):
                yield int(line[4:])


def _scores(args: argparse.Namespace) -> int:
    connection = connections.connect()
    upload_id = transfers.upload(connection, args.file)
    entry = connection.ask("POST", f"/runs/{args.run}/scores", json={"upload_id": upload_id})
    print(_line(entry))
    return 0


def _download(args: argparse.Namespace) -> int:
    connection = connections.connect()
    artifacts = connection.ask("GET", f"/runs/{args.run}/artifacts")
    names = [entry["name"] for entry in artifacts]
    if missing := [name for name in args.names if name not in names]:
        raise ConfigError(
            f"run {args.run}: has published no {missing[0]}", f"it has {', '.join(names) or 'nothing yet'}"
        )
    if not artifacts:
        state = connection.ask("GET", f"/runs/{args.run}")["state"]
        raise ConfigError(f"run {args.run}: is {state} and has published nothing", "hetero2 remote watch RUN")
    for entry in artifacts:
        if not args.names or entry["name"] in args.names:
            print(transfers.download(connection, args.run, entry, args.out))
    return 0


def _cancel(args: argparse.Namespace) -> int:
    print(_line(connections.connect().ask("POST", f"/runs/{args.run}:cancel")))
    return 0


def _logs(args: argparse.Namespace) -> int:
    sys.stdout.write(connections.connect().response("GET", f"/runs/{args.run}/log").text)
    return 0
