"""The life of an alert: what is said about intervals as time goes on and data are corrected.

An alert has the key of its interval, through all that is said about it::

    (nothing) ─▶ opened ─▶ updated … ─▶ resolved        it holds at as_of; it matters more, or began at another time; it has ended
                   │           │            │
                   └───────────┴────────────┴─▶ retracted   corrected data show that it never held; if they change again: opened
    unknown                                             whose end would come from a feed that is silent: nobody can tell whether it holds

What is said follows from the intervals, ``as_of``, and what was said before; the clock only says whether it is still news. An interval counts from
its ``since`` on (a breach at ``since <= as_of``) and has ended at its ``until``. One that has ended before it could be said is opened and resolved
at once. What began more than ``max_age`` before it could be said is recorded and not sent, so reading history wakes nobody; once something was sent
about a key, whoever got it also gets how it goes on.

The cost follows what changed and what fell due, not what is stored.
"""
