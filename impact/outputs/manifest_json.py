"""manifest.json: what a folder was made from and with, so that each file can be checked against it.

Everything but the ``run`` block is the same in every run of the same spec on the same data. No user name,
host name or
absolute path is ever written: texts that hold one are refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from impact.outputs.results_json import json_bytes, plain_value

SCHEMA = "impact-manifest-1"
_NOT_LISTED = ("manifest.json", "run.log")
_ABSOLUTE = re.compile(r"^(?:/|~|[A-Za-z]:[\\/]|\\\\|file://)")


@dataclass(frozen=True, slots=True)
class ManifestFacts:
    """What the pipeline knows beyond the results document.

    Arguments:
        spec_name: the spec as the user wrote its path (relative); spec_sha256: checksum of its text;
            spec_content_sha256: of its resolved content.
        spec_files: every file the spec extends, relative name → checksum.
        options: options after defaults, by model; environment: versions, BLAS, system, locale …;
        run: clock, seconds, memory: the only block that differs between runs.
    """

    spec_name: str
    spec_sha256: str
    spec_content_sha256: str = ""
    spec_files: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)


def manifest(document: Mapping[str, Any], facts: ManifestFacts, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The manifest of a folder.

    Raises:
        ValueError: where a fact outside of the options holds an absolute path.
    """
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "study": document.get("study"),
        "impact": document.get("impact"),
        "seed": document.get("seed"),
        "synthetic": bool(document.get("synthetic")),
        "spec": {
            "file": facts.spec_name,
            "sha256": facts.spec_sha256,
            "content_sha256": facts.spec_content_sha256,
            "files": dict(facts.spec_files),
        },
        "data": document.get("data") or {},
        "samples": document.get("samples") or {},
        "options": dict(facts.options),
        "environment": dict(facts.environment),
        "warnings": [
            {"code": notice.get("code"), "of": notice.get("of")} for notice in document.get("notices") or ()
        ],
        "outputs": output_checksums(files),
        "run": dict(facts.run),
    }
    _refuse_machine_paths(content)
    return content


def output_checksums(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """Name → SHA-256 and size of every output but the manifest and the log."""
    return {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in sorted(files.items())
        if name not in _NOT_LISTED
    }


def manifest_bytes(document: Mapping[str, Any], facts: ManifestFacts, files: Mapping[str, bytes]) -> bytes:
    """manifest.json as bytes."""
    return json_bytes(manifest(document, facts, files))


def _refuse_machine_paths(value: object, where: str = "") -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _refuse_machine_paths(inner, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_machine_paths(inner, where)
    elif isinstance(value, str) and _ABSOLUTE.match(value) and not where.startswith("options"):
        raise ValueError(f"manifest.{where} holds an absolute path")
    else:
        plain_value(value)
