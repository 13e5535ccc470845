"""The distributed form: Faust workers on Apache Kafka, the mart beside them, and tools for topics and offsets."""
