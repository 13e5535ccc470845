-- Interviews at San Francisco airport: a row is a respondent and becomes one survey.answered for each rated item (Q7…: 1 to 5; 6 = never used and blanks are
-- left out) and one for the question whether they would recommend it (NETPRO, 0 to 10; 2017 only, 11 = refused). Numbers of respondents begin anew each
-- year, so the year is part of the customer. In 2016 the day is a date, in 2017 a day of May. Days are days of UTC.
-- optional: RESPNUM, *RESPNUM, NETPRO
with respondents as (
    select
        *,
        coalesce(try_strptime(INTDATE, '%m/%d/%Y %I:%M:%S %p'), try_strptime('2017-05-' || INTDATE, '%Y-%m-%d')) as asked
    from source
),
answers as (
    select
        row_number,
        year(asked) || '-' || coalesce(RESPNUM, "*RESPNUM") as respondent,
        timezone('UTC', asked) as time,
        'boarding area ' || BAREA as site,
        airline,
        weight,
        unnest([
            {'item': 'art', 'metric': 'csat', 'answer': Q7ART}, {'item': 'food', 'metric': 'csat', 'answer': Q7FOOD},
            {'item': 'stores', 'metric': 'csat', 'answer': Q7STORE}, {'item': 'signs', 'metric': 'csat', 'answer': Q7SIGN},
            {'item': 'walkways', 'metric': 'csat', 'answer': Q7WALKWAYS}, {'item': 'screens', 'metric': 'csat', 'answer': Q7SCREENS},
            {'item': 'information below', 'metric': 'csat', 'answer': Q7INFODOWN}, {'item': 'information above', 'metric': 'csat', 'answer': Q7INFOUP},
            {'item': 'wifi', 'metric': 'csat', 'answer': Q7WIFI}, {'item': 'roads', 'metric': 'csat', 'answer': Q7ROADS},
            {'item': 'parking', 'metric': 'csat', 'answer': Q7PARK}, {'item': 'airtrain', 'metric': 'csat', 'answer': Q7AIRTRAIN},
            {'item': 'long-term parking', 'metric': 'csat', 'answer': Q7LTPARKING}, {'item': 'rental cars', 'metric': 'csat', 'answer': Q7RENTAL},
            {'item': 'airport', 'metric': 'csat', 'answer': Q7ALL}, {'item': 'recommend', 'metric': 'nps', 'answer': NETPRO}
        ]) as given
    from respondents
)
select
    'survey.answered' as type,
    time,
    respondent as customer_id,
    respondent as case_id,
    'survey' as channel,
    site,
    {
        'metric': given.metric,
        'value': try_cast(given.answer as integer),
        'scale': if(given.metric = 'nps', '0-10', '1-5')
    } as rating,
    map {'item': given.item, 'airline': airline, 'weight': weight} as attributes
from answers
where try_cast(given.answer as integer) between if(given.metric = 'nps', 0, 1) and if(given.metric = 'nps', 10, 5)
