"""The instruments that packages below the API fill; `/metrics` shows them.

Labels come from closed lists (slugs, reasons): never an id, never a region's text.
"""

from prometheus_client import Counter, Gauge, Histogram

engine_queue_length = Gauge(
    "meguri_engine_queue_length",
    "Commands that wait for the next batch.",
    multiprocess_mode="livesum",
)
engine_batch_size = Histogram(
    "meguri_engine_batch_size",
    "Commands in one batch.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)
engine_batch_seconds = Histogram(
    "meguri_engine_batch_seconds",
    "Seconds from the first lock of a batch to its commit.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
engine_refusals = Counter(
    "meguri_engine_refusals",
    "Commands that a rule refused, by the slug of the problem.",
    labelnames=("slug",),
)
engine_retries = Counter(
    "meguri_engine_retries",
    "Batches that were tried again, by reason.",
    labelnames=("reason",),
)
messages = Counter(
    "meguri_messages",
    "Attempts to hand over a message, and messages that nobody took in time, by outcome.",
    labelnames=("channel", "outcome"),
)
webhooks = Counter(
    "meguri_webhooks",
    "Attempts to deliver a webhook, and deliveries that were given up unsent, by outcome.",
    labelnames=("outcome",),
)
notices = Counter(
    "meguri_notices",
    "Attempts to tell of notices by each way but the inbox, by outcome.",
    labelnames=("channel", "outcome"),
)
notice_ways = Gauge(
    "meguri_notice_ways",
    "Whether this deployment carries notices by each way but the inbox: 1 or 0.",
    labelnames=("channel",),
    multiprocess_mode="livemax",
)
upstream_alerts = Counter(
    "meguri_upstream_alerts",
    "Messages that an upstream of alerts has signed, by what became of them.",
    labelnames=("outcome",),
)
breached_password_checks = Counter(
    "meguri_breached_password_checks",
    "New passwords that a range service was asked about, by what it said.",
    labelnames=("outcome",),
)
commits_without_standby = Counter(
    "meguri_commits_without_standby",
    "Commits that were told as done and may stand on one server alone.",
)
