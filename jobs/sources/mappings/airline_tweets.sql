-- Tweets to airlines: a row is a tweet; a negative one is a complaint, the others are feedback. The airline stands where a branch would.
-- Times are local and their zone is unknown; they are read as UTC.
select
    row as id,
    if(airline_sentiment = 'negative', 'complaint.filed', 'feedback.received') as type,
    timezone('UTC', try_cast(created_at as timestamp)) as time,
    author as customer_id,
    'social' as channel,
    airline as site,
    text,
    'en' as language,
    map {'company': airline, 'sentiment': airline_sentiment, 'reason': negativereason, 'retweets': retweet_count} as attributes
from source
