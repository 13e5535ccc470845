-- Road traffic fines of an Italian police: an event is a step of a fine, to the day. Steps of one day stand in the file's order, which is what `sequence` says
-- when a mapping leaves it out. The customer is the case. Days are days of UTC.
select
    case_id as customer_id,
    case_id,
    activity as type,
    timezone('UTC', try_cast(timestamp as timestamp)) as time,
    'completed' as lifecycle,
    {'id': resource} as actor,
    if(paymentamount is not null, {'amount_minor': round(try_cast(paymentamount as decimal(18, 2)) * 100)::bigint, 'currency': 'EUR'}, null) as money,
    map {
        'amount': amount, 'expense': expense, 'article': article, 'dismissal': dismissal, 'points': points, 'vehicle_class': vehicleclass,
        'notification_type': notificationtype, 'last_sent': lastsent, 'matricola': matricola, 'total_payment_amount': totalpaymentamount
    } as attributes
from source
