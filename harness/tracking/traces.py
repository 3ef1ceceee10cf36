"""Samples as MLflow traces: many in one call, each with its tags, attached to their model's run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.hashing import digest
from harness.story import ShownSample

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Span

LINKS_PER_CALL = 100
"""Traces that MLflow attaches to a run at once."""
QUESTION_LIMIT = 400
"""Characters of a prompt's last paragraph: where there are worked examples, they stand before it."""
MILLISECOND = 1_000_000
"""Nanoseconds."""


@dataclass(frozen=True)
class TraceEntry:
    """One question and its answer."""

    task: str
    model: str
    sample: ShownSample


def log_traces(client: MlflowClient, experiment: str, run: str, entries: Sequence[TraceEntry], start_ms: int) -> None:
    """Write the entries as traces of the run; a millisecond apart, so that their order stays."""
    from mlflow.tracing.client import TracingClient

    spans = [_span(entry, run, (start_ms + place) * MILLISECOND) for place, entry in enumerate(entries)]
    for first in range(0, len(spans), LINKS_PER_CALL):
        batch = spans[first : first + LINKS_PER_CALL]
        TracingClient(client.tracking_uri).log_spans(experiment, batch)
        client.link_traces_to_run([span.trace_id for span in batch], run)


def delete_traces(client: MlflowClient, experiment: str, run: str) -> None:
    """Delete all traces of a run."""
    while found := client.search_traces(locations=[experiment], run_id=run, include_spans=False, max_results=100):
        client.delete_traces(experiment, trace_ids=[trace.info.trace_id for trace in found])


def _span(entry: TraceEntry, run: str, start_ns: int) -> Span:
    """The only span of a trace, whose identity follows from the run, the task, the item and the repeat."""
    from mlflow.entities import Span
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, Status, StatusCode

    sample = entry.sample
    identity = digest([run, entry.task, sample.item_id, sample.repeat])
    trace, span = int(identity[:32], 16), int(identity[32:48], 16)
    attributes = {name: json.dumps(value, ensure_ascii=False) for name, value in _attributes(entry, f"tr-{trace:032x}")}
    failed = sample.outcome == "failed"
    return Span(
        ReadableSpan(
            name=entry.task,
            context=SpanContext(trace_id=trace, span_id=span, is_remote=False),
            attributes=attributes,
            resource=Resource.get_empty(),  # else the process names itself in every trace's tags
            start_time=start_ns,
            end_time=start_ns,
            status=Status(StatusCode.ERROR, sample.cause) if failed else Status(StatusCode.OK),
        )
    )


def _question(prompt: str) -> str:
    """The last paragraph, where the question is."""
    return prompt.strip().rsplit("\n\n", 1)[-1][-QUESTION_LIMIT:]


def _attributes(entry: TraceEntry, trace_id: str) -> Iterator[tuple[str, Any]]:
    sample = entry.sample
    yield "mlflow.traceRequestId", trace_id
    yield "mlflow.spanType", "LLM"
    # The list shows the first characters of both, so what tells the traces apart comes first.
    yield "mlflow.spanInputs", {"question": _question(sample.prompt), "prompt": sample.prompt}
    yield "mlflow.spanOutputs", {"outcome": sample.outcome, "response": sample.response, "target": sample.target}
    yield "score", sample.score
    yield "repeat", sample.repeat
    if sample.cause:
        yield "cause", sample.cause
    tags = {"outcome": sample.outcome, "task": entry.task, "model": entry.model, "item_id": sample.item_id}
    for tag, value in tags.items():
        yield f"mlflow.traceTag.{tag}", value
    yield "mlflow.traceTag.mlflow.traceName", entry.task
