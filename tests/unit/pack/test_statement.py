"""The in-toto statement beside a zip: what it says, and that a signature over it holds for independent code."""

import base64
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from hetero2.io.files import pretty_json, read_json, sha256_file
from hetero2.pack.descriptions import statement

PAYLOAD_TYPE = "application/vnd.in-toto+json"
ZIP = "small_evidence_pack.zip"


@pytest.fixture
def stated(stored_run):
    """(statement about the stored run's zip, its manifest)."""
    manifest = read_json(stored_run / "pack/manifest.json")
    return statement.document(manifest, ZIP, sha256_file(stored_run / ZIP)), manifest


def test_it_is_slsa_provenance_of_the_zip(stated, stored_run):
    document, manifest = stated
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "https://slsa.dev/provenance/v1"
    assert document["subject"] == [{"name": ZIP, "digest": {"sha256": sha256_file(stored_run / ZIP)}}]
    definition, details = document["predicate"]["buildDefinition"], document["predicate"]["runDetails"]
    # What SLSA provenance v1 requires, and that its ids are URIs.
    assert {"buildType", "externalParameters"} <= set(definition)
    assert ":" in definition["buildType"]
    assert ":" in details["builder"]["id"]
    assert definition["externalParameters"]["config"] == manifest["config"]
    dependencies = {entry["name"]: entry["digest"]["sha256"] for entry in definition["resolvedDependencies"]}
    inputs = {f"{entry['role']}/{entry['name']}": entry["sha256"] for entry in manifest["inputs"]}
    assert dependencies == inputs | {"requirements.lock": manifest["environment_lock_sha256"]}
    assert details["metadata"] == {"invocationId": manifest["run_id"]}


def test_a_release_names_its_commit_and_nothing_else_changes(stated, stored_run):
    document, manifest = stated
    released = statement.document(manifest | {"source_commit": "a" * 40}, ZIP, sha256_file(stored_run / ZIP))
    dependencies = released["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert dependencies[0] == {"name": "source", "digest": {"gitCommit": "a" * 40}}
    del dependencies[0]
    assert released == document


def openssl(*words: object, data: bytes | None = None) -> bytes:
    return subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=True).stdout


@pytest.fixture
def key(tmp_path):
    """A private key made for the test, of the kind that cosign makes (ECDSA on P-256); its public one beside it."""
    private = tmp_path / "key.pem"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private)
    openssl("ec", "-in", private, "-pubout", "-out", tmp_path / "key.pub")
    return private


def enveloped(payload: bytes, key: Path) -> dict[str, object]:
    """A DSSE envelope, made by openssl and by hand: the signature is over type and payload with their lengths."""
    signed = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
    signature = openssl("dgst", "-sha256", "-sign", key, data=signed)
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": "made", "sig": base64.b64encode(signature).decode()}],
    }


def accepted_by(envelope: dict[str, object], public: Path) -> bytes:
    """The payload whose signature holds, by an independent implementation of DSSE; raises VerificationError."""
    read = Envelope.from_dict(json.loads(json.dumps(envelope)))
    verifier = SSlibKey.from_crypto(load_pem_public_key(public.read_bytes()), keyid="made")
    read.verify([verifier], 1)
    return bytes(read.payload)


def test_a_signature_by_a_made_key_holds_for_independent_code(stated, key, tmp_path):
    payload = pretty_json(stated[0]).encode()
    envelope = enveloped(payload, key)
    assert accepted_by(envelope, key.with_suffix(".pub")) == payload
    changed = pretty_json(stated[0] | {"subject": [{"name": ZIP, "digest": {"sha256": "0" * 64}}]}).encode()
    with pytest.raises(VerificationError):
        accepted_by(envelope | {"payload": base64.b64encode(changed).decode()}, key.with_suffix(".pub"))
    other = tmp_path / "other"
    other.mkdir()
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", other / "key.pem")
    openssl("ec", "-in", other / "key.pem", "-pubout", "-out", other / "key.pub")
    with pytest.raises(VerificationError):
        accepted_by(envelope, other / "key.pub")
