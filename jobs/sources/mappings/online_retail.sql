-- Invoice lines of a British web shop: a row is a line, and stays one event; the case is the invoice. A sold line is purchase.made (not order.paid: that
-- would owe a delivery, and the file has none); a line of an invoice C… is order.cancelled, its money a refund; what has no price or no positive quantity
-- (stock corrections, gifts, bad debt) is order.adjusted, without money. Lines without a customer have customer 0, the journey map's placeholder.
-- Times are London's.
with read as (
    select
        *,
        try_cast(Quantity as bigint) as pieces,
        try_cast(UnitPrice as double) as price
    from source
)
select
    case when InvoiceNo like 'C%' then 'order.cancelled' when pieces > 0 and price > 0 and InvoiceNo not like 'A%' then 'purchase.made' else 'order.adjusted' end as type,
    timezone('Europe/London', try_cast(InvoiceDate as timestamp)) as time,
    coalesce(CustomerID, '0') as customer_id,
    InvoiceNo as case_id,
    'web' as channel,
    Country as site,
    case
        when InvoiceNo like 'C%'
            then {'amount_minor': round(-pieces * price * 100)::bigint, 'currency': 'GBP', 'kind': 'refund'}
        when pieces > 0 and price > 0 and InvoiceNo not like 'A%'
            then {'amount_minor': round(pieces * price * 100)::bigint, 'currency': 'GBP', 'kind': 'order'}
    end as money,
    map {'stock_code': StockCode, 'description': Description, 'quantity': Quantity, 'unit_price': UnitPrice} as attributes
from read
