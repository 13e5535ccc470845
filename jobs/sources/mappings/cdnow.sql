-- Purchases in a CD shop, to the day: a row is one line of a day's buying, and stays one event. All rows of a customer and a day are ONE transaction:
-- whoever counts purchases counts days (`customer_days` does). The whole file has a header; the sample has none, and its customers' second number.
-- Days are days of UTC.
-- csv: delim=whitespace, header=true, columns=customer_id,date,number_of_cds,dollar_value
-- csv: delim=whitespace, header=false, columns=customer_id,sample_id,date,number_of_cds,dollar_value
select
    'purchase.made' as type,
    timezone('UTC', try_strptime(date, '%Y%m%d')) as time,
    customer_id,
    'web' as channel,
    {'amount_minor': round(try_cast(dollar_value as decimal(18, 2)) * 100)::bigint, 'currency': 'USD', 'kind': 'order'} as money,
    map {'number_of_cds': number_of_cds} as attributes
from source
