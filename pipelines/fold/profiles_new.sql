-- profiles_new: give numbers to the combinations that were not seen before. Grain: profile. Relation: incoming_profiles.
insert into internal.profiles
select
    (select coalesce(max(profile), -1) from internal.profiles) + row_number() over (), i.*
from (select distinct segment, client_type from incoming_profiles) as i
anti join internal.profiles as k on k.segment is not distinct from i.segment and k.client_type is not distinct from i.client_type
