import hashlib
import json

import pytest

from impact.outputs.manifest_json import ManifestFacts, manifest, manifest_bytes

FACTS = ManifestFacts(
    spec_name="specs/x.yaml",
    spec_sha256="00",
    spec_files={"specs/common/lima.yaml": "11"},
    options={"main": {"vcov": {"cluster": ["area_id"]}}},
    environment={"python": "3.11", "blas": {"name": "openblas", "threads": 1}},
    run={"started": "2026-01-31T10:00:00Z", "seconds": 1.5},
)
FILES = {"tables/t.md": b"abc", "results.json": b"{}\n", "run.log": b"x", "manifest.json": b"old"}


def test_outputs_are_listed_with_their_checksums(document):
    content = json.loads(manifest_bytes(document, FACTS, FILES))
    assert set(content["outputs"]) == {"tables/t.md", "results.json"}
    assert content["outputs"]["tables/t.md"] == {"sha256": hashlib.sha256(b"abc").hexdigest(), "bytes": 3}
    assert content["data"]["main"]["rows"] == 60361
    assert content["warnings"][0] == {"code": "W511", "of": "main"}


def test_only_the_run_block_may_differ_between_runs(document):
    later = ManifestFacts(
        **{**{name: getattr(FACTS, name) for name in FACTS.__slots__}, "run": {"seconds": 9}}
    )
    one, other = manifest(document, FACTS, FILES), manifest(document, later, FILES)
    assert one.pop("run") != other.pop("run")
    assert one == other


@pytest.mark.parametrize("path", ["/somewhere/x.csv", "~/x.csv", "C:\\data\\x.csv", "file:///x"])
def test_absolute_paths_are_refused(document, path):
    document["data"]["main"]["file"] = path
    with pytest.raises(ValueError, match="absolute path"):
        manifest(document, FACTS, FILES)
