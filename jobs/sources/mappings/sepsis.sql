-- Patients with a suspected sepsis in a Dutch hospital: an event is a step or a measurement. The customer is the case; "Return ER" is a return.
-- optional: org:group, CRP, Leucocytes, LacticAcid, Age, Diagnose
select
    "case:concept:name" as customer_id,
    "case:concept:name" as case_id,
    "concept:name" as type,
    "time:timestamp" as time,
    'completed' as lifecycle,
    {'team': "org:group"} as actor,
    map {'CRP': CRP, 'Leucocytes': Leucocytes, 'LacticAcid': LacticAcid, 'age': Age, 'diagnose': Diagnose} as attributes
from source
