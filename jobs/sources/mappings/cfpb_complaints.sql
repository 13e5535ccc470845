-- Complaints about banks to a public office: a row is a complaint, and becomes its filing and its hand-over to the company. How it ended has no date in the
-- file, so it stands in the attributes. Two forms of the file: with and without ids and narratives; where there is no id, the row's number is the case.
-- Nobody is named: customer 0 is the journey map's placeholder. Days are days of UTC.
-- optional: Date received, Product, Sub-product, Issue, Sub-issue, Company, State, Submitted via, Date sent to company, Company response to consumer
-- optional: Timely response?, Consumer disputed?, date_received, product, sub_product, issue, sub_issue, company, state, submitted_via
-- optional: date_sent_to_company, company_response_to_consumer, timely_response, consumer_disputed, complaint_id, consumer_complaint_narrative
with complaints as (
    select
        row_number,
        coalesce(complaint_id, 'row ' || row_number) as case_id,
        coalesce(try_strptime("Date received", '%m/%d/%Y'), try_cast(date_received as timestamp)) as filed,
        coalesce(try_strptime("Date sent to company", '%m/%d/%Y'), try_cast(date_sent_to_company as timestamp)) as sent,
        lower(coalesce("Submitted via", submitted_via)) as channel,
        coalesce("Sub-issue", sub_issue) as detail,
        coalesce("Sub-product", sub_product) as kind,
        coalesce("Company response to consumer", company_response_to_consumer) as response,
        coalesce("Timely response?", timely_response) as timely,
        coalesce("Consumer disputed?", consumer_disputed) as disputed,
        product, issue, company, state, consumer_complaint_narrative
    from source
)
select
    'complaint.filed' as type, timezone('UTC', filed) as time, '0' as customer_id, case_id, channel, company as site,
    coalesce(consumer_complaint_narrative, issue) as text, 'en' as language,
    map {
        'product': product, 'sub_product': kind, 'issue': issue, 'sub_issue': detail, 'company': company, 'state': state,
        'response': response, 'timely': timely, 'disputed': disputed
    } as attributes
from complaints
union all by name
select 'complaint.sent_to_company' as type, timezone('UTC', sent) as time, '0' as customer_id, case_id, channel, company as site
from complaints
where sent is not null
