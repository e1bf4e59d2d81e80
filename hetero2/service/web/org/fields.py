"""Forms of these pages: read as the API reads its bodies, and what is wrong said at each field."""

import json
from collections.abc import Mapping
from typing import Annotated, TypeVar

from fastapi import Form
from pydantic import BaseModel, ValidationError

Text = Annotated[str, Form(max_length=20_000)]
NAME = "A name has letters, digits, - and _ alone, at most 64, and begins with a letter or digit."
_Body = TypeVar("_Body", bound=BaseModel)


def read(model: type[_Body], said: Mapping[str, str], **values: object) -> tuple[_Body | None, dict[str, str]]:
    """(the body that a form gives, what is wrong by field: as `said`); either there is a body, or something wrong."""
    try:
        return model.model_validate_json(json.dumps(values)), {}
    except ValidationError as error:
        return None, {str(item["loc"][0]): said[str(item["loc"][0])] for item in error.errors()}
