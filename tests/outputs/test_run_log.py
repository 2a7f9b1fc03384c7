import json

from impact.outputs.run_log import log_bytes


def test_one_object_a_line():
    events = [
        {"at": "2026-01-31T10:00:00Z", "event": "read"},
        {"event": "model", "seconds": 0.5, "text": "a\nb"},
    ]
    lines = log_bytes(events).decode().splitlines()
    assert [json.loads(line) for line in lines] == events
    assert log_bytes([]) == b""
