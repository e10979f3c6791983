select 1 where 1
