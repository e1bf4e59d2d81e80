"""An S3 server of a test's own: SeaweedFS on free ports of loopback, its files in a folder of the test."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import obstore
from obstore.store import S3Store as Bucket

from tests.service.postgres import free_port

ACCESS_KEY, SECRET_KEY = "AKIATESTTESTTESTTEST", "secret-of-the-tests-that-nobody-may-print"
BUCKET = "hetero2"


@contextmanager
def server(folder: Path) -> Iterator[dict[str, str]]:
    """The environment by which a client finds it."""
    data = folder / "data"
    data.mkdir(parents=True)
    config = folder / "s3.json"
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    config.write_text(json.dumps({"identities": [{"name": "test", "credentials": credentials, "actions": actions}]}))
    port = free_port()
    ports = {f"{part}.port": free_port() for part in ("master", "volume", "filer")}
    ports |= {f"{part}.port.grpc": free_port() for part in ("master", "volume", "filer", "s3")}
    program = shutil.which("weed")
    assert program is not None
    words = [program, "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]
    words += [f"-s3.port={port}", f"-s3.config={config}", "-master.telemetry=false", "-master.volumeSizeLimitMB=64"]
    words += ["-volume.max=40", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-filer.localSocket={folder}/filer.sock"]
    words += [f"-{name}={number}" for name, number in ports.items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    environment = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "us-east-1",
    }
    try:
        _make_bucket(environment, process)
        yield environment
    finally:
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def bucket(environment: dict[str, str]) -> Bucket:
    """It, without what the service adds."""
    return Bucket(
        BUCKET,
        endpoint=environment["AWS_ENDPOINT_URL"],
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )


def _make_bucket(environment: dict[str, str], process: "subprocess.Popen[bytes]") -> None:
    """A bucket comes to be with an object that is put in it; the server takes some seconds until it can."""
    for _ in range(300):
        assert process.poll() is None, "SeaweedFS has ended"
        try:
            # To make a bucket is to PUT its address; obstore has no call for that, but signs the address.
            httpx.put(obstore.sign(bucket(environment), "PUT", "", timedelta(minutes=1)), timeout=5)
            obstore.put(bucket(environment), "ready", b"yes")
            obstore.delete(bucket(environment), "ready")
        except (httpx.HTTPError, obstore.exceptions.BaseError) as error:
            last = error
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"SeaweedFS does not answer: {type(last).__name__}")
