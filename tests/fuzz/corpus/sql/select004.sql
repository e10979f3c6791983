select a, a from (select 1 as a, 2 as a) t
