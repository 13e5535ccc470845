"""Tools for topics, offsets and producing, on kafka-python."""
