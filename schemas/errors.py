"""What can go wrong, as one small tree. A bad payload is never one of these: it is a dead letter.

SojournError                what a person can act on; the message says what failed, the value, and what is allowed
├── SettingError            an argument, a map or a mapping is wrong: nothing was started
│   └── RuleError           a rule can't be read or run, or returns what no rule may
├── SourceError             a source can't be read, or isn't what it seems to be
├── JournalError            DIR is of another version, damaged, or held by somebody else
│   ├── FencedError         another process made the commit that this one wanted to make: read the log again
│   └── CompactedError      the records that this one would read next were compacted: begin again at the base record
├── MartError               the mart or a snapshot can't be built or opened
└── DeliveryError           what delivery keeps can't be used, or another process delivers for this DIR
"""


class SojournError(Exception):
    """The root of all errors that are meant for a person."""


class SettingError(SojournError):
    """An argument, a journey map, a mapping or an environment variable is wrong."""


class RuleError(SettingError):
    """A rule can't be read, asks for what it may not have, or returns what is no interval."""


class SourceError(SojournError):
    """A source can't be read."""


class JournalError(SojournError):
    """The journal is of another version, is damaged, or is held by another process."""


class FencedError(JournalError):
    """Another writer has made the next commit of a partition: what this process holds of it is out of date."""


class CompactedError(JournalError):
    """The next records of a partition are no longer there one by one: their base record stands for them, and for all before."""


class MartError(SojournError):
    """The live mart or a snapshot can't be built, published or opened."""


class DeliveryError(SojournError):
    """What delivery keeps can't be used, or another process delivers for this DIR."""
