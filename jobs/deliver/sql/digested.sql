-- digested: what went with a digest follows it.
update deliveries indexed by by_status set status = 'digested' where route = :route and digest_id = :id and status = 'in_digest'
