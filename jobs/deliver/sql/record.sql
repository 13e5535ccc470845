-- record: how a try ended. What has arrived need not be kept.
update deliveries
set status = :status, next_us = :next_us, attempts = :attempts, last_us = :last_us, http_status = :http_status, detail = :detail, weary = :weary,
    notices = case when :status = 'delivered' then null else notices end
where route = :route and id = :id
