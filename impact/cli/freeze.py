"""`impact freeze`: the hash and content of a spec stored before its data are opened."""

from __future__ import annotations

import json
from pathlib import Path

import click

from impact.cli._write_text import write_text
from impact.cli.main import setting
from impact.core.errors import VerificationError
from impact.core.texts import text


@click.command("freeze")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option(
    "--check", "only_check", is_flag=True, help="Only say what changed since; exit 6 if a number could."
)
@click.pass_context
def command(ctx: click.Context, *, specs: tuple[str, ...], only_check: bool) -> int:
    """Store what a spec says, beside it in SPEC.frozen.json, without opening its data.

    `--check` lists every key that changed since. A frozen form is never replaced: remove it to freeze anew.
    """
    import impact.pipeline.finished.frozen as frozen  # the plan loads with the command, not with the help
    from impact.schema.spec_files import spec_files

    language = str(setting(ctx, "lang") or "en")
    status = 0
    for name in spec_files(specs):
        spec = Path(name)
        if only_check:
            status = max(status, _check(spec, language))
            continue
        content = frozen.freeze_spec(spec)
        file = frozen.frozen_file(spec)
        write_text(str(file), json.dumps(content, indent=1, ensure_ascii=False) + "\n", overwrite=False)
        if not setting(ctx, "quiet"):
            print(text("reviewing.freeze.stored", language, file=file, sha256=content["content_sha256"][:16]))
    return status


def _check(spec: Path, language: str) -> int:
    from impact.pipeline.finished.frozen import changes_since  # as above

    stored, changes = changes_since(spec)
    if not changes:
        print(text("reviewing.freeze.same", language, spec=spec, day=stored["frozen"]))
        return 0
    print(text("reviewing.freeze.changed", language, spec=spec, day=stored["frozen"], count=len(changes)))
    for change in changes:
        mark = f"  ({text('reviewing.freeze.words', language)})" if change.words else ""
        print(f"  {change.key}: {_shown(change.before)} -> {_shown(change.now)}{mark}")
    return 0 if all(change.words for change in changes) else VerificationError.exit_status


def _shown(value: object) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False)
