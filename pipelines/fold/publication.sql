-- publication: note what the next snapshot says of itself. Parameters: $snapshot, $as_of_us, $published_us, $gap_us, $case_max_age_us.
update internal.publication set
    snapshot = $snapshot,
    as_of = make_timestamp($as_of_us),
    published_at = make_timestamp($published_us),
    gap_us = $gap_us,
    case_max_age_us = $case_max_age_us
