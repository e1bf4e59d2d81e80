"""Write docs/service-openapi.json, the document of the service's API, and docs/service-api.md, the page made of it."""

import json
import tempfile
from pathlib import Path

from hetero2.service import core
from hetero2.service.api.app import create_app
from hetero2.service.settings import Settings
from tools import service_reference

PATH = Path(__file__).resolve().parent.parent / "docs/service-openapi.json"


def text() -> str:
    """The document."""
    with tempfile.TemporaryDirectory() as folder:
        service = core.open_service(Settings(folder=Path(folder)))
        try:
            return json.dumps(create_app(service).openapi(), indent=1, ensure_ascii=False) + "\n"
        finally:
            service.engine.dispose()


if __name__ == "__main__":
    document = text()
    PATH.write_text(document, encoding="utf-8")
    service_reference.PATH.write_text(service_reference.text(json.loads(document)), encoding="utf-8")
