select 1 where 1 is distinct from null
