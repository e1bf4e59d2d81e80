"""Whether a configuration is right: the models check it, and the first problem is reported in one line."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hetero2.config import keys
from hetero2.config.models import Configuration
from hetero2.errors import ConfigError


def defaults() -> dict[str, Any]:
    """Every key with its default."""
    return Configuration.model_construct().model_dump()


def validate(config: dict[str, Any], where: str) -> None:
    """Raise ConfigError unless every key, and then all of them together, are right; `where` they come from.

    The problem nearest the top is reported first.
    """
    try:
        Configuration.model_validate(config)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    else:
        return
    problem = _explained(min(problems, key=lambda each: (len(_place(each)), str(_place(each)), str(each["loc"]))))
    raise ConfigError(f"{where}: {problem}", "config/default.yaml explains every key")


def _place(problem: ErrorDetails) -> keys.Place:
    """Where a problem is: of an unknown key, the section that does not have it."""
    return problem["loc"][:-1] if problem["type"] == "extra_forbidden" else problem["loc"]


def _explained(problem: ErrorDetails) -> str:
    place = _place(problem)
    if problem["type"] == "extra_forbidden":
        return keys.unknown_key(problem["loc"], keys.at(place)["properties"])
    return f"{keys.dotted(place)}: {keys.wrong(problem['input'], keys.at(place)) or problem['msg']}"
