"""Structured logs: one JSON event a line on stderr, stable keys, nothing private."""

import logging
import os
import sys

import structlog

CONTEXT_VARIABLES = {"run_id": "RUN_ID", "job_id": "JOB_ID", "attempt": "ATTEMPT"}


def configure_logging(service: str) -> None:
    """Send every event of this process to stderr as JSON, with the run it belongs to."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    context = {
        key: os.environ[name] for key, name in CONTEXT_VARIABLES.items() if name in os.environ
    }
    structlog.contextvars.bind_contextvars(service=service, **context)
