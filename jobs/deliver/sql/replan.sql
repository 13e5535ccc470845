-- replan: what becomes of a delivery that was held.
update deliveries
set status = :status, reason = case when :reason = '' then reason else :reason end, next_us = :next_us, let_us = :let_us,
    notices = case when :status = 'dropped' then null else notices end
where route = :route and id = :id
