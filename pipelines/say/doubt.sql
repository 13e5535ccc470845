-- doubt: keys of intervals that began after an instant and have not ended: they may be in doubt, or no longer. Grain: key. Parameters: $after_us, $as_of_us.
select "key" from internal.intervals
where
    since > make_timestamp($after_us) and since <= make_timestamp($as_of_us) and (until is null or until > make_timestamp($as_of_us)) and not record
