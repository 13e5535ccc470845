-- forget: what is over long ago, but for the last that a route was given of an alert which still holds.
delete from deliveries
where
    status in ('delivered', 'dropped', 'digested') and said_us < :before
    and not (
        state in ('opened', 'updated', 'unknown') and status <> 'dropped'
        and not exists (
            select 1 from deliveries as later where later.route = deliveries.route and later.key = deliveries.key and later.seq > deliveries.seq
        )
    )
