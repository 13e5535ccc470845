-- no event is both a touchpoint and an operation
select format('{} of {}', event_id, source) as finding from touchpoints where key in (select key from operations) order by finding
