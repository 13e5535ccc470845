"""The tables of the churn estimate: what it reads of customers, what it says of them, and what its fits stand on."""

import pyarrow as pa

_TEXT: pa.DataType = pa.string()
_TEXTS: pa.DataType = pa.list_(pa.string())
_WHOLE: pa.DataType = pa.int64()
_DAYS: pa.DataType = pa.int32()
_REAL: pa.DataType = pa.float64()
_DATE: pa.DataType = pa.date32()

CUSTOMERS = pa.schema(
    [
        ("customer_id", _TEXT),
        ("kind", _TEXT),  # known, anonymous
        ("purchase_days", _WHOLE),  # distinct UTC days with a purchase
        ("first_purchase_day", _WHOLE),  # days since 1970-01-01; null without a purchase
        ("last_purchase_day", _WHOLE),
        ("contact_days", _WHOLE),
        ("first_contact_day", _WHOLE),
        ("last_contact_day", _WHOLE),
        ("spent_minor", _WHOLE),  # all purchases, in minor units of the one currency; null where no purchase named money
        ("currency_count", _WHOLE),  # of the purchases
        ("open_complaints", _WHOLE),  # open at as_of
        ("failures", _WHOLE),  # steps of the last 90 days with the role failure
        ("long_waits", _WHOLE),  # steps of the last 90 days below the adequate level
    ]
)
"""What `churn.score` reads of each customer; other columns are ignored. Whole numbers only, so that they net and merge exactly."""

SCORES = pa.schema(
    [
        ("customer_id", _TEXT),
        ("churn_risk", _REAL),  # 0 to 1; null where there is no evidence for a number
        ("horizon_days", _DAYS),
        ("basis", _TEXT),  # purchases, contacts; null where there is no number
        ("churn_reasons", _TEXTS),  # "code: words", the weightiest first
        ("revenue_at_risk_minor", _WHOLE),
    ]
)
"""What `churn.score` says of each customer."""

MODELS = pa.schema(
    [
        ("basis", _TEXT),
        ("r", _REAL),  # the unit of time is the week; all five null where the fit was refused
        ("alpha", _REAL),
        ("a", _REAL),
        ("b", _REAL),
        ("log_likelihood", _REAL),  # of the customers fitted
        ("n", _WHOLE),
        ("n_fitted", _WHOLE),
        ("repeaters", _WHOLE),
        ("first_on", _DATE),  # the data's range; null without a customer
        ("last_on", _DATE),
        ("as_of_on", _DATE),
        ("horizon_days", _DAYS),
        ("at_limit", _TEXTS),  # parameters that ended on the edge of the search
        ("refusal", _TEXT),  # why there is no fit
    ]
)
"""What each of the two fits stands on."""
