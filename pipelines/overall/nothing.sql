-- nothing: a rule found nothing.
create or replace temp table found as from internal.intervals limit 0
