-- Complaints to the Dutch employee insurance agency, to the day: a row is a complaint, the case its file. The codes of the contact channels were never
-- published, so they stay codes. Days are days of UTC.
-- csv: delim=semicolon, encoding=latin-1
select
    ComplaintID as id,
    'complaint.filed' as type,
    timezone('UTC', try_cast(ContactDate as timestamp)) as time,
    CustomerID as customer_id,
    ComplaintDossierID as case_id,
    'channel ' || ContactChannelID as channel,
    Office_U as site,
    ComplaintTopic as text,
    'nl' as language,
    map {
        'segment': AgeCategory, 'gender': Gender, 'theme': ComplaintTheme_EN, 'subtheme': ComplaintSubtheme_EN, 'topic': ComplaintTopic_EN,
        'office_w': Office_W
    } as attributes
from source
