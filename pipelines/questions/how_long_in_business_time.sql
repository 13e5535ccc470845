-- How long do customers wait in business time, beside calendar time, and how long would it be by the schedule of today? Of stages whose tolerance names a calendar.
select
    stage, calendar, count(*) as waits, median(wait_s) / 60 as median_min, median(business_wait_s) / 60 as median_business_min,
    median(business_wait_policy_now_s) / 60 as median_business_policy_now_min, count_if(is_below_adequate) as below_adequate,
    count_if(is_below_adequate) / count(*) as share_below_adequate
from mart.business_waits
group by stage, calendar
order by below_adequate desc, stage, calendar
