"""What a run remembers of earlier ones: fitted designs, findings of tests and the curve, each under its content."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from impact.core.curves import CurveResult
from impact.core.designs import Design
from impact.core.errors import EstimationError, Notice
from impact.core.findings import Finding, ModelResult, Question
from impact.core.frames import Frame
from impact.core.texts import fault, notice
from impact.pipeline.caching.code import code_version
from impact.pipeline.caching.content import Content, NotStorable
from impact.pipeline.caching.store import Damaged, Store
from impact.pipeline.caching.stored import Reader, Writer
from impact.plan import Plan
from impact.schema.requests import ModelRequest

Key = tuple[str, str | None]
MOST_WAITING = 4
MOST_NAMED = 3
UNREADABLE = (Damaged, OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, ImportError)


class NotStored(EstimationError):
    """A model that would have to be estimated, where only what is stored is asked for."""


@dataclass(slots=True)
class Made:
    """How the parts of one model were had: from the cache, or estimated, with seconds and megabytes."""

    stored: int = 0
    estimated: int = 0
    seconds: float = 0.0
    megabytes: float = 0.0

    @property
    def is_cached(self) -> bool:
        """Whether nothing of it was estimated."""
        return self.stored > 0 and not self.estimated


@dataclass(slots=True)
class Memory:
    """The cache of one run.

    Arguments:
        refresh: nothing is read, everything is stored anew. only_look: what is not stored is not estimated either.
        data: SHA-256 of all that the frame was made from. keys: model and group → key of its result.
        made: model → how its parts were had. notices: W701, W715.
    """

    store: Store
    version: str = field(default_factory=code_version)
    refresh: bool = False
    only_look: bool = False
    data: str = ""
    keys: dict[Key, str] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    _damaged: list[tuple[str, str]] = field(default_factory=list)
    _requests: dict[int, tuple[ModelRequest, str]] = field(default_factory=dict)
    _waiting: list[Future[None]] = field(default_factory=list)
    _writer: ThreadPoolExecutor | None = None
    _lock: Lock = field(default_factory=Lock)

    def result(
        self,
        design: Design,
        request: ModelRequest,
        group: str | None,
        seed: int | None,
        make: Callable[[], ModelResult],
    ) -> ModelResult:
        """The stored result of a design under a request, or the one that is made now.

        Raises:
            NotStored: it is not stored, and only what is stored is asked for. Others: as ``make`` does.
        """
        try:
            content = Content().add(design)
            asked = ("model", self.version, content.hexdigest(), self._of_request(request), group, seed)
            key = Content().add(asked).hexdigest()
        except NotStorable:
            content, key = None, ""
        found = self._stored(key, [] if content is None else content.objects)
        of = self.made_of(request.name)
        if found is not None:
            self.keys[request.name, group] = key
            of.stored += 1
            parts, facts = found
            of.seconds += float(facts.get("seconds", 0.0))
            estimate, inference, permutation = parts
            return ModelResult(
                request.name, group, estimate, inference, design, permutation=permutation,
                base=request.base, row=request.row, expect=request.expect,
            )  # fmt: skip
        if self.only_look:
            of.estimated += 1
            raise NotStored(fault("E523", place=request.place, model=request.name))
        of.estimated += 1
        started, before = time.perf_counter(), _peak()
        result = make()
        facts = {"model": request.name, "group": group, "seconds": round(time.perf_counter() - started, 4)}
        of.seconds += float(str(facts["seconds"]))
        of.megabytes = max(of.megabytes, round(_peak() - before, 1))
        if content is not None:
            self.keys[request.name, group] = key
            parts = (result.estimate, result.inference, result.permutation)
            self._keep(key, facts, parts, content.numbers, content)
        return result

    def findings(
        self,
        question: Question,
        asked: object,
        make: Callable[[Question], tuple[Finding, ...]],
        *,
        of_rows: bool = False,
    ) -> tuple[Finding, ...]:
        """The stored findings of a question with options, or those that are made now.

        What they depend on beside the models of the question is told by what making them looked at: the other
        results, or the rows of the frame; ``of_rows``: it is about the rows in any case.
        """
        key = self._key_of(question, asked)
        found = self._stored(key, ())
        if found is not None:
            needs, findings = found[0]
            if all(self._needed(name, question) == digest != "" for name, digest in needs.items()):
                return tuple(findings)
        touched: set[str] = {"data"} if of_rows else set()
        made = tuple(make(_watched(question, touched)))
        needs = {name: self._needed(name, question) for name in sorted(touched)}
        if key and all(needs.values()):
            self._keep(key, {"test": question.test}, (needs, made), {}, None)
        return made

    def curve(
        self, plan: Plan, make: Callable[[], CurveResult | None], *, complete: Callable[[], bool]
    ) -> CurveResult | None:
        """The stored specification curve, or the one that is made now; one that was interrupted is not stored."""
        try:
            key = Content().add(("curve", self.version, self.data, plan.curve, plan.spec.seed)).hexdigest()
        except NotStorable:
            key = ""
        found = self._stored(key if self.data else "", ())
        if found is not None:
            stored: CurveResult | None = found[0]
            return stored
        made = make()
        if key and self.data and complete():
            self._keep(key, {"curve": plan.study}, made, {}, None)
        return made

    def made_of(self, name: str) -> Made:
        """How the parts of a model were had."""
        with self._lock:
            return self.made.setdefault(name, Made())

    def close(self) -> None:
        """Wait for what is being written, make room, and tell of damaged entries."""
        if self._damaged:
            keys = [key for key, _ in self._damaged]
            more = f" (+{len(keys) - MOST_NAMED})" if len(keys) > MOST_NAMED else ""
            shown = ", ".join(keys[:MOST_NAMED]) + more
            self.notices.append(notice("W701", count=len(keys), keys=shown, problem=self._damaged[0][1]))
            self._damaged.clear()
        if self._writer is None:
            return
        for one in self._waiting:
            one.result()
        self._writer.shutdown()
        self._writer = None
        try:
            self.store.trim()
        except OSError as error:
            self._refused(error)

    def _of_request(self, request: ModelRequest) -> str:
        """SHA-256 of a request, hashed once for all of its groups."""
        known = self._requests.get(id(request))
        if known is None or known[0] is not request:
            known = (request, Content().add(request).hexdigest())
            self._requests[id(request)] = known
        return known[1]

    def _key_of(self, question: Question, asked: object) -> str:
        """The key of a question; empty where a model of it has none."""
        of = [(self.keys.get((one.name, one.group), ""), term) for one, term in question.of]
        if not all(key for key, _ in of):
            return ""
        try:
            own = (question.test, question.kind, question.seed, question.level, question.language)
            return Content().add(("findings", self.version, own, of, asked)).hexdigest()
        except NotStorable:
            return ""

    def _needed(self, name: str, question: Question) -> str:
        """SHA-256 of what a test may look at beside its models; empty where it is not known."""
        if name == "data":
            return self.data
        keys = [(key, self.keys.get(key, "")) for key in question.results]
        return Content().add(keys).hexdigest() if all(known for _, known in keys) else ""

    def _stored(self, key: str, known: Any) -> tuple[Any, Mapping[str, Any]] | None:
        if not key or self.refresh:
            return None
        try:
            found = self.store.read(key)
            if found is None:
                return None
            head, tree, arrays = found
            return Reader(arrays, known).read(tree), head["facts"]
        except UNREADABLE as error:
            self._damaged.append((key[:12], str(error) or type(error).__name__))
            return None

    def _keep(
        self, key: str, facts: Mapping[str, object], value: object, known: Mapping[int, int], alive: object
    ) -> None:
        """Write in the background; ``alive`` holds the objects that ``known`` knows by their address."""

        def write() -> None:
            try:
                writer = Writer(known)
                tree = writer.write(value)
                self.store.write(key, facts, tree, writer.arrays)
            except NotStorable:
                pass  # it is made again next time, which the dry run says
            except OSError as error:
                self._refused(error)
            del_later.clear()

        del_later = [alive]
        with self._lock:
            if self._writer is None:
                self._writer = ThreadPoolExecutor(max_workers=1)
            self._waiting.append(self._writer.submit(write))
            oldest = self._waiting.pop(0) if len(self._waiting) > MOST_WAITING else None
        if oldest is not None:
            oldest.result()  # what waits holds its arrays in memory

    def _refused(self, error: OSError) -> None:
        if not any(item.code == "W715" for item in self.notices):
            problem = error.strerror or str(error)
            self.notices.append(notice("W715", folder=str(self.store.folder), problem=problem))


def data_key(plan: Plan, frame: Frame) -> str:
    """SHA-256 of all that the rows of a frame are made from: the files' bytes and what the spec does with them."""
    spec = plan.spec
    files = [
        (source.name, source.block, (frame.files.get(source.name) or {}).get("sha256"))
        for source in plan.sources
    ]
    if not all(digest for _, _, digest in files):
        return ""
    parts = (spec.joins, spec.panel, plan.derive, spec.params, spec.instruments, plan.filters, spec.checks)
    try:
        return Content().add((files, parts, plan.curve is not None)).hexdigest()
    except NotStorable:
        return ""


class _Watched(Mapping[Key, ModelResult]):
    """The results of a run, which tell that somebody looked at them."""

    def __init__(self, results: Mapping[Key, ModelResult], touched: set[str]) -> None:
        self._results, self._touched = results, touched

    def __getitem__(self, key: Key) -> ModelResult:
        self._touched.add("results")
        return self._results[key]

    def __iter__(self) -> Iterator[Key]:
        self._touched.add("results")
        return iter(self._results)

    def __len__(self) -> int:
        self._touched.add("results")
        return len(self._results)


def _watched(question: Question, touched: set[str]) -> Question:
    def lost(result: ModelResult) -> ModelResult:
        touched.add("data")
        return question.lost(result)

    return replace(question, results=_Watched(question.results, touched), lost=lost)


def _peak() -> float:
    """Megabytes at the most so far; counted in kilobytes but on macOS."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1024**2
    )
