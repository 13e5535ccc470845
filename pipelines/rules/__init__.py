"""The rules: one ``.sql`` file each, a SELECT that returns when a condition held, holds or will hold (design §7). A user adds one by adding a file.

**The header** is made of comment lines; the first says what a breach is, in a sentence for people.

=============  ========================================================================================================================
``scope``      ``customer``: sees the events of one customer at a time, as they come. ``all``: sees several customers and ``operations``; runs in the mart.
``grain``      What opens an interval, in words.
``window``     ``30 days``, or a duration of the map's form (``72h``). Bound as ``$window`` (ms). What islands are made by, see below.
``roles``      The roles that the rule sees, with blanks between; it sees no other event.
``unit``       Of value and threshold: ``ms``, ``count`` or ``minor``.
``kind``       ``breach`` (default), or ``record``: kept for a mart, never shown as a breach and never alerted.
``apart``      Optional: ``thing`` or ``case_id``. Events that differ in it never meet in this rule, so that less is read again. Bind events by it then.
``setting``    ``within = 10min`` or ``most = 3``, any number of lines: a default, that the map's ``[rules.<rule>]`` may replace. Bound as ``$within``.
``severity``   Optional, for who alerts. So are ``runbook`` (a path or URL) and ``subject`` (in words).
=============  ========================================================================================================================

**What a rule of scope customer sees.** Not a whole history but an *island*: the events of one customer that have one of the rule's roles and follow each other by
no more than ``window``. Each island is judged by itself, whole, and again whenever one of its events comes, goes or changes. So an interval can depend
on nothing but its island, whatever the rule says; results are the same however events came. An island of more than 2,000 events is a shared id or a machine: it
has no intervals at all. Choose the window so that what belongs together is never further apart.

``touchpoints`` and ``steps`` hold the events of islands, ``steps`` only those in journeys that show steps. Both have these columns:
``place`` (order of a customer's events; compare it only), ``key``, ``customer_id``, ``event_id``, ``source``, ``occurred_at`` (TIMESTAMP, UTC), ``sequence``, ``type``, ``thing``, ``channel``,
``stage``, ``site``, ``actor_id``, ``actor_kind``, ``team``, ``case_id``, ``correlation_id``, ``lifecycle``, ``roles`` (bits), ``promise_due_at``, ``promise_kind``, ``rating_metric``, ``rating_value``,
``money_minor``, ``money_currency``, ``money_kind``; and what the journey says of the event, null where it shows no steps: ``journey_id``, ``position``, ``previous_type``,
``since_previous_ms``, ``wait_ms``, ``service_ms``, ``desired_ms``, ``adequate_ms``, ``zone``, ``segment``, ``client_type``, ``context`` (as named last by the journey up to there).
``roles(role, bit)``, ``tolerance`` and ``pairs`` are those of the journey map. ``has(roles, 'promised')`` asks for a role. There are no ``journeys`` and ``operations`` here.

**Ids are numbers** in a rule of scope customer: ``customer_id``, ``case_id``, ``correlation_id``, ``journey_id``, ``event_id`` and ``key`` may be compared, grouped by and returned, but not read. A rule that returns
one of them as ``subject_id`` gets its text: for the subject kinds ``customer``, ``case`` and ``journey`` that of the first event of the evidence; for any other kind its event id.
A ``subject_id`` that is a text stays as it is.

**What a rule returns**, by name: ``customer_id``, ``subject_kind``, ``subject_id``, ``opening_key`` (UBIGINT: of the event that opens the interval; each only once), ``opened_at``, ``since``, ``until`` (TIMESTAMP; null: it
still holds), ``value``, ``threshold`` (whole numbers or null), ``evidence`` (list of keys, the opening event's first, all from the same island); and, if it wants to, ``site``, ``team``,
``operation`` (texts; else site and team are those of the opening event). ``since`` may lie in the future: a timer. ``until`` must not lie before ``since``. No column may depend
on the clock or on chance. Anything else is refused, with the file's name and what is allowed.
"""
