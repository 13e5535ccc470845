-- A customer has to say again, contact after contact, what they have said before.
-- grain: the first of the contacts
-- scope: customer
-- window: 30 days
-- roles: repeated
-- unit: count
-- subject: customer
-- setting: contacts = 3
-- setting: within = 7d
-- A contact is a flow (correlation, else case, else the event by itself) and counts once. It holds from the contact that makes up the number, until `within` after the first one:
-- then so many do not lie within it any more. Of contacts that go on, the first that counts opens it.
with said_again as (
    select customer_id, key, occurred_at, place, coalesce(correlation_id, case_id, key) as contact
    from touchpoints where has(roles, 'repeated')
),
often as (
    select customer_id from said_again group by customer_id having count(*) >= $contacts
),
begun as (
    select *, lag(occurred_at) over (partition by customer_id, contact order by place) as earlier_at from said_again semi join often using (customer_id)
),
contacts as (
    select
        *,
        lead(occurred_at, $contacts - 1) over own as since,
        lead(occurred_at, $contacts - 2) over own as last_but_one_at,
        lag(occurred_at) over own as before_at,
        list(key) over (own rows between current row and $contacts - 1 following) as evidence,
        count(*) over (partition by customer_id order by occurred_at range between current row and to_milliseconds(least($within, $window)) following) as value
    from begun where earlier_at is null or occurred_at > earlier_at + to_milliseconds($window)
    window own as (partition by customer_id order by place)
)
select
    customer_id, 'customer' as subject_kind, customer_id as subject_id, key as opening_key, occurred_at as opened_at,
    since, occurred_at + to_milliseconds(least($within, $window)) as until, value, $contacts as threshold, evidence
from contacts
where
    since < occurred_at + to_milliseconds(least($within, $window))
    and (before_at is null or last_but_one_at >= before_at + to_milliseconds(least($within, $window)))
