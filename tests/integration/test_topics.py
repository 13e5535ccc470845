"""Topics on a real broker."""

from __future__ import annotations

from dataclasses import replace

from jobs.kafka.settings import Settings, Topics
from jobs.kafka.tools.topics import Topic, check_topics, create_topics, read_topics


def test_missing_topics_are_made_once_and_pass_the_check(settings: Settings) -> None:
    assert create_topics(settings) == []
    there = read_topics(settings)
    assert {topic.partitions for name, topic in there.items() if name != settings.topics.alerts} == {4}
    assert check_topics(settings.topics, there) == []


def test_a_second_topic_with_another_partition_count_is_found(settings: Settings) -> None:
    wider = replace(settings, topics=replace(settings.topics, touchpoints=(settings.topics.touchpoints[0] + "-chat",), partitions=6))
    create_topics(wider)
    both = replace(settings, topics=replace(settings.topics, touchpoints=(*settings.topics.touchpoints, *wider.topics.touchpoints)))
    (finding,) = check_topics(both.topics, read_topics(both))
    assert finding.topic == settings.topics.touchpoints[0]
    assert "has 4 partitions" in finding.problem


def test_compaction_and_absence_are_found() -> None:
    topics = Topics()
    compacted = Topic("touchpoints", 4, 1, "compact,delete", -1)
    assert [finding.topic for finding in check_topics(topics, {"touchpoints": compacted})] == ["dead-letters", "alerts", "touchpoints"]
