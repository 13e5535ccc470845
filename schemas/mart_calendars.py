"""The mart's tables of business time."""

from __future__ import annotations

from schemas.mart_table import Column, table

CALENDAR_TABLES = (
    table(
        "calendars",
        "calendar, policy, open part of a UTC day",
        "pure",
        "When the journey map's calendars are open, from the year of the first event to the one after as_of. "
        "mart.business_s(calendar, start, end) and mart.business_policy_now_s(calendar, start, end) measure business time by it, in seconds.",
        Column("calendar", "VARCHAR", "The calendar."),
        Column("policy", "VARCHAR", "then: each instant by the schedule in force at it; now: by the one in force at as_of."),
        Column("opens_at", "TIMESTAMP", "When it opens, UTC, or the day begins."),
        Column("closes_at", "TIMESTAMP", "When it closes, or the day ends."),
    ),
    table(
        "business_waits",
        "step that ends a wait, where the zone of tolerance counts by a calendar",
        "pure",
        "Waits in calendar time and in business time, side by side.",
        Column("journey_id", "VARCHAR", "The journey."),
        Column("position", "INTEGER", "The step's place in it."),
        Column("began_at", "TIMESTAMP", "When the wait began, UTC."),
        Column("ended_at", "TIMESTAMP", "When it ended."),
        Column("type", "VARCHAR", "What ended it."),
        Column("stage", "VARCHAR", "Where the customer waited."),
        Column("channel", "VARCHAR", "The channel of the step."),
        Column("site", "VARCHAR", "Branch, shop or region."),
        Column("calendar", "VARCHAR", "The calendar by which the zone counts."),
        Column("wait_s", "DOUBLE", "The wait in calendar time, seconds."),
        Column(
            "business_wait_s",
            "DOUBLE",
            "In business time by the schedule in force at each instant (policy then), seconds; zones go by it.",
        ),
        Column(
            "business_wait_policy_now_s",
            "DOUBLE",
            "In business time by the schedule in force at as_of (policy now), seconds.",
        ),
        Column("business_desired_s", "DOUBLE", "Desired, seconds of business time."),
        Column("business_adequate_s", "DOUBLE", "Adequate, seconds of business time."),
        Column("is_below_adequate", "BOOLEAN", "Whether the business time is longer than adequate."),
    ),
)
"""In the order of the dictionary."""
