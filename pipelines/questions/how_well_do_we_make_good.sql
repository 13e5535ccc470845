-- How well do we make good? Complaints and recoveries by whose they were: how long until the customer was heard, until it was mended, and how often it failed again.
with heard as (
    select owner, count(*) as complaints, count_if(acknowledged_at is null) as unheard, median(unheard_s) / 3600 as median_unheard_h from mart.complaints group by owner
),
mended as (
    select owner, count(*) as recoveries, count_if(outcome = 'failed') as failed_again, count_if(outcome = 'open') as open_now, median(fixed_s) / 3600 as median_fixed_h
    from mart.recoveries group by owner
)
select coalesce(h.owner, m.owner) as owner, h.complaints, h.unheard, h.median_unheard_h, m.recoveries, m.failed_again, m.open_now, m.median_fixed_h
from heard as h full join mended as m on m.owner = h.owner
order by owner
